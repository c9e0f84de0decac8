import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { ServerMessageInput, StreamName } from '@netra/protocol'

import type { HttpAddresses } from '../http-socket/http-transport.ts'

/** One request for a stream as the server sees it. */
export class ScriptedRequest {
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly closed: Promise<unknown>
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.query = new URL(request.url ?? '', 'http://x').searchParams
    this.headers = request.headers
    this.#response = response
    this.closed = once(response, 'close')
  }

  get position(): string | null {
    return this.query.get('position')
  }

  get wantsStream(): boolean {
    return this.headers.accept === 'text/event-stream'
  }

  /** Streams one message; `position` is the one after it. */
  send(message: ServerMessageInput, position?: string): void {
    const id = position === undefined ? '' : `id: ${this.query.get('stream')}|${position}\n`
    if (!this.#response.headersSent) this.#response.setHeader('content-type', 'text/event-stream')
    this.#response.write(`${id}data: ${JSON.stringify(message)}\n\n`)
  }

  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers })
    this.#response.end(JSON.stringify(body))
  }

  end(): void {
    this.#response.end()
  }

  cut(): void {
    this.#response.destroy()
  }
}

export interface ScriptedCommand {
  body: { type: string; id: string; client_message_id?: string }
  headers: IncomingMessage['headers']
  answer(status: number, body: unknown): void
}

/** Things that come in one by one and are awaited in turn. */
class Arrivals<Item> {
  readonly all: Item[] = []
  #taken = 0
  #waiting: (() => void)[] = []

  push(item: Item): void {
    this.all.push(item)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async next(): Promise<Item> {
    while (this.#taken >= this.all.length) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#taken += 1
    return this.all[this.#taken - 1] as Item
  }
}

/** A real HTTP server that refuses every upgrade with 403, and whose every answer the test writes. */
export class RefusingServer implements AsyncDisposable {
  readonly requests = new Arrivals<ScriptedRequest>()
  readonly commands = new Arrivals<ScriptedCommand>()
  readonly #server: Server
  upgrades = 0
  userId = 'u'

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response))
    this.#server.on('upgrade', (_, socket) => {
      this.upgrades += 1
      // The client may be gone before it has read the refusal.
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    })
  }

  static async start(): Promise<RefusingServer> {
    const server = new RefusingServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get #host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `ws://${this.#host}/ws`
  }

  get addresses(): HttpAddresses {
    const base = `http://${this.#host}`
    return { events: `${base}/api/events`, commands: `${base}/api/commands`, me: `${base}/auth/me` }
  }

  /** The next request of a stream, once the one before was taken. */
  async request(stream: StreamName): Promise<ScriptedRequest> {
    const request = await this.requests.next()
    if (request.query.get('stream') === stream) return request
    throw new Error(`${request.query.get('stream')} was asked for instead of ${stream}`)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '', 'http://x').pathname
    if (path === '/auth/me') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: this.userId }))
    } else if (path === '/api/events') this.requests.push(new ScriptedRequest(request, response))
    else this.commands.push(await commandOf(request, response))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

async function commandOf(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ScriptedCommand> {
  const chunks = await request.toArray()
  return {
    body: JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as ScriptedCommand['body'],
    headers: request.headers,
    answer(status, body) {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    },
  }
}
