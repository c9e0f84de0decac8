import type { CloseCode } from '@netra/protocol'
import type { WebSocket } from 'ws'

import { StoreUnavailable } from '../command/command.ts'
import { AuthUnavailable, type Identities, type Identity } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import { newId, type ConnectionId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { ServiceMode } from '../platform/recovery/service-mode.ts'
import type { SpanWatch } from '../platform/tracing.ts'
import { LIMITS } from './limits.ts'
import type { Registered, Registry } from './registry.ts'
import { checkSession, type Checked } from './session-check.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketMetrics } from './socket-metrics.ts'

export interface SocketParts {
  identities: Identities
  clock: Clock
  logger: Logger
  registry: Registry
  metrics: SocketMetrics
  socketLimits: SocketLimits
  /** Who is no administrator may do nothing while there is a reason. */
  mode?: Pick<ServiceMode, 'entering'> | undefined
  /** Told of spans, where somebody listens. */
  spans?: SpanWatch | undefined
}

const MAX_REASON_BYTES = 123
/** A peer that never answers the close frame must not hold the socket. */
const END_WITHIN_MS = 2_000

/** A close frame has room for so much (RFC 6455, 5.5); a longer reason would be an exception. */
const reasonOf = (why: string): string =>
  Buffer.from(why)
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\uFFFD$/, '')

/**
 * What a socket is, whichever codec it speaks: somebody's place in the registry, a life that ends by
 * silence, by the end of its proof or of its login session, and frames that are handled one after
 * the other.
 */
export abstract class ServedSocket<Parts extends SocketParts> implements Registered {
  readonly id = newId<ConnectionId>()
  readonly parts: Parts
  readonly address: string
  identity: Identity | undefined
  protected readonly socket: WebSocket
  readonly #openedAt: number
  #heardAt: number
  #checkedAt: number
  #isChecking = false
  #badFrames: number[] = []
  #pending = 0
  #queue: Promise<void> = Promise.resolve()
  #dueSaid = false
  #closed = false
  #origin: string | undefined

  constructor(socket: WebSocket, address: string, parts: Parts) {
    this.socket = socket
    this.address = address
    this.parts = parts
    const now = parts.clock.monotonic()
    this.#openedAt = now
    this.#heardAt = now
    this.#checkedAt = now
    parts.registry.add(this)
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary))
    socket.on('close', (code) => this.#left(code))
    socket.on('error', (error) => this.log().debug({ err: error }, 'socket error'))
  }

  abstract readonly instance: string | undefined
  abstract close(code: CloseCode, why: string): void
  abstract goAway(jitterMs: number): void
  /** Called about once a second. */
  abstract sweep(): void
  /** One frame, while the socket is open. */
  protected abstract receive(data: Buffer, isBinary: boolean): void
  /** The socket is gone. */
  protected abstract onLeft(): void
  /** The proof ends in so many milliseconds. */
  protected abstract sayDue(leftMs: number): void

  get userId(): string | undefined {
    return this.identity?.userId
  }

  get sessionId(): string | undefined {
    return this.identity?.sessionId
  }

  /** Nothing is taken from it any more; its close frame is sent, or about to be. */
  get closed(): boolean {
    return this.#closed
  }

  forgive(pausedMs: number): void {
    this.#heardAt += pausedMs
  }

  protected get ageMs(): number {
    return this.parts.clock.monotonic() - this.#openedAt
  }

  protected heard(): void {
    this.#heardAt = this.parts.clock.monotonic()
  }

  protected get silentMs(): number {
    return this.parts.clock.monotonic() - this.#heardAt
  }

  /**
   * Files the socket under its user. The login session may have ended while the proof was looked at,
   * when nobody could find this socket yet: so it is asked for once more.
   */
  protected async admit(identity: Identity): Promise<Checked> {
    this.identity = identity
    this.parts.registry.welcome(this, identity.userId)
    return checkSession(this.parts.identities, identity)
  }

  protected welcomed(origin: string | undefined): void {
    this.parts.metrics.handshake('welcome')
    this.parts.metrics.welcomed(this.ageMs)
    this.#origin = origin
    this.log().info({ user_id: this.userId, ip: this.address, origin }, 'socket welcomed')
  }

  /** A fresh proof of the same user. */
  protected extend(identity: Identity): void {
    this.identity = identity
    this.#dueSaid = false
  }

  /** Warns before the proof ends. @returns false once it has ended. */
  protected isProven({ expiresAt }: Identity): boolean {
    const left = Date.parse(expiresAt) - this.parts.clock.now()
    if (left <= 0) return false
    if (left <= LIMITS.authenticationDueMs && !this.#dueSaid) {
      this.#dueSaid = true
      this.sayDue(left)
    }
    return true
  }

  /** Asks for the login session now and then, should its end have been told to nobody (S12). */
  protected checkNowAndThen(identity: Identity): void {
    const now = this.parts.clock.monotonic()
    if (this.#isChecking || now - this.#checkedAt < LIMITS.sessionCheckMs) return
    this.#isChecking = true
    checkSession(this.parts.identities, identity)
      .then((checked) => {
        this.#checkedAt = this.parts.clock.monotonic()
        if (!checked.ok && checked.close !== undefined) this.close(checked.close, checked.why)
      })
      .catch((error: unknown) => this.log().warn({ err: error }, 'a session could not be checked'))
      .finally(() => {
        this.#isChecking = false
      })
  }

  /** @returns true when there were too many. */
  protected countBadFrame(): boolean {
    this.parts.metrics.badFrame()
    const now = this.parts.clock.monotonic()
    this.#badFrames = [...this.#badFrames.filter((at) => at > now - 60_000), now]
    return this.#badFrames.length >= LIMITS.maxBadFramesPerMinute
  }

  /** One after the other, in the order they came; whatever goes wrong ends this socket alone. */
  protected inTurn(type: string, work: () => Promise<void>): void {
    if (this.#pending >= LIMITS.maxPendingCommands) {
      this.parts.metrics.limited('pending')
      return this.close(4007, 'more commands at once than this server takes')
    }
    this.#pending += 1
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#closed) await work()
      } catch (error) {
        this.log().error({ err: error, type }, 'a frame could not be handled')
        this.closeFor(error)
      } finally {
        this.#pending -= 1
      }
    })
  }

  protected closeFor(error: unknown): void {
    if (error instanceof StoreUnavailable) this.close(4009, 'the store cannot be used right now')
    else if (error instanceof AuthUnavailable) {
      this.close(4009, 'who you are cannot be checked right now')
    } else this.close(4008, 'something went wrong inside the server')
  }

  /** @returns false when it was closing already. */
  protected beginClose(code: number, why: string): boolean {
    if (this.#closed) return false
    this.#closed = true
    this.parts.metrics.closed(code)
    this.log().info(
      { code, why, user_id: this.userId, ip: this.address, origin: this.#origin },
      'socket closed by the server',
    )
    return true
  }

  protected endClose(code: number, why: string): void {
    this.socket.close(code, reasonOf(why))
    this.parts.clock.after(END_WITHIN_MS, () => this.socket.terminate())
  }

  protected log(): Logger {
    return this.parts.logger.child({ connection_id: this.id })
  }

  /** Whatever a frame does to us, it ends its own socket at most. */
  #take(data: Buffer, isBinary: boolean): void {
    try {
      if (this.#closed) return
      this.heard()
      this.parts.metrics.received()
      if (!this.parts.socketLimits.takes(data.length, this)) {
        return this.close(4007, 'more bytes a second than this server takes')
      }
      this.receive(data, isBinary)
    } catch (error) {
      this.log().error({ err: error }, 'a frame could not be taken')
      this.#closed = true
      this.socket.terminate()
    }
  }

  #left(code: number): void {
    if (!this.#closed) {
      const who = { user_id: this.userId, ip: this.address, origin: this.#origin }
      this.log().info({ code, ...who }, 'socket closed by the client')
    }
    this.#closed = true
    this.onLeft()
    this.parts.registry.remove(this)
  }
}
