import type { Duplex } from 'node:stream'

import type { CloseCode } from '@netra/protocol'
import type { WebSocket } from 'ws'

import type { Access, Threads } from '../../access/access.ts'
import type { Commands } from '../../command/command.ts'
import type { Hub } from '../../hub/hub.ts'
import { hasScope, type Identity } from '../../identity/identity.ts'
import { isoTime } from '../../platform/clock.ts'
import type { ThreadId } from '../../platform/ids.ts'
import type { RateLimit } from '../../platform/rate-limit.ts'
import type { Handshake } from '../identify.ts'
import { LIMITS } from '../limits.ts'
import { ServedSocket, type SocketParts } from '../served-socket.ts'
import { beatOf, isBeat, nonceIn } from './beats.ts'
import { CLASSIC_ENDS, type ClassicEnd } from './classic-end.ts'
import { classicWelcome, identifyClassic, NOBODY_TELLS } from './classic-handshake.ts'
import { parseClassicFrame, type ClassicMessage } from './classic-message.ts'
import { ClassicOutbox } from './classic-outbox.ts'
import type { ClassicServerMessage, ClassicServerType } from './classic-server-message.ts'
import { FollowedThreads } from './followed-threads.ts'
import { SocketOutlet } from './socket-outlet.ts'

export interface ClassicParts extends SocketParts {
  access: Access
  threads: Threads
  commands: Commands
  hub: Hub
  commandRate: RateLimit
  environment: string
  /** `"<epoch>:<seq>"` of a stream's head. */
  headOf(stream: string): Promise<string>
  /** What a socket that was welcomed may ask. */
  handleClassic(
    connection: ClassicConnection,
    identity: Identity,
    message: ClassicMessage,
  ): Promise<void>
}

/** So long a client has to read why it is closed. */
const READ_REASON_MS = 300
const TOO_MUCH = 'asks for more than it reads'

/** One socket of the classic codec: it has said who it is by its upgrade, and is welcomed at once. */
export class ClassicConnection extends ServedSocket<ClassicParts> {
  readonly instance = undefined
  readonly followed: FollowedThreads
  /** Where messages go that name no thread: the one that was switched to or made last. */
  thread: ThreadId | undefined
  readonly #outbox: ClassicOutbox
  #isSettingUp = true
  #pingedAt: number
  #progressAt: number
  #taken = 0

  constructor(socket: WebSocket, stream: Duplex, handshake: Handshake, parts: ClassicParts) {
    super(socket, handshake.address, parts)
    // Nothing is read, and so nothing kept, of somebody who may be nobody (S6).
    socket.pause()
    socket.on('pong', () => this.heard())
    this.#pingedAt = parts.clock.monotonic()
    this.#progressAt = this.#pingedAt
    this.#outbox = new ClassicOutbox(socket, stream, () => this.followed.resume())
    this.followed = new FollowedThreads({
      hub: parts.hub,
      access: parts.access,
      connectionId: this.id,
      outlet: new SocketOutlet(this, this.#outbox),
    })
    void this.#setUp(handshake)
  }

  send(message: ClassicServerMessage): void {
    this.#outbox.send(message)
  }

  /** As `send`, with the time and the id of what it answers. */
  answer(type: ClassicServerType, message: ClassicMessage, fields: Record<string, unknown>): void {
    const { replyTo } = message
    this.send({
      ...fields,
      type,
      timestamp: isoTime(this.parts.clock),
      ...(replyTo !== null && { in_reply_to: replyTo }),
      payload: fields,
    })
  }

  /** The socket lives on, unless there were too many. */
  refuse(error: {
    code: string
    message: string
    /** The client's own fault: too many of them end the socket. */
    isBad: boolean
    about?: ClassicMessage | undefined
    retryAfterMs?: number | undefined
  }): void {
    const { about, retryAfterMs } = error
    const tooMany = error.isBad && this.countBadFrame()
    this.send({
      type: 'error',
      error_code: error.code,
      message: error.message,
      timestamp: isoTime(this.parts.clock),
      ...(about && { received_type: about.type }),
      ...(about?.replyTo != null && { in_reply_to: about.replyTo }),
      ...(retryAfterMs !== undefined && { retry_after: Math.ceil(retryAfterMs / 1000) }),
    })
    if (tooMany) this.close(4500, 'too many messages that could not be used')
  }

  close(code: CloseCode, why: string): void {
    this.#endWith({ ...CLASSIC_ENDS[code], message: why })
  }

  goAway(jitterMs: number): void {
    const message = 'The server is restarting: come back.'
    const retryAfterMs = 500 + jitterMs * Math.random()
    this.#endWith({ ...CLASSIC_ENDS[4001], message, retryAfterMs })
  }

  override forgive(pausedMs: number): void {
    super.forgive(pausedMs)
    this.#progressAt += pausedMs
  }

  sweep(): void {
    if (this.closed) return
    if (this.#isSettingUp || !this.identity) return this.#checkSetUp()
    const now = this.parts.clock.monotonic()
    if (this.silentMs >= LIMITS.heartbeatTimeoutMs) return this.close(4003, 'no answer to pings')
    const { taken, unread } = this.#outbox
    // Pings of ours wait unread too, and are no progress.
    if (unread === 0 || taken > this.#taken) {
      this.#progressAt = now
      this.#taken = taken
    }
    if (now - this.#progressAt >= LIMITS.slowConsumerMs) {
      return this.close(4004, 'nothing was read for 30 s')
    }
    if (!this.isProven(this.identity)) return this.close(4006, 'The token has expired.')
    this.checkNowAndThen(this.identity)
    if (now - this.#pingedAt >= LIMITS.heartbeatIntervalMs) {
      this.#pingedAt = now
      this.socket.ping()
    }
  }

  /** A fresh token of the same subject. */
  renewed(identity: Identity, message: ClassicMessage): void {
    this.extend(identity)
    // Who goes on with less reads on with less.
    if (!hasScope(identity, 'chat:read')) this.followed.leaveAll()
    this.answer('authenticated', message, { expires_at: identity.expiresAt })
  }

  protected sayDue(leftMs: number): void {
    this.send({
      type: 'system_message',
      data: {
        event: 'authentication_due',
        expires_in: Math.ceil(leftMs / 1000),
        expires_at: this.identity?.expiresAt,
      },
      timestamp: isoTime(this.parts.clock),
    })
  }

  protected receive(data: Buffer, isBinary: boolean): void {
    if (this.#outbox.unread > LIMITS.maxUnreadBytes) {
      return this.close(4004, TOO_MUCH)
    }
    if (isBinary) {
      const message = 'Frames are JSON text, not binary.'
      return this.refuse({ code: 'INVALID_JSON', message, isBad: true })
    }
    const parsed = parseClassicFrame(data.toString('utf8'))
    if (!parsed.ok) return this.refuse({ ...parsed, isBad: true })
    const { message } = parsed
    if (isBeat(message.type)) {
      const type = beatOf(message.type)
      if (type !== undefined) this.answer(type, message, nonceIn(message))
      return
    }
    this.inTurn(message.type, async () => {
      // Answers may be large: what waits for a turn must not become what waits for a reader.
      if (this.#outbox.unread > LIMITS.maxUnreadBytes) return this.close(4004, TOO_MUCH)
      if (this.identity) await this.parts.handleClassic(this, this.identity, message)
    })
  }

  protected onLeft(): void {
    this.followed.end()
  }

  async #setUp(handshake: Handshake): Promise<void> {
    const { metrics, identities } = this.parts
    try {
      const answer = await identifyClassic(identities, handshake)
      if (this.closed) return
      if (answer.ok) return await this.#welcome(answer.identity, handshake.origin)
      metrics.handshake(answer.end)
      this.#endWith(answer)
    } catch (error) {
      this.log().error({ err: error }, 'a classic socket could not be set up')
      if (this.closed) return
      metrics.handshake('failed')
      this.closeFor(error)
    }
  }

  async #welcome(identity: Identity, origin: string | undefined): Promise<void> {
    const { registry, metrics } = this.parts
    if (registry.countOf(identity.userId) >= LIMITS.maxConnectionsPerUser) {
      metrics.handshake('limited')
      return this.close(4504, 'This account has too many open connections.')
    }
    const admitted = await this.admit(identity)
    if (this.closed) return
    if (!admitted.ok) {
      metrics.handshake(admitted.close === undefined ? 'failed' : 'refused')
      return this.close(admitted.close ?? 4009, admitted.close ? admitted.why : NOBODY_TELLS)
    }
    this.#isSettingUp = false
    this.send(classicWelcome(this.id, identity, this.parts))
    this.welcomed(origin)
    this.socket.resume()
  }

  /** No set-up takes longer than a hello may. */
  #checkSetUp(): void {
    if (this.ageMs < LIMITS.helloTimeoutMs) return
    this.parts.metrics.handshake('failed')
    this.close(4009, NOBODY_TELLS)
  }

  /** Says why in a frame of its own, leaves the time to read it, then closes. */
  #endWith(end: ClassicEnd & { message: string; retryAfterMs?: number }): void {
    const { code, errorCode, message, retryAfterMs } = end
    if (!this.beginClose(code, message)) return
    this.followed.end()
    this.send({
      type: 'error_message',
      error_code: errorCode,
      error_message: message,
      timestamp: isoTime(this.parts.clock),
      ...(retryAfterMs !== undefined && { retry_after: Math.ceil(retryAfterMs / 1000) }),
    })
    this.#outbox.flush()
    // The answer to the close frame must be read.
    this.socket.resume()
    this.parts.clock.after(READ_REASON_MS, () => this.endClose(code, message))
  }
}
