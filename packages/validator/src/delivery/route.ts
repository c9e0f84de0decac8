import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A server's address, and the way there: straight, or through a proxy that listens on `port`. */
export interface Route {
  /** Without a slash at the end. Names, certificates and `Host` are those of this address. */
  url: string
  port?: number
}

/** The connection itself; everything above it believes that it talks to the server's own address. */
export function connectOver({ url, port }: Route): Socket {
  const { hostname, protocol, port: own } = new URL(url)
  const isTls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const to =
    port === undefined
      ? { host, port: Number(own) || (isTls ? 443 : 80) }
      : { port, host: '127.0.0.1' }
  return isTls ? connectTls({ ...to, servername: host }) : connectTcp(to)
}

export interface Call {
  method?: 'GET' | 'POST' | 'DELETE'
  body?: unknown
  token?: string | undefined
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Answer {
  status: number
  body: unknown
}

/** An HTTP request whose answer is read as it comes. @throws when there is none. */
export function open(route: Route, path: string, call: Call = {}): Promise<IncomingMessage> {
  const isJson = call.body !== undefined && !(call.body instanceof Buffer)
  const payload = isJson ? JSON.stringify(call.body) : (call.body as Buffer | undefined)
  const send = route.url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(
      new URL(path, `${route.url}/`),
      {
        method: call.method ?? (payload === undefined ? 'GET' : 'POST'),
        headers: {
          connection: 'close',
          ...(isJson && { 'content-type': 'application/json' }),
          ...(payload !== undefined && { 'content-length': Buffer.byteLength(payload) }),
          ...(call.token !== undefined && { authorization: `Bearer ${call.token}` }),
          ...call.headers,
        },
        createConnection: () => connectOver(route),
        ...(call.signal && { signal: call.signal }),
      },
      resolve,
    )
    request.on('error', reject)
    request.end(payload)
  })
}

const TIMEOUT_MS = 20_000

/** The whole answer; `body` is JSON where it can be read as such. @throws when there is none in time. */
export async function ask(route: Route, path: string, call: Call = {}): Promise<Answer> {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit
  const response = await open(route, path, { ...call, signal })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode ?? 0, body: jsonOf(text) }
}

/** @throws unless the answer has that status and is a JSON object. */
export async function askFor(
  route: Route,
  path: string,
  status: number,
  call: Call = {},
): Promise<Record<string, unknown>> {
  const answer = await ask(route, path, call)
  if (answer.status !== status || typeof answer.body !== 'object' || answer.body === null) {
    const said = JSON.stringify(answer.body)?.slice(0, 300)
    throw new Error(`${route.url}${path} answered ${answer.status}, not ${status}: ${said}`)
  }
  return answer.body as Record<string, unknown>
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
