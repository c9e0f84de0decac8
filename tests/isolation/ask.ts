import { Agent, request, type IncomingMessage } from 'node:http'

import { unzipSync } from 'fflate'

/** One request, without who makes it. */
export interface Asked {
  method: string
  path: string
  headers?: Record<string, string>
  /** JSON, unless it is text or bytes already. */
  body?: unknown
}

/** Everything that came back. */
export interface Answer {
  status: number
  /** As they came: name, value, name, value … */
  rawHeaders: readonly string[]
  body: string
  /** Status line, headers and body: where a search for other people's things looks. */
  whole: string
}

/** What a stream that does not end by itself may still say. */
const QUIET_MS = 250
const PATIENCE_MS = 30_000

const agents = new Map<string, Agent>()

const agentOf = (localAddress: string): Agent => {
  const agent = agents.get(localAddress) ?? new Agent({ keepAlive: true, localAddress })
  agents.set(localAddress, agent)
  return agent
}

interface By {
  headers?: Record<string, string>
  /** Of loopback. */
  address?: string
  /** A refusal for haste is an answer like any other. */
  once?: boolean
  /** A stream is read until this stands in it. */
  until?: string
}

/** Asks from an address of loopback; a refusal for haste is waited for, so that rows stand alone. */
export async function ask(url: string, asked: Asked, by: By = {}): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await once(url, asked, by)
    if (answer.status !== 429 || attempt === 5 || by.once) return answer
    const at = answer.rawHeaders.findIndex((name) => name.toLowerCase() === 'retry-after')
    const seconds = Math.min(10, Number(answer.rawHeaders[at + 1] ?? 1))
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  }
}

async function once(url: string, { method, path, headers, body }: Asked, by: By): Promise<Answer> {
  const isPlain = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
  const payload = isPlain ? body : JSON.stringify(body)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(`${url.replace('//localhost', '//127.0.0.1')}${path}`, {
      method,
      headers: {
        host: new URL(url).host,
        ...(body !== undefined && !isPlain && { 'content-type': 'application/json' }),
        ...(payload !== undefined && { 'content-length': String(Buffer.byteLength(payload)) }),
        ...by.headers,
        ...headers,
      },
      agent: agentOf(by.address ?? '127.0.0.1'),
    })
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`${method} ${path}: no answer`)))
    sent.on('response', resolve).on('error', reject).end(payload)
  })
  const text = await bodyOf(response, by.until)
  const status = response.statusCode ?? 0
  const head = `${status} ${response.statusMessage}\n${response.rawHeaders.join('\n')}`
  return { status, rawHeaders: response.rawHeaders, body: text, whole: `${head}\n\n${text}` }
}

/** An archive is searched by what is in it. */
const textOf = (bytes: Buffer, type: string): string =>
  type.startsWith('application/zip') && bytes.length > 0
    ? Object.entries(unzipSync(bytes))
        .map(([name, content]) => `${name}\n${Buffer.from(content).toString('utf8')}`)
        .join('\n')
    : bytes.toString('utf8')

/** A stream is read until nothing comes for a moment. */
function bodyOf(response: IncomingMessage, until: string | undefined): Promise<string> {
  const type = response.headers['content-type'] ?? ''
  const isStream = /^(?:text\/event-stream|application\/x-ndjson)/.test(type)
  const pieces: Buffer[] = []
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer)
      resolve(textOf(Buffer.concat(pieces), type))
    }
    const end = (): void => {
      response.destroy()
      finish()
    }
    let timer = isStream ? setTimeout(end, PATIENCE_MS) : undefined
    const wait = (): void => {
      if (!isStream) return
      clearTimeout(timer)
      const isWhole = until === undefined || Buffer.concat(pieces).includes(until)
      timer = setTimeout(end, isWhole ? QUIET_MS : PATIENCE_MS)
    }
    response.on('data', (piece: Buffer) => {
      pieces.push(piece)
      wait()
    })
    response.on('end', finish)
    response.on('error', (error) => (isStream ? finish() : reject(error)))
  })
}

/** The answer as far as two answers to like questions must agree. */
export function comparable({ status, rawHeaders, body }: Answer): string {
  const names = new Set(['date', 'content-length', 'etag', 'keep-alive', 'x-request-id'])
  const headers = rawHeaders
    .flatMap((name, at) =>
      at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1]] as const] : [],
    )
    .filter(([name]) => !names.has(name) && !name.startsWith('x-ratelimit') && name !== 'ratelimit')
    .map(([name, value]) => `${name}: ${value}`)
  const plain = body
    .replaceAll(/"(trace_id|request_id|timestamp)":"[^"]*"/g, '"$1":""')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
  return [status, ...headers.toSorted(), plain].join('\n')
}
