import type { ClientMessageInput, ServerMessage } from '@netra/protocol'
import {
  afterClose,
  closeCode,
  describeCloseCode,
  HELLO_TIMEOUT_MS,
  MAX_UNAUTHENTICATED_FRAME_BYTES,
  PROTOCOL_VERSION,
  utf8Length,
} from '@netra/protocol'

import { SignedOut } from './client-error.ts'
import type { Clock } from './clock.ts'
import type { ConnectionEvent, ConnectionState, Loss } from './connection-state.ts'
import { isConnected, transition } from './connection-state.ts'
import type { Credentials } from './credentials.ts'
import { Link, type Ending } from './link.ts'
import { backoffMs, goawayMs, STABLE_AFTER_MS } from './reconnect-policy.ts'
import { MutableStore } from './store.ts'
import type { StreamMessage } from './subscriptions.ts'
import type { Transport } from './transport.ts'
import { Way } from './way.ts'

type Hello = Extract<ClientMessageInput, { type: 'hello' }>
type Positions = Extract<ClientMessageInput, { type: 'ack' }>['positions']
type Resume = NonNullable<Hello['resume']>
type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type Secret = { ticket: string } | { token: string }

export interface ConnectionParts {
  url: string
  transport: Transport
  /** The way by plain requests, for where no socket gets through. */
  fallback: Transport | undefined
  credentials: Credentials
  clock: Clock
  random: () => number
  device: string
  instance: string
  /** Nobody else may be who is welcomed. */
  userId: string | undefined
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

/** A hello that resumed and was not welcomed so often in a row may be the reason itself. */
const MAX_RESUMING_HELLOS = 3

/**
 * The one connection: gets credentials, opens a socket or falls back to requests, says hello, and
 * comes back after every loss.
 *
 * Invariant: at most one link says hello. Whatever belongs to an older attempt (a late frame, a
 * credential that took too long) was dropped or finds its generation gone, and does nothing.
 */
export class Connection {
  readonly status = new MutableStore<ConnectionState>({ kind: 'idle' })
  readonly #parts: ConnectionParts
  readonly #way = new Way()
  #generation = 0
  #link: Link | undefined
  /** The socket that is tried while requests are used. */
  #trial: Link | undefined
  #secret: Secret | undefined
  #cancelTimer: (() => void) | undefined
  #cancelTrial: (() => void) | undefined
  #attempt = 0
  #unwelcomed = 0
  #openedAt = 0
  #freshCredentials = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  connect(): void {
    if (this.status.getSnapshot().kind === 'waiting') return this.#retry()
    if (this.#go({ type: 'connect' })) this.#begin()
  }

  close(): void {
    if (!this.#go({ type: 'close' })) return
    this.#drop(1000, 'closed by the client')
    this.#parts.onEnded({ code: 1000, why: 'the client was closed' })
  }

  /** The network or the page came back: ask the socket at once, or open one at once. */
  nudge(): void {
    this.#link?.probe()
    this.#retry()
  }

  /** Sends on the open connection; otherwise says false and keeps nothing. */
  send(message: ClientMessageInput): boolean {
    if (!this.#link || !isConnected(this.status.getSnapshot())) return false
    this.#link.send(message)
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
    this.#watchHello()
    this.#parts.credentials.get({ fresh: this.#freshCredentials }).then(
      (secret) => {
        if (generation !== this.#generation) return
        this.#freshCredentials = false
        this.#secret = secret
        this.#go({ type: 'authorized' })
        if (this.#way.next === 'http' && this.#parts.fallback) this.#fallBack(this.#parts.fallback)
        else this.#open()
      },
      (error: unknown) => {
        if (generation !== this.#generation) return
        const why = error instanceof Error ? error.message : String(error)
        if (error instanceof SignedOut) this.#end({ code: 4501, why })
        else this.#lose({ code: 0, why })
      },
    )
  }

  #open(): void {
    const link = this.#linkTo(this.#parts.transport, {
      onOpen: () => {
        this.#go({ type: 'opened' })
        this.#greet(link)
      },
      onEnd: (ending) => this.#ended(ending),
    })
    this.#link = link
  }

  #fallBack(fallback: Transport): void {
    this.#link?.drop(1000, 'by requests from here')
    this.#go({ type: 'upgrade_refused' })
    this.#watchHello()
    const link = this.#linkTo(fallback, {
      onOpen: () => this.#greet(link),
      onEnd: (ending) => this.#ended(ending),
    })
    this.#link = link
  }

  #linkTo(transport: Transport, on: { onOpen: () => void; onEnd: (ending: Ending) => void }): Link {
    const { url, clock } = this.#parts
    return new Link({
      url,
      transport,
      clock,
      positions: () => this.#parts.positions(),
      onMessage: (message) => this.#parts.onMessage(message),
      ...on,
      onWelcome: (welcome) => this.#welcomed(welcome),
      onAuthenticationDue: () => this.#authenticate(),
    })
  }

  #watchHello(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#parts.clock.after(HELLO_TIMEOUT_MS, () =>
      this.#ended({ code: 0, why: 'no welcome within 10 s', goaway: undefined, status: undefined }),
    )
  }

  #greet(link: Link): void {
    const { device, instance } = this.#parts
    const secret = this.#secret
    const hello: Hello = { type: 'hello', protocol: PROTOCOL_VERSION, device, instance, ...secret }
    const size = utf8Length(JSON.stringify({ ...hello, resume: [] }))
    this.#unwelcomed += 1
    // Without a resume each stream is subscribed by itself, so that one cannot bar all the others.
    const isBarred = this.#unwelcomed > MAX_RESUMING_HELLOS
    const room = isBarred ? 0 : MAX_UNAUTHENTICATED_FRAME_BYTES - size
    link.send({ ...hello, resume: this.#parts.resume(room) })
  }

  #welcomed(welcome: Welcome): void {
    const { clock, userId: expected } = this.#parts
    const { connection_id: connectionId, user_id: userId, node } = welcome
    if (expected !== undefined && userId !== expected) {
      return this.#end({ code: closeCode('identity_changed'), why: 'somebody else is signed in' })
    }
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#openedAt = clock.monotonic()
    this.#unwelcomed = 0
    this.#go({ type: 'welcomed', connectionId, userId, node })
    if (this.status.getSnapshot().kind === 'fallback') this.#armTrial()
    else this.#way.socketWelcomed()
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

  #armTrial(): void {
    const { clock, random } = this.#parts
    this.#cancelTrial?.()
    this.#cancelTrial = clock.after(this.#way.retrySocketAfterMs(random), () => this.#try())
  }

  /** Opens a socket beside the requests; only once it is open it takes their place. */
  #try(): void {
    const { clock, credentials, transport } = this.#parts
    const generation = this.#generation
    const giveUp = (): void => {
      if (generation !== this.#generation) return
      this.#trial?.drop(1000, 'given up')
      this.#trial = undefined
      this.#armTrial()
    }
    this.#cancelTrial = clock.after(HELLO_TIMEOUT_MS, giveUp)
    credentials.get({ fresh: false }).then((secret) => {
      if (generation !== this.#generation) return
      const link = this.#linkTo(transport, {
        onOpen: () => this.#moveTo(link, secret),
        onEnd: (ending) => (this.#trial === link ? giveUp() : this.#ended(ending)),
      })
      this.#trial = link
    }, giveUp)
  }

  #moveTo(link: Link, secret: Secret): void {
    if (!this.#go({ type: 'upgraded' })) return
    this.#trial = undefined
    this.#drop(1000, 'by a socket from here')
    this.#secret = secret
    this.#link = link
    this.#watchHello()
    this.#parts.onLost()
    this.#greet(link)
  }

  #ended(ending: Ending): void {
    const { code, goaway } = ending
    const known = code >= 4000 ? code : (goaway?.code ?? code)
    const meaning = describeCloseCode(known)?.meaning
    const why = { code: known, why: ending.why || goaway?.why || meaning || 'the connection broke' }
    const after = afterClose(known)
    if (after === 'stop') return this.#end(why)
    const isAnswered = known >= 4000
    if (!isAnswered && this.#gaveWay(ending)) return
    this.#freshCredentials = after === 'resume_with_fresh_token'
    this.#lose(why, goaway)
  }

  /** True when requests are tried at once, because no socket comes about. */
  #gaveWay({ status }: Ending): boolean {
    const { fallback } = this.#parts
    const { kind } = this.status.getSnapshot()
    if (kind === 'falling_back') this.#way.httpFailed()
    if (kind !== 'opening' && kind !== 'greeting') return false
    this.#way.socketFailed(status)
    if (!fallback || this.#way.next !== 'http') return false
    this.#fallBack(fallback)
    return true
  }

  #lose(why: Loss, goaway?: Ending['goaway']): void {
    const { clock, random } = this.#parts
    const state = this.status.getSnapshot()
    const stable = isConnected(state) && clock.monotonic() - this.#openedAt >= STABLE_AFTER_MS
    if (stable && state.kind === 'open') this.#way.socketLasted()
    this.#attempt = stable ? 1 : this.#attempt + 1
    const delay = goaway ? goawayMs(goaway, random) : backoffMs(this.#attempt, random)
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

  /** Lets go of every link and timer; what is still under way finds its generation gone. */
  #drop(code: number, reason: string): void {
    this.#generation += 1
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#cancelTrial?.()
    this.#cancelTrial = undefined
    this.#trial?.drop(code, reason)
    this.#trial = undefined
    this.#link?.drop(code, reason)
    this.#link = undefined
    this.#secret = undefined
  }
}
