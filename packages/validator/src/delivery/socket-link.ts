import {
  parseServerFrame,
  SUBPROTOCOL,
  type ClientMessageInput,
  type ServerMessage,
} from '@netra/protocol'
import { WebSocket } from 'ws'

import type { Copy } from './copy.ts'
import type { Command, Memory } from './memory.ts'
import type { LoginSession } from './people.ts'
import { connectOver, type Route } from './route.ts'
import { waitOf, type Notes } from './transport.ts'

const HANDSHAKE_MS = 5_000
/** A validator is less patient than a browser: it asks after 2 s of silence and gives up after 7. */
const ASK_AFTER_MS = 2_000
const GIVE_UP_AFTER_MS = 7_000
const LOOK_EVERY_MS = 250
/** A command without an answer for so long is said again on the same connection. */
const REPEAT_AFTER_MS = 4_000
const ACK_EVERY = 32
const MAX_RESUMED = 12

interface Options {
  memory: Memory
  session: LoginSession
  route: Route
  socketUrl: string
  notes: Notes

  socket: string
  instance: string
  isSlow: () => boolean
  isCalm: () => boolean
}

type Asked = { copy: Copy; until: 'subscribed' | 'unsubscribed' } | { command: Command; at: number }

/** One connection, from the upgrade to its end. */
export class SocketLink {
  /** The close code; 1006 when there was no close frame, 0 when there was no connection. */
  readonly ended: Promise<number>
  readonly #options: Options
  readonly #socket: WebSocket
  readonly #asked = new Map<string, Asked>()
  readonly #lookout: NodeJS.Timeout
  #isWelcome = false
  #requests = 0
  #bytes = 0
  #acked = 0
  #unacked = 0
  #heardAt = performance.now()
  #askedAt = 0
  /** Where a live copy stood when a ping showed it behind. */
  readonly #behind = new Map<string, number>()

  constructor(options: Options) {
    this.#options = options
    const { memory, route, socket, socketUrl, session } = options
    memory.observe({ kind: 'opened', device: memory.name, socket, user: memory.user })
    this.#socket = new WebSocket(socketUrl, SUBPROTOCOL, {
      createConnection: () => connectOver(route),
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
    })
    this.#socket.on('open', () => this.#hello(session.token))
    this.#socket.on('message', (data) => this.#hear(data as Buffer))
    this.#lookout = setInterval(() => this.#look(), LOOK_EVERY_MS)
    this.ended = new Promise((resolve) => {
      this.#socket.on('error', () => this.#socket.terminate())
      this.#socket.on('close', (code) => {
        clearInterval(this.#lookout)
        memory.observe({ kind: 'closed', device: memory.name, socket })
        resolve(code)
      })
    })
  }

  close(): void {
    this.#socket.terminate()
  }

  subscribe(copy: Copy): void {
    copy.wanted = true
    if (!this.#isWelcome) return
    const id = this.#next()
    this.#asked.set(id, { copy, until: 'subscribed' })
    const stream = copy.stream as `thread:${string}`
    this.#say({ type: 'subscribe', id, stream, position: copy.resume() })
  }

  unsubscribe(copy: Copy): void {
    if (!this.#isWelcome) return
    copy.wanted = false
    const id = this.#next()
    this.#asked.set(id, { copy, until: 'unsubscribed' })
    this.#say({ type: 'unsubscribe', id, stream: copy.stream as `thread:${string}` })
  }

  send(command: Command): void {
    if (!this.#isWelcome || performance.now() < command.notBefore) return
    const id = this.#next()
    this.#asked.set(id, { command, at: performance.now() })
    this.#say({ ...command.message, id })
  }

  authenticate(token: string): void {
    if (this.#isWelcome) this.#say({ type: 'authenticate', token })
  }

  acknowledge(): void {
    if (!this.#isWelcome || this.#options.isSlow() || this.#bytes === this.#acked) return
    this.#acked = this.#bytes
    this.#unacked = 0
    const positions = [...this.#options.memory.copies.values()]
      .filter((copy) => copy.isLive && copy.wanted)
      .map(({ stream, position }) => [stream, position])
    const message = { type: 'ack', positions: Object.fromEntries(positions), bytes: this.#bytes }
    this.#say(message as ClientMessageInput)
  }

  #hello(token: string): void {
    const { memory, instance } = this.#options
    const resume = [...memory.copies.values()]
      .filter((copy) => copy.wanted)
      .slice(0, MAX_RESUMED)
      .map((copy) => ({
        stream: copy.stream as `thread:${string}`,
        position: copy.resume(),
      }))
    this.#say({ type: 'hello', protocol: 1, device: memory.name, instance, token, resume })
    this.#resumed = new Set(resume.map(({ stream }) => stream))
  }

  #resumed: ReadonlySet<string> = new Set()

  #hear(data: Buffer): void {
    const { memory, socket, notes } = this.#options
    this.#heardAt = performance.now()
    this.#bytes += data.length
    const frame = parseServerFrame(data.toString())
    if (!frame.ok) {
      const detail = `a frame that cannot be read: ${frame.message}`
      notes.problems.push({ device: memory.name, detail })
      return this.#socket.terminate()
    }
    const { messages } = frame
    memory.observe({ kind: 'heard', device: memory.name, socket, messages, bytes: data.length })
    for (const message of messages) this.#take(message)
    this.#unacked += messages.length
    if (this.#unacked >= ACK_EVERY) this.acknowledge()
  }

  #take(message: ServerMessage): void {
    const { memory } = this.#options
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message)
      case 'ok':
      case 'error':
        return this.#answered(message)
      case 'ping':
        this.#say({ type: 'pong', nonce: message.nonce })
        if ('heads' in message) this.#compare(message.heads)
        return
      case 'authentication_due':
        void this.#options.session.renew().then(
          (token) => this.authenticate(token),
          () => undefined,
        )
        return
      case 'event':
      case 'snapshot':
      case 'reset':
      case 'live': {
        // Until its `ok`, what still comes belongs to the cursor before (P25).
        if (this.#waitsFor(message.stream)) return
        const copy = memory.copies.get(message.stream)
        if (!memory.take(message) && copy) this.subscribe(copy)
        return
      }
      case 'pong':
      case 'authenticated':
      case 'goaway':
        return
    }
  }

  #welcomed({ streams }: Extract<ServerMessage, { type: 'welcome' }>): void {
    const { memory } = this.#options
    this.#isWelcome = true
    for (const copy of memory.copies.values()) {
      const answer = streams.find(({ stream }) => stream === copy.stream)
      if (answer?.status === 'not_found') memory.copies.delete(copy.stream)
      else if (!this.#resumed.has(copy.stream) && copy.wanted) this.subscribe(copy)
    }
    for (const command of memory.commands) this.send(command)
  }

  #answered(message: Extract<ServerMessage, { type: 'ok' | 'error' }>): void {
    const asked = message.id === null ? undefined : this.#asked.get(message.id)
    if (message.id === null || !asked) return
    this.#asked.delete(message.id)
    const waitMs = message.type === 'error' ? waitOf(message) : undefined
    if ('command' in asked) {
      if (waitMs === undefined) return asked.command.answered(message)
      asked.command.notBefore = performance.now() + waitMs
      return
    }
    const { copy } = asked
    if (message.type === 'ok' || asked.until === 'unsubscribed') return
    if (waitMs === undefined) this.#options.memory.copies.delete(copy.stream)
    else setTimeout(() => this.#socket.readyState === 1 && this.subscribe(copy), waitMs)
  }

  /** Live, and still below a head of the ping before: subscribed again (P53). */
  #compare(heads: Partial<Record<string, string>>): void {
    const { memory, isCalm, isSlow, notes } = this.#options
    for (const [stream, head] of Object.entries(heads)) {
      const copy = memory.copies.get(stream)
      if (!copy || !head || !copy.isBehind(head) || this.#waitsFor(stream)) continue
      const before = this.#behind.get(stream)
      this.#behind.set(stream, copy.seq)
      // In the calm it waits for one more ping, so that nothing that was still coming is called lost.
      if (isCalm() && !isSlow() && before !== copy.seq) continue
      if (isCalm() && !isSlow()) {
        const detail = `${stream}: only a ping told of what lies between ${copy.seq} and ${head}`
        notes.problems.push({ device: memory.name, detail })
      }
      this.subscribe(copy)
    }
  }

  #look(): void {
    const now = performance.now()
    if (!this.#isWelcome) {
      if (now - this.#heardAt > GIVE_UP_AFTER_MS) this.#socket.terminate()
      return
    }
    const silentMs = now - this.#heardAt
    if (silentMs > GIVE_UP_AFTER_MS) return this.#socket.terminate()
    if (silentMs > ASK_AFTER_MS && now - this.#askedAt > ASK_AFTER_MS) {
      this.#askedAt = now
      this.#say({ type: 'ping', nonce: this.#next() })
    }
    this.acknowledge()
    this.#repeat(now)
  }

  #repeat(now: number): void {
    const underWay = new Set<Command>()
    for (const asked of this.#asked.values()) {
      if ('command' in asked && now - asked.at < REPEAT_AFTER_MS) underWay.add(asked.command)
    }
    for (const command of this.#options.memory.commands) {
      if (!underWay.has(command)) this.send(command)
    }
  }

  #waitsFor(stream: string): boolean {
    for (const asked of this.#asked.values()) {
      if ('copy' in asked && asked.copy.stream === stream) return true
    }
    return false
  }

  #say(message: ClientMessageInput): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const { memory, socket } = this.#options
    memory.observe({ kind: 'said', device: memory.name, socket, message })
    this.#socket.send(JSON.stringify(message))
  }

  #next(): string {
    this.#requests += 1
    return `r${this.#requests}`
  }
}
