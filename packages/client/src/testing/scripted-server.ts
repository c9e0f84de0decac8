import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'

import type { ClientMessage, ServerMessageInput, StreamName } from '@netra/protocol'
import { parseClientFrame, SUBPROTOCOL } from '@netra/protocol'
import { WebSocketServer, type WebSocket } from 'ws'

type OfType<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>

/** One socket as the server sees it: what the client says is awaited in turn. */
export class ScriptedSocket {
  readonly request: IncomingMessage
  readonly received: ClientMessage[] = []
  readonly #socket: WebSocket
  #waiting: (() => void)[] = []
  sentBytes = 0

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.#socket = socket
    this.request = request
    socket.on('message', (data: Buffer) => {
      const parsed = parseClientFrame(data.toString('utf8'))
      if (!parsed.ok) throw new Error(`the client sent ${data.toString('utf8')}: ${parsed.message}`)
      this.received.push(parsed.message)
      this.#wake()
    })
    socket.on('close', () => this.#wake())
  }

  get isClosed(): boolean {
    return this.#socket.readyState === this.#socket.CLOSED
  }

  /** The next message of a type that no earlier call took. */
  async next<Type extends ClientMessage['type']>(type: Type): Promise<OfType<Type>> {
    for (;;) {
      const found = this.received.find((message): message is OfType<Type> => message.type === type)
      if (found) {
        this.received.splice(this.received.indexOf(found), 1)
        return found
      }
      if (this.isClosed) throw new Error(`closed before ${type} came`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  send(...messages: ServerMessageInput[]): void {
    const text = JSON.stringify(messages.length === 1 ? messages[0] : messages)
    this.sentBytes += Buffer.byteLength(text)
    this.#socket.send(text)
  }

  sendText(text: string): void {
    this.#socket.send(text)
  }

  /** Takes the hello and welcomes with what it resumes. */
  async welcome(
    options: {
      userId?: string
      statuses?: Record<string, 'replay' | 'snapshot' | 'not_found'>
    } = {},
  ): Promise<OfType<'hello'>> {
    const hello = await this.next('hello')
    this.send({
      type: 'welcome',
      connection_id: 'connection',
      node: 'n1',
      user_id: options.userId ?? 'u',
      expires_at: '2030-01-01T00:00:00.000Z',
      now: '2026-01-01T00:00:00.000Z',
      heartbeat: { interval_ms: 10_000, timeout_ms: 25_000 },
      limits: { max_frame_bytes: 65_536, window_bytes: 262_144, window_events: 512 },
      streams: hello.resume.map(({ stream }) => ({
        stream,
        status: options.statuses?.[stream] ?? 'replay',
        head: 'e:0',
      })),
    })
    return hello
  }

  /** Takes a subscribe, says ok, then sends what is given. */
  async accept(...messages: ServerMessageInput[]): Promise<OfType<'subscribe'>> {
    const subscribe = await this.next('subscribe')
    this.send({ type: 'ok', id: subscribe.id, stream: subscribe.stream, head: 'e:0' }, ...messages)
    return subscribe
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason)
  }

  cut(): void {
    this.#socket.terminate()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** A real socket server whose every frame the test writes. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: WebSocketServer
  readonly #sockets: ScriptedSocket[] = []
  #waiting: (() => void)[] = []
  connections = 0

  private constructor(server: WebSocketServer) {
    this.#server = server
    server.on('connection', (socket, request) => {
      this.connections += 1
      this.#sockets.push(new ScriptedSocket(socket, request))
      const waiting = this.#waiting
      this.#waiting = []
      for (const resolve of waiting) resolve()
    })
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
    await once(server, 'listening')
    return new ScriptedServer(server)
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `ws://127.0.0.1:${address.port}/ws`
  }

  /** The next socket that no earlier call took. */
  async socket(): Promise<ScriptedSocket> {
    for (;;) {
      const socket = this.#sockets.shift()
      if (socket) return socket
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const common = {
  at: '2026-01-02T03:04:05.000Z',
  user_id: 'u',
  thread_id: 't',
  run_id: 'r',
  agent: 'data',
  trace_id: null,
}

type EventMessage = Extract<ServerMessageInput, { type: 'event' }>

/** The beginning of a thread's run: `run_accepted` at `seq`. */
export const accepted = (seq: number, stream: StreamName = 'thread:t'): EventMessage => ({
  type: 'event',
  stream,
  seq,
  event: {
    type: 'run_accepted',
    id: `e${seq}`,
    ...common,
    client_message_id: 'c',
    model: 'm/x',
    parent_message_id: null,
  },
})

export const delta = (
  seq: number,
  offset: number,
  text: string,
  stream: StreamName = 'thread:t',
): EventMessage => ({
  type: 'event',
  stream,
  seq,
  event: { type: 'message_delta', run_id: 'r', message_id: 'm', part: 0, offset, text },
})

export const completed = (
  seq: number,
  text: string,
  stream: StreamName = 'thread:t',
): EventMessage => ({
  type: 'event',
  stream,
  seq,
  event: {
    type: 'agent_completed',
    id: `e${seq}`,
    ...common,
    message_id: 'm',
    final_response: text,
    usage: { input_tokens: 1, output_tokens: 2 },
    cost: { usd: null },
    duration_ms: 1,
    steps: 1,
  },
})

export const live = (
  seq: number,
  stream: StreamName = 'thread:t',
  epoch = 'e',
): ServerMessageInput => ({
  type: 'live',
  stream,
  position: `${epoch}:${seq}`,
})
