import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { ClientMessage, CloseCode, ServerMessageInput } from '@netra/protocol'
import { isServedVersion, parseClientFrame } from '@netra/protocol'
import type { WebSocket } from 'ws'

import type { Access } from '../access/access.ts'
import { StoreUnavailable, type Commands } from '../command/command.ts'
import type { Delivery, Hub, Sink, Subscription } from '../hub/hub.ts'
import type { Identities, Identity } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import { isoTime } from '../platform/clock.ts'
import { asId, newId, type ConnectionId, type DeviceId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { RateLimit } from '../platform/rate-limit.ts'
import { identify, type Handshake } from './identify.ts'
import { LIMITS } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Registered, Registry } from './registry.ts'
import type { SocketMetrics } from './socket-metrics.ts'

export interface ConnectionParts {
  identities: Identities
  access: Access
  commands: Commands
  hub: Hub
  clock: Clock
  logger: Logger
  registry: Registry
  metrics: SocketMetrics
  commandRate: RateLimit
  node: string
  /** Whose socket it is, behind the proxies that are trusted (S17). */
  addressOf(request: IncomingMessage): string
  /** What a socket that has said hello may ask. */
  handle(connection: Connection, identity: Identity, message: ClientMessage): Promise<void>
  /** `"<epoch>:<seq>"` of a stream's head. */
  headOf(stream: string): Promise<string>
}

const MAX_REASON_BYTES = 123

/** A close frame has room for so much (RFC 6455, 5.5); a longer reason would be an exception. */
const reasonOf = (why: string): string =>
  Buffer.from(why)
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\uFFFD$/, '')

/**
 * One socket of the native protocol, from the upgrade to the close.
 *
 * Frames are handled one after the other, in the order they came, except `ack`, `ping` and `pong`,
 * which must not wait behind a command.
 */
export class Connection implements Registered {
  readonly id = newId<ConnectionId>()
  readonly parts: ConnectionParts
  readonly outbox: Outbox
  readonly subscriptions = new Map<string, Subscription>()
  readonly #deliveries = new Map<string, Delivery>()
  identity: Identity | undefined
  instance: string | undefined
  #device: DeviceId | undefined
  readonly #socket: WebSocket
  readonly address: string
  /** What the upgrade brought, tokens and all: kept until the hello was judged. */
  #handshake: Handshake | undefined
  readonly #openedAt: number
  #heardAt: number
  #pingedAt: number
  #progressAt: number
  #heads: Record<string, string> = {}
  #badFrames: number[] = []
  #pending = 0
  #queue: Promise<void> = Promise.resolve()
  #dueSaid = false
  #closed = false

  constructor(socket: WebSocket, stream: Duplex, handshake: Handshake, parts: ConnectionParts) {
    this.#socket = socket
    this.address = handshake.address
    this.#handshake = handshake
    this.parts = parts
    this.outbox = new Outbox(socket, stream)
    const now = parts.clock.monotonic()
    this.#openedAt = now
    this.#heardAt = now
    this.#pingedAt = now
    this.#progressAt = now
    parts.registry.add(this)
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary))
    socket.on('close', () => this.#onClose())
    socket.on('error', (error) => this.#log().debug({ err: error }, 'socket error'))
  }

  get userId(): string | undefined {
    return this.identity?.userId
  }

  get sessionId(): string | undefined {
    return this.identity?.sessionId
  }

  send(message: ServerMessageInput): void {
    this.outbox.send(JSON.stringify(message), false)
  }

  /** Where subscriptions deliver to. */
  readonly sink: Sink = new ConnectionSink(this)

  get closed(): boolean {
    return this.#closed
  }

  /** Says why, then closes; what was gathered goes out before the close frame. */
  close(code: CloseCode, why: string): void {
    if (this.#closed) return
    this.#closed = true
    this.parts.metrics.closed(code)
    this.#log().info({ code, why, user_id: this.userId }, 'socket closed by the server')
    this.outbox.flush()
    this.#socket.close(code, reasonOf(why))
    // A peer that never answers the close frame must not hold the socket.
    this.parts.clock.after(2_000, () => this.#socket.terminate())
  }

  /** The node is going down: says so and when to come back, then closes. */
  goAway(jitterMs: number): void {
    if (this.#closed) return
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
    this.parts.metrics.badFrame()
    if (!this.identity) return this.close(4500, message)
    const now = this.parts.clock.monotonic()
    this.#badFrames = [...this.#badFrames.filter((at) => at > now - 60_000), now]
    this.send({ type: 'error', id, code, message, retry: 'no' })
    if (this.#badFrames.length >= LIMITS.maxBadFramesPerMinute) {
      this.close(4500, 'too many frames that could not be used')
    }
  }

  forgive(pausedMs: number): void {
    this.#heardAt += pausedMs
    this.#progressAt += pausedMs
  }

  /** Called by the gateway about once a second. */
  sweep(): void {
    if (this.#closed) return
    const now = this.parts.clock.monotonic()
    if (!this.identity) {
      if (now - this.#openedAt >= LIMITS.helloTimeoutMs) this.close(4011, 'no hello within 10 s')
      return
    }
    if (now - this.#heardAt >= LIMITS.heartbeatTimeoutMs)
      return this.close(4003, 'no answer to pings')
    if (!this.outbox.waiting) this.#progressAt = now
    if (now - this.#progressAt >= LIMITS.slowConsumerMs) {
      return this.close(4004, 'nothing was acknowledged for 30 s')
    }
    this.#checkExpiry(this.identity)
    if (now - this.#pingedAt >= LIMITS.heartbeatIntervalMs) this.#ping(now)
  }

  #checkExpiry(identity: Identity): void {
    const left = Date.parse(identity.expiresAt) - this.parts.clock.now()
    if (left <= 0) return this.close(4006, 'the token has expired')
    if (left > LIMITS.authenticationDueMs || this.#dueSaid) return
    this.#dueSaid = true
    this.send({ type: 'authentication_due', in_ms: left })
  }

  /** A fresh token of the same subject. */
  renewed(identity: Identity): void {
    this.identity = identity
    this.#dueSaid = false
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
      (error: unknown) => this.#log().warn({ err: error }, 'heads could not be read'),
    )
  }

  /** Whatever a frame does to us, it ends its own socket at most. */
  #take(data: Buffer, isBinary: boolean): void {
    try {
      this.#receive(data, isBinary)
    } catch (error) {
      this.#log().error({ err: error }, 'a frame could not be taken')
      this.#closed = true
      this.#socket.terminate()
    }
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return
    this.#heardAt = this.parts.clock.monotonic()
    this.parts.metrics.received()
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
    if (this.#pending >= LIMITS.maxPendingCommands) {
      return this.close(4007, 'more commands at once than this server takes')
    }
    this.#pending += 1
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#closed) await this.#handle(message)
      } catch (error) {
        this.#log().error({ err: error, type: message.type }, 'a frame could not be handled')
        if (error instanceof StoreUnavailable)
          this.close(4009, 'the store cannot be used right now')
        else this.close(4008, 'something went wrong inside the server')
      } finally {
        this.#pending -= 1
      }
    })
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.identity) return this.parts.handle(this, this.identity, message)
    if (message.type !== 'hello') return this.close(4500, 'the first frame must be hello')
    if (!isServedVersion(message.protocol)) {
      return this.close(4505, 'this protocol version is not served: update the client')
    }
    const handshake = this.#handshake
    if (!handshake) return
    const answer = await identify(this.parts.identities, handshake, message)
    this.#handshake = undefined
    if (this.#closed) return
    this.parts.metrics.handshake(answer.ok)
    if (!answer.ok) {
      this.send({
        type: 'error',
        id: null,
        code: answer.code === 4006 ? 'expired' : 'not_found',
        message: answer.message,
        retry: 'no',
      })
      return this.close(answer.code, answer.message)
    }
    await this.#welcome(answer.identity, message)
  }

  async #welcome(
    identity: Identity,
    hello: Extract<ClientMessage, { type: 'hello' }>,
  ): Promise<void> {
    const { registry, clock, node } = this.parts
    const older = registry.find(identity.userId, hello.instance)
    if (!older && registry.countOf(identity.userId) >= LIMITS.maxConnectionsPerUser) {
      return this.close(4504, 'this account has too many open connections')
    }
    this.identity = identity
    this.instance = hello.instance
    this.#device = asId<DeviceId>(hello.device)
    registry.welcome(this, identity.userId)
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
    this.parts.metrics.welcomed(clock.monotonic() - this.#openedAt)
    for (const subscription of opened) subscription.start()
  }

  /** Subscribes, moving the stream's one cursor if there is one; undefined when not allowed. */
  async open(stream: string, position: string | null): Promise<Subscription | undefined> {
    const { identity } = this
    const name = identity && (await this.parts.access.stream(identity.userId, stream))
    if (!name) return undefined
    this.leave(name)
    const subscription = await this.parts.hub.subscribe(name, position, this.sink)
    if (this.#closed) {
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

  #onClose(): void {
    this.#closed = true
    for (const stream of this.subscriptions.keys()) this.leave(stream)
    this.parts.registry.remove(this)
  }

  #log(): Logger {
    return this.parts.logger.child({ connection_id: this.id })
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
