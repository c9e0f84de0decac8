import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Dialect, Question, Reply } from './model-dialect.ts'
import { dialectFor } from './model-dialects.ts'

export type { Reply }

interface ModelRequest extends Question {
  path: string
  headers: Record<string, string>
  body: unknown
  /** True once the client closed the request before the reply had ended. */
  aborted: boolean
  /** Resolves when the response is over, either way. */
  closed: Promise<void>
}

/** Replies in turn (the last one repeats), or a function of the request and its number from 0. */
export type Script = Reply[] | ((request: ModelRequest, index: number) => Reply | Promise<Reply>)

export interface ModelServer extends AsyncDisposable {
  /** Without a path: `${url}/v1` is the base of OpenAI and Anthropic, `${url}/v1beta` of Google. */
  url: string
  port: number
  /** Model calls, oldest first; listings of models are not among them. */
  requests: ModelRequest[]
  /** Replaces the script from the next request on. */
  script(script: Script): void
  close(): Promise<void>
}

/**
 * A real HTTP server on loopback that speaks OpenAI chat completions and responses, Anthropic
 * messages and Google generateContent, streaming, and fails in the ways real ones do.
 */
export async function startModelServer(options: {
  script: Script
  /** What listings of models answer. */
  models?: string[]
  /** Any other key is refused with 401. */
  apiKey?: string
  port?: number
  delayListingMs?: number
}): Promise<ModelServer> {
  const requests: ModelRequest[] = []
  const models = options.models ?? ['test-model']
  let script = options.script

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const dialect = dialectFor(path)
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const allowed = options.apiKey === undefined || keyIn(headers) === options.apiKey
    if (!allowed)
      return sendError(response, dialect, { status: 401, error: 'Incorrect API key provided' })
    if (request.method === 'GET') {
      if (options.delayListingMs) await sleep(options.delayListingMs, undefined, { ref: false })
      return sendJson(response, 200, dialect.listing(models))
    }
    const body: unknown = JSON.parse(await text(request))
    const recorded = record(dialect.read(body, path), { path, headers, body }, response)
    requests.push(recorded)
    const reply =
      typeof script === 'function'
        ? await script(recorded, requests.length - 1)
        : (script[Math.min(requests.length, script.length) - 1] ?? { text: 'ok' })
    await play(reply, response, dialect, recorded)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(asError(error)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const { port } = address
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    script: (next) => {
      script = next
      requests.length = 0
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const keyIn = (headers: Record<string, string>): string | undefined =>
  headers['authorization']?.replace(/^Bearer /, '') ??
  headers['x-api-key'] ??
  headers['x-goog-api-key']

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error))

function record(
  question: Question,
  raw: Pick<ModelRequest, 'path' | 'headers' | 'body'>,
  response: ServerResponse,
): ModelRequest {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const recorded: ModelRequest = { ...question, ...raw, aborted: false, closed }
  response.on('close', () => {
    recorded.aborted = !response.writableEnded
    resolve()
  })
  return recorded
}

async function play(
  reply: Reply,
  response: ServerResponse,
  dialect: Dialect,
  request: ModelRequest,
): Promise<void> {
  if (reply.delayMs) await sleep(reply.delayMs, undefined, { ref: false })
  if (reply.refuse) {
    response.destroy()
    return
  }
  if (reply.status) return sendError(response, dialect, { status: reply.status, ...reply })
  response.writeHead(200, { 'content-type': 'text/event-stream', ...reply.headers })
  const { opening, pieces, ending } = dialect.speak(reply, request)
  response.write(opening.join(''))
  for (const [index, piece] of pieces.entries()) {
    if (reply.paceMs) await sleep(reply.paceMs)
    if (reply.hold && index === pieces.length - 1) await Promise.race([reply.hold, request.closed])
    if (response.destroyed) return
    response.write(piece)
  }
  if (reply.raw !== undefined) response.write(reply.raw)
  const after = reply.after ?? 'finish'
  if (after === 'finish') response.end(ending.join(''))
  else if (after === 'close') response.end()
  // What was written must have left before the socket dies, or the client sees less than was sent.
  // A reader that is behind loses what it has not read yet, as undici's body then fails as a whole.
  else if (after === 'cut') setTimeout(() => response.destroy(), 250)
}

function sendError(
  response: ServerResponse,
  dialect: Dialect,
  failure: { status: number; error?: string; code?: string; headers?: Record<string, string> },
): void {
  const body = dialect.error(
    failure.status,
    failure.error ?? `status ${failure.status}`,
    failure.code,
  )
  sendJson(response, failure.status, body, failure.headers)
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
