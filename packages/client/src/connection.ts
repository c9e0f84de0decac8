import type { ClientMessageInput, ServerMessage } from '@netra/protocol'
import {
  afterClose,
  describeCloseCode,
  HELLO_TIMEOUT_MS,
  MAX_UNAUTHENTICATED_FRAME_BYTES,
  parseServerFrame,
  PROTOCOL_VERSION,
  utf8Length,
} from '@netra/protocol'

import { Acknowledger } from './acknowledger.ts'
import { SignedOut } from './client-error.ts'
import type { Clock } from './clock.ts'
import type { ConnectionEvent, ConnectionState, Loss } from './connection-state.ts'
import { transition } from './connection-state.ts'
import type { Credentials } from './credentials.ts'
import { Heartbeat } from './heartbeat.ts'
import { backoffMs, goawayMs, STABLE_AFTER_MS } from './reconnect-policy.ts'
import { MutableStore } from './store.ts'
import type { StreamMessage } from './subscriptions.ts'
import type { Socket, Transport } from './transport.ts'
import { unreachable } from './unreachable.ts'

type Hello = Extract<ClientMessageInput, { type: 'hello' }>
type Positions = Extract<ClientMessageInput, { type: 'ack' }>['positions']
type Resume = NonNullable<Hello['resume']>
type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type Goaway = Extract<ServerMessage, { type: 'goaway' }>

export interface ConnectionParts {
  url: string
  transport: Transport
  credentials: Credentials
  clock: Clock
  random: () => number
  device: string
  instance: string
  /** What `hello` resumes; at most as many as fit into `room` bytes. */
  resume(room: number): Resume
  /** Positions applied so far, for `ack`. */
  positions(): Positions
  onWelcome(welcome: Welcome): void
  onMessage(message: StreamMessage): void
  /** The socket is gone; nothing that was sent on it may be counted on. */
  onLost(): void
  /** It will not come back by itself. */
  onEnded(why: Loss): void
}

/**
 * The one connection: gets credentials, opens a socket, says hello, watches it, and comes back.
 *
 * Invariant: at most one socket is listened to. Whatever belongs to an older one (a late frame, a
 * credential that took too long) finds its generation gone and does nothing.
 */
export class Connection {
  readonly status = new MutableStore<ConnectionState>({ kind: 'idle' })
  readonly #parts: ConnectionParts
  #generation = 0
  #socket: Socket | undefined
  #heartbeat: Heartbeat | undefined
  #acknowledger: Acknowledger | undefined
  #cancelTimer: (() => void) | undefined
  #attempt = 0
  #openedAt = 0
  #freshCredentials = false
  #goaway: Goaway | undefined
  #pings = 0

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.status.getSnapshot().kind === 'open'
  }

  connect(): void {
    if (this.status.getSnapshot().kind === 'waiting') return this.#retry()
    const begins = this.#go({ type: 'connect' })
    if (begins) this.#begin()
  }

  close(): void {
    if (!this.#go({ type: 'close' })) return
    this.#drop(1000, 'closed by the client')
    this.#parts.onEnded({ code: 1000, why: 'the client was closed' })
  }

  /** The network or the page came back: ask the socket at once, or open one at once. */
  nudge(): void {
    this.#heartbeat?.probe()
    this.#retry()
  }

  /** Sends on the open connection; otherwise says false and keeps nothing. */
  send(message: ClientMessageInput): boolean {
    if (!this.isOpen) return false
    this.#socket?.send(JSON.stringify(message))
    return true
  }

  #go(event: ConnectionEvent): boolean {
    const before = this.status.getSnapshot()
    const after = transition(before, event)
    this.status.set(after)
    return after !== before
  }

  #retry(): void {
    if (this.#go({ type: 'retry' })) this.#begin()
  }

  #begin(): void {
    this.#drop(1000, 'opening another')
    const generation = this.#generation
    this.#open(generation).catch((error: unknown) => {
      if (generation !== this.#generation) return
      const why = error instanceof Error ? error.message : String(error)
      if (error instanceof SignedOut) this.#end({ code: 4501, why })
      else this.#lose({ code: 0, why })
    })
  }

  async #open(generation: number): Promise<void> {
    const { clock, credentials, transport, url } = this.#parts
    this.#cancelTimer = clock.after(HELLO_TIMEOUT_MS, () =>
      this.#lose({ code: 0, why: 'no welcome within 10 s' }),
    )
    const secret = await credentials.get({ fresh: this.#freshCredentials })
    if (generation !== this.#generation) return
    this.#freshCredentials = false
    this.#go({ type: 'authorized' })
    this.#socket = transport.open(url, {
      onOpen: () => {
        if (generation !== this.#generation) return
        this.#go({ type: 'opened' })
        this.#hello(secret)
      },
      onFrame: (text) => {
        if (generation === this.#generation) this.#receive(text)
      },
      onClose: (code, reason) => {
        if (generation === this.#generation) this.#closed(code, reason)
      },
    })
  }

  #hello(secret: { ticket: string } | { token: string }): void {
    const { device, instance } = this.#parts
    const hello: Hello = { type: 'hello', protocol: PROTOCOL_VERSION, device, instance, ...secret }
    const size = utf8Length(JSON.stringify({ ...hello, resume: [] }))
    const full = { ...hello, resume: this.#parts.resume(MAX_UNAUTHENTICATED_FRAME_BYTES - size) }
    this.#socket?.send(JSON.stringify(full))
  }

  #receive(text: string): void {
    this.#heartbeat?.heard()
    const frame = parseServerFrame(text)
    if (!frame.ok)
      return this.#lose({ code: 0, why: `a frame could not be read: ${frame.message}` })
    const generation = this.#generation
    let events = 0
    for (const message of frame.messages) {
      if (message.type === 'event' || message.type === 'snapshot') events += 1
      this.#take(message)
      if (generation !== this.#generation) return
    }
    this.#acknowledger?.received(utf8Length(text), events)
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message)
      case 'ping':
        this.#socket?.send(JSON.stringify({ type: 'pong', nonce: message.nonce }))
        return this.#parts.onMessage(message)
      case 'goaway':
        this.#goaway = message
        return
      case 'authentication_due':
        return this.#authenticate()
      case 'authenticated':
      case 'pong':
        return
      case 'event':
      case 'snapshot':
      case 'reset':
      case 'live':
      case 'ok':
      case 'error':
        return this.#parts.onMessage(message)
      default:
        return unreachable(message)
    }
  }

  #welcomed(welcome: Welcome): void {
    const { clock } = this.#parts
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#openedAt = clock.monotonic()
    this.#acknowledger = new Acknowledger(clock, (bytes) =>
      this.send({ type: 'ack', positions: this.#parts.positions(), bytes }),
    )
    const { interval_ms: intervalMs, timeout_ms: timeoutMs } = welcome.heartbeat
    this.#heartbeat = new Heartbeat({
      clock,
      intervalMs,
      timeoutMs,
      ping: () => this.send({ type: 'ping', nonce: String(++this.#pings) }),
      dead: () => this.#lose({ code: 0, why: 'nothing was heard from the server' }),
    })
    const { connection_id: connectionId, user_id: userId, node } = welcome
    this.#go({ type: 'welcomed', connectionId, userId, node })
    this.#parts.onWelcome(welcome)
  }

  /** A new token for the living socket. A page has none: it comes back with a ticket after 4006. */
  #authenticate(): void {
    const generation = this.#generation
    this.#parts.credentials.get({ fresh: true }).then(
      (secret) => {
        const isCurrent = generation === this.#generation
        if (isCurrent && 'token' in secret) this.send({ type: 'authenticate', token: secret.token })
        return undefined
      },
      // Without one the server closes with 4006 in time, and the way back asks again.
      () => undefined,
    )
  }

  #closed(code: number, reason: string): void {
    const told = this.#goaway
    const known = code >= 4000 ? code : (told?.code ?? code)
    const meaning = describeCloseCode(known)?.meaning
    const why: Loss = { code: known, why: reason || told?.why || meaning || 'the connection broke' }
    const after = afterClose(known)
    if (after === 'stop') return this.#end(why)
    this.#freshCredentials = after === 'resume_with_fresh_token'
    this.#lose(why)
  }

  #lose(why: Loss): void {
    const { clock, random } = this.#parts
    const wasOpen = this.isOpen
    const stable = wasOpen && clock.monotonic() - this.#openedAt >= STABLE_AFTER_MS
    this.#attempt = stable ? 1 : this.#attempt + 1
    const delay = this.#goaway ? goawayMs(this.#goaway, random) : backoffMs(this.#attempt, random)
    this.#drop(4000, 'given up')
    const retryAt = clock.now() + delay
    if (!this.#go({ type: 'lost', attempt: this.#attempt, retryAt, why })) return
    this.#cancelTimer = clock.after(delay, () => this.#retry())
    this.#parts.onLost()
  }

  #end(why: Loss): void {
    this.#drop(1000, 'ended')
    if (!this.#go({ type: 'refused', why })) return
    this.#attempt = 0
    this.#parts.onEnded(why)
  }

  /** Lets go of the socket and of every timer that belongs to it. */
  #drop(code: number, reason: string): void {
    this.#generation += 1
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#heartbeat?.stop()
    this.#heartbeat = undefined
    this.#acknowledger?.stop()
    this.#acknowledger = undefined
    this.#goaway = undefined
    this.#socket?.close(code, reason)
    this.#socket = undefined
  }
}
