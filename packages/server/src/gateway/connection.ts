import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { ClientMessage, CloseCode, ServerMessageInput } from '@netra/protocol'
import { isServedVersion, parseClientFrame } from '@netra/protocol'
import type { WebSocket } from 'ws'

import type { Access } from '../access/access.ts'
import { StoreUnavailable, type Commands } from '../command/command.ts'
import type { Delivery, Hub, Sink, Subscription } from '../hub/hub.ts'
import { hasScope, type Identity } from '../identity/identity.ts'
import { isoTime } from '../platform/clock.ts'
import { asId, type DeviceId } from '../platform/ids.ts'
import type { RateLimit } from '../platform/rate-limit.ts'
import { identify, type Handshake } from './identify.ts'
import { LIMITS } from './limits.ts'
import { Outbox } from './outbox.ts'
import { ServedSocket, type SocketParts } from './served-socket.ts'

export interface ConnectionParts extends SocketParts {
  access: Access
  commands: Commands
  hub: Hub
  commandRate: RateLimit
  node: string
  /** Whose socket it is, behind the proxies that are trusted (S17). */
  addressOf(request: IncomingMessage): string
  /** What a socket that has said hello may ask. */
  handle(connection: Connection, identity: Identity, message: ClientMessage): Promise<void>
  /** `"<epoch>:<seq>"` of a stream's head. */
  headOf(stream: string): Promise<string>
}

type Hello = Extract<ClientMessage, { type: 'hello' }>

const NOBODY_TELLS = 'who you are cannot be checked right now'

/**
 * One socket of the native protocol, from the upgrade to the close.
 *
 * Frames are handled one after the other, in the order they came, except `ack`, `ping` and `pong`,
 * which must not wait behind a command.
 */
export class Connection extends ServedSocket<ConnectionParts> {
  readonly outbox: Outbox
  readonly subscriptions = new Map<string, Subscription>()
  readonly #deliveries = new Map<string, Delivery>()
  instance: string | undefined
  #device: DeviceId | undefined
  /** What the upgrade brought, tokens and all: kept until the hello was judged. */
  #handshake: Handshake | undefined
  #isJudging = false
  #pingedAt: number
  #progressAt: number
  #heads: Record<string, string> = {}

  constructor(socket: WebSocket, stream: Duplex, handshake: Handshake, parts: ConnectionParts) {
    super(socket, handshake.address, parts)
    this.#handshake = handshake
    this.outbox = new Outbox(socket, stream)
    const now = parts.clock.monotonic()
    this.#pingedAt = now
    this.#progressAt = now
  }

  send(message: ServerMessageInput): void {
    this.outbox.send(JSON.stringify(message), false)
  }

  /** Where subscriptions deliver to. */
  readonly sink: Sink = new ConnectionSink(this)

  /** Says why, then closes; what was gathered goes out before the close frame. */
  close(code: CloseCode, why: string): void {
    if (!this.beginClose(code, why)) return
    this.outbox.flush()
    this.endClose(code, why)
  }

  /** The node is going down: says so and when to come back, then closes. */
  goAway(jitterMs: number): void {
    if (this.closed) return
    const why = 'the server is restarting'
    this.send({ type: 'goaway', code: 4001, why, after_ms: 500, jitter_ms: jitterMs })
    this.close(4001, why)
  }

  acknowledged({ bytes, positions }: Extract<ClientMessage, { type: 'ack' }>): void {
    const progress = this.outbox.ack(bytes)
    if (progress === 'impossible') {
      return this.close(4500, 'acknowledged more bytes than were sent')
    }
    for (const [stream, position] of Object.entries(positions)) {
      const delivery = position && this.#deliveries.get(stream)
      if (delivery && delivery.acknowledged(position) === 'impossible') {
        return this.close(4500, 'acknowledged an event that was not sent')
      }
    }
    if (progress === 'none') return
    this.#progressAt = this.parts.clock.monotonic()
    for (const subscription of this.subscriptions.values()) subscription.resume()
  }

  /** A frame that cannot be used: told, and too many of them end the socket. */
  badFrame(
    code: 'malformed' | 'unknown_type' | 'too_large' | 'not_found',
    message: string,
    id: string | null,
  ): void {
    const tooMany = this.countBadFrame()
    if (!this.identity) return this.close(4500, message)
    this.send({ type: 'error', id, code, message, retry: 'no' })
    if (tooMany) this.close(4500, 'too many frames that could not be used')
  }

  override forgive(pausedMs: number): void {
    super.forgive(pausedMs)
    this.#progressAt += pausedMs
  }

  sweep(): void {
    if (this.closed) return
    const { identity } = this
    if (!identity) return this.#checkHello()
    const now = this.parts.clock.monotonic()
    if (this.silentMs >= LIMITS.heartbeatTimeoutMs) return this.close(4003, 'no answer to pings')
    if (!this.outbox.waiting) this.#progressAt = now
    if (now - this.#progressAt >= LIMITS.slowConsumerMs) {
      return this.close(4004, 'nothing was acknowledged for 30 s')
    }
    if (!this.isProven(identity)) return this.close(4006, 'the token has expired')
    this.checkNowAndThen(identity)
    if (now - this.#pingedAt >= LIMITS.heartbeatIntervalMs) this.#ping(now)
  }

  /** Whoever said hello in time waits for us, not we for them. */
  #checkHello(): void {
    if (this.ageMs < LIMITS.helloTimeoutMs) return
    if (!this.#isJudging) return this.close(4011, 'no hello within 10 s')
    this.parts.metrics.handshake('failed')
    this.close(4009, NOBODY_TELLS)
  }

  protected sayDue(leftMs: number): void {
    this.send({ type: 'authentication_due', in_ms: leftMs })
  }

  /** A fresh token of the same subject. */
  renewed(identity: Identity): void {
    this.extend(identity)
    this.send({ type: 'authenticated', expires_at: identity.expiresAt })
  }

  /** Tells the heads as they stood at the ping before, so that a client still below one knows. */
  #ping(now: number): void {
    this.#pingedAt = now
    this.send({ type: 'ping', nonce: this.id.slice(-12), heads: this.#heads })
    const streams = [...this.subscriptions.keys()]
    Promise.all(
      streams.map(async (stream) => [stream, await this.parts.headOf(stream)] as const),
    ).then(
      (heads) => {
        this.#heads = Object.fromEntries(heads)
      },
      (error: unknown) => this.log().warn({ err: error }, 'heads could not be read'),
    )
  }

  protected receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) return this.badFrame('malformed', 'Frames are JSON text, not binary.', null)
    if (!this.identity && data.length > LIMITS.maxHelloBytes) {
      return this.close(4500, 'the first frame is larger than 4 KB')
    }
    const parsed = parseClientFrame(data.toString('utf8'))
    if (!parsed.ok) return this.badFrame(parsed.code, parsed.message, parsed.id)
    this.#dispatch(parsed.message)
  }

  #dispatch(message: ClientMessage): void {
    if (message.type === 'pong') return
    if (message.type === 'ack') return this.acknowledged(message)
    if (this.outbox.unread > LIMITS.maxUnreadBytes) {
      return this.close(4004, 'asks for more than it reads')
    }
    if (message.type === 'ping') return this.send({ type: 'pong', nonce: message.nonce })
    this.inTurn(message.type, () => this.#handle(message))
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.identity) return this.parts.handle(this, this.identity, message)
    if (message.type !== 'hello') return this.close(4500, 'the first frame must be hello')
    if (!isServedVersion(message.protocol)) {
      return this.close(4505, 'this protocol version is not served: update the client')
    }
    const handshake = this.#handshake
    this.#handshake = undefined
    if (handshake) await this.#judge(handshake, message)
  }

  async #judge(handshake: Handshake, hello: Hello): Promise<void> {
    const { metrics } = this.parts
    this.#isJudging = true
    try {
      const answer = await identify(this.parts.identities, handshake, hello)
      if (this.closed) return
      if (answer.ok) return await this.#welcome(answer.identity, hello, handshake.origin)
      metrics.handshake(answer.why === 'unavailable' ? 'failed' : 'refused')
      this.send({
        type: 'error',
        id: null,
        code: answer.code === 4006 ? 'expired' : answer.code === 4009 ? 'unavailable' : 'not_found',
        message: answer.message,
        retry: answer.code === 4009 ? 'same' : 'no',
      })
      this.close(answer.code, answer.message)
    } catch (error) {
      if (!this.closed) metrics.handshake('failed')
      throw error
    } finally {
      this.#isJudging = false
    }
  }

  async #welcome(identity: Identity, hello: Hello, origin: string | undefined): Promise<void> {
    const { registry, clock, node, metrics } = this.parts
    const older = registry.find(identity.userId, hello.instance)
    if (!older && registry.countOf(identity.userId) >= LIMITS.maxConnectionsPerUser) {
      metrics.handshake('limited')
      return this.close(4504, 'this account has too many open connections')
    }
    this.instance = hello.instance
    this.#device = asId<DeviceId>(hello.device)
    const admitted = await this.admit(identity)
    if (this.closed) return
    if (!admitted.ok) {
      metrics.handshake(admitted.close === undefined ? 'failed' : 'refused')
      return this.close(admitted.close ?? 4009, admitted.close ? admitted.why : NOBODY_TELLS)
    }
    older?.close(4506, 'replaced by a newer socket')
    const opened = []
    const streams = []
    for (const { stream, position } of hello.resume) {
      const subscription = await this.open(stream, position)
      if (subscription) opened.push(subscription)
      streams.push(
        subscription
          ? { stream, status: subscription.status, head: subscription.head }
          : { stream, status: 'not_found' as const, head: null },
      )
    }
    if (this.closed) return
    this.send({
      type: 'welcome',
      connection_id: this.id,
      node,
      user_id: identity.userId,
      expires_at: identity.expiresAt,
      now: isoTime(clock),
      heartbeat: { interval_ms: LIMITS.heartbeatIntervalMs, timeout_ms: LIMITS.heartbeatTimeoutMs },
      limits: {
        max_frame_bytes: LIMITS.maxFrameBytes,
        window_bytes: LIMITS.windowBytes,
        window_events: LIMITS.windowEvents,
      },
      streams,
    })
    this.welcomed(origin)
    for (const subscription of opened) subscription.start()
  }

  /** Subscribes, moving the stream's one cursor if there is one; undefined when not allowed. */
  async open(stream: string, position: string | null): Promise<Subscription | undefined> {
    const { identity } = this
    if (!identity || !hasScope(identity, 'chat:read')) return undefined
    const name = await this.parts.access.stream(identity.userId, stream)
    if (!name) return undefined
    this.leave(name)
    const subscription = await this.parts.hub.subscribe(name, position, this.sink)
    if (this.closed) {
      subscription.end()
      return undefined
    }
    this.subscriptions.set(name, subscription)
    const instance = this.instance ?? this.id
    const reader = {
      userId: identity.userId,
      device: this.#device ?? asId<DeviceId>(instance),
      instance,
      connectionId: this.id,
      transport: 'socket' as const,
    }
    this.#deliveries.set(name, this.parts.hub.deliveries.begin(reader, subscription, position))
    return subscription
  }

  /** Reads a stream no more. */
  leave(stream: string): void {
    this.#deliveries.get(stream)?.left()
    this.#deliveries.delete(stream)
    this.subscriptions.get(stream)?.end()
    this.subscriptions.delete(stream)
  }

  protected onLeft(): void {
    for (const stream of this.subscriptions.keys()) this.leave(stream)
  }
}

class ConnectionSink implements Sink {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get open(): boolean {
    return !this.#connection.closed && this.#connection.outbox.open
  }

  send(frame: string, countsAgainstWindow: boolean): void {
    this.#connection.outbox.send(frame, countsAgainstWindow)
  }

  failed(error: unknown): void {
    if (error instanceof StoreUnavailable) {
      this.#connection.close(4009, 'the store cannot be read right now')
    } else this.#connection.close(4005, 'a stream cannot be gone on with')
  }
}
