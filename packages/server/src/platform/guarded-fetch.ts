import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Transform } from 'node:stream'

import type { Clock } from './clock.ts'
import { isLoopbackAddress, mayConnectTo } from './public-address.ts'

/** The request was not made, or its redirect not followed, because of where it led. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/** More came than was to be read; the rest was not taken. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}

export interface GuardedFetchOptions {
  clock: Clock
  /** Private addresses, and plain http to this machine. */
  allowPrivate: boolean
  /** Of one answer. */
  maxBytes: number
  /** Until an answer begins. */
  timeoutMs: number
  /** All addresses of a name; the system's resolver unless given. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>
  /** Certificates that are trusted besides the system's; for tests. */
  ca?: string
}

export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>

const MAX_REDIRECTS = 5
const CONNECT_MS = 10_000
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const NO_BODY = new Set([101, 204, 205, 304])
/** What may go to another origin. Everything else could be a credential. */
const CARRIED_ELSEWHERE = new Set(['accept', 'content-type', 'mcp-protocol-version', 'user-agent'])

const systemResolve = (hostname: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error) reject(error)
      else resolve(addresses)
    })
  })

/**
 * `fetch` for addresses that come from outside. https alone; a name is resolved, every address of it
 * checked, and the socket connects to what was checked, so that a second answer of the name server
 * changes nothing. Each redirect is checked the same way, and loses its credentials when it leaves
 * the origin.
 *
 * @throws AddressRefused, AnswerTooLarge (also out of the body), what a socket throws.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch & Disposable {
  const { clock, allowPrivate, resolve = systemResolve } = options

  const checked = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname)
    const refused = addresses.find(({ address }) => !mayConnectTo(address, { allowPrivate }))
    if (addresses.length === 0) throw new AddressRefused(`${hostname} has no address.`)
    if (refused) throw refusal(hostname, refused.address)
    return addresses
  }
  const lookup: LookupFunction = (hostname, { all }, answer) => {
    checked(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (all) answer(null, addresses)
        else answer(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => answer(error, '', 0),
    )
  }
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxFreeSockets: 16, timeout: 30_000 }),
    'https:': new HttpsAgent({ keepAlive: true, maxFreeSockets: 16, timeout: 30_000 }),
  }

  /** Names are checked where the socket is made; a literal never gets there. */
  async function check(url: URL): Promise<void> {
    if (url.username !== '' || url.password !== '')
      throw new AddressRefused('An address with a name or a password in it is not called.')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0 && !mayConnectTo(host, { allowPrivate })) throw refusal(host, host)
    if (url.protocol === 'https:') return
    if (url.protocol !== 'http:') throw new AddressRefused(`${url.protocol} is not called.`)
    const addresses = isIP(host) === 0 ? await checked(host) : [{ address: host, family: 4 }]
    if (allowPrivate && addresses.every(({ address }) => isLoopbackAddress(address))) return
    throw new AddressRefused(`${url.origin} is not https.`)
  }

  function once(url: URL, init: RequestInit, body: Uint8Array | undefined): Promise<Response> {
    const { promise, resolve: answered, reject } = Promise.withResolvers<Response>()
    const headers = Object.fromEntries(new Headers(init.headers))
    delete headers['accept-encoding']
    if (body) headers['content-length'] = String(body.length)
    const isSecure = url.protocol === 'https:'
    const request = (isSecure ? httpsRequest : httpRequest)(url, {
      method: init.method ?? 'GET',
      headers,
      lookup,
      agent: isSecure ? agents['https:'] : agents['http:'],
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(init.signal && { signal: init.signal }),
    })
    const inTime = clock.after(options.timeoutMs, () => {
      request.destroy(late(`${url.host} did not begin to answer in time.`))
    })
    request.once('socket', (socket) => {
      if (!socket.connecting) return
      const connected = clock.after(CONNECT_MS, () => {
        request.destroy(late(`${url.host} could not be connected to in time.`))
      })
      socket.once('connect', connected).once('close', connected)
    })
    request.once('error', (error) => {
      inTime()
      reject(init.signal?.aborted ? (init.signal.reason as Error) : error)
    })
    request.once('response', (incoming) => {
      inTime()
      try {
        answered(responseOf(url, incoming, options.maxBytes))
      } catch (error) {
        incoming.destroy()
        reject(error)
      }
    })
    request.end(body)
    return promise
  }

  async function guardedFetch(target: string | URL, init: RequestInit = {}): Promise<Response> {
    let url = new URL(target)
    let step: RequestInit = init
    let body = await bytesOf(init.body)
    for (let redirects = 0; ; redirects++) {
      init.signal?.throwIfAborted()
      await check(url)
      const response = await once(url, step, body)
      const location = response.headers.get('location')
      if (location === null || !isFollowed(response, init)) return response
      await response.body?.cancel()
      if (init.redirect === 'error' || redirects >= MAX_REDIRECTS)
        throw new AddressRefused(`${url.host} redirects${redirects > 0 ? ' without an end' : ''}.`)
      const next = new URL(location, url)
      const { method = 'GET', headers } = step
      const sameOrigin = next.origin === url.origin
      const isRead = method === 'GET' || method === 'HEAD'
      const turnsToGet = response.status === 303 || (response.status < 303 && !isRead)
      if (turnsToGet) body = undefined
      // What was meant for one server is not handed to another.
      if (body && !sameOrigin)
        throw new AddressRefused(`${url.host} redirects what was sent to ${next.host}.`)
      step = nextStep(step, {
        headers: carried(new Headers(headers), sameOrigin),
        ...(turnsToGet && { method: 'GET' }),
      })
      url = next
    }
  }

  return Object.assign(guardedFetch, {
    [Symbol.dispose]() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  })
}

const late = (message: string): Error => Object.assign(new Error(message), { code: 'ETIMEDOUT' })

const refusal = (host: string, address: string): AddressRefused =>
  new AddressRefused(
    host === address
      ? `${host} is not an address of the public internet.`
      : `${host} is at ${address}, which is not an address of the public internet.`,
  )

const isFollowed = ({ status }: Response, { redirect }: RequestInit): boolean =>
  REDIRECTS.has(status) && redirect !== 'manual'

const nextStep = (step: RequestInit, change: RequestInit): RequestInit => ({ ...step, ...change })

function carried(headers: Headers, sameOrigin: boolean): Headers {
  if (sameOrigin) return headers
  return new Headers([...headers].filter(([name]) => CARRIED_ELSEWHERE.has(name)))
}

async function bytesOf(body: RequestInit['body']): Promise<Uint8Array | undefined> {
  if (body === undefined || body === null) return undefined
  return new Uint8Array(await new Response(body).arrayBuffer())
}

/**
 * Bodies are read as they are: nothing is unpacked, so nothing grows. No word of a header is in an
 * error: those reach models.
 */
function responseOf(url: URL, incoming: IncomingMessage, maxBytes: number): Response {
  const { statusCode = 502, headersDistinct } = incoming
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value)
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity' && !NO_BODY.has(statusCode))
    throw new Error(`${url.host} answered with a packed body, which was not asked for.`)
  const tooLarge = (): Error =>
    new AnswerTooLarge(`${url.host} answered with more than ${Math.round(maxBytes / 1e6)} MB.`)
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  let read = 0
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, push) {
      read += chunk.length
      if (read > maxBytes) push(tooLarge())
      else push(null, chunk)
    },
  })
  incoming.once('error', (error) => limited.destroy(error))
  limited.once('close', () => incoming.destroy())
  if (NO_BODY.has(statusCode)) incoming.resume()
  const body = NO_BODY.has(statusCode) ? null : streamOf(incoming.pipe(limited))
  const response = new Response(body, { status: statusCode, headers })
  Object.defineProperty(response, 'url', { value: url.href })
  return response
}

/** Not by `Readable.toWeb`, which throws beside everything when a body is let go half read. */
function streamOf(source: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream {
  const chunks = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}
