import type { CloseCode, ServerMessageInput } from '@netra/protocol'

import { StoreUnavailable } from '../../command/command.ts'
import type { Delivery, Hub, Sink, Subscription } from '../../hub/hub.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId, type ConnectionId } from '../../platform/ids.ts'
import { LIMITS } from '../limits.ts'
import type { EventReader, EventRequests, OpenRequest } from './event-requests.ts'

/** Where the messages of one request go. */
export interface EventResponse {
  readonly transport: 'events' | 'poll'
  /** False while it has taken as much as may wait for its reader. */
  readonly open: boolean
  /** True while something waits for its reader. */
  readonly waiting: boolean
  /** Bytes that its reader's side has taken so far. */
  readonly taken: number
  /** One message as JSON text; `position` is the stream's after it. */
  write(message: string, position: string | undefined): void
  /** What was written goes out, then no more. */
  end(): void
  /** At once, whatever waits. */
  cut(): void
}

export interface EventRequestParts {
  clock: Clock
  requests: EventRequests
  hub: Hub
  headOf(stream: string): Promise<string>
}

/** From a planned end until whoever does not read is cut off. */
const END_WITHIN_MS = 1_000

/** One stream read by one HTTP request: what a streamed answer and a long poll have in common. */
export class EventRequest implements Sink, OpenRequest {
  readonly id = newId<ConnectionId>()
  readonly reader: EventReader
  readonly #parts: EventRequestParts
  readonly #response: EventResponse
  #subscription: Subscription | undefined
  #delivery: Delivery | undefined
  #ended = false
  #pingedAt: number
  #progressAt: number
  #taken = 0
  #head: string | undefined
  #dueSaid = false

  constructor(parts: EventRequestParts, reader: EventReader, response: EventResponse) {
    this.#parts = parts
    this.reader = reader
    this.#response = response
    this.#pingedAt = parts.clock.monotonic()
    this.#progressAt = this.#pingedAt
    parts.requests.add(this)
  }

  /**
   * Delivers from `claimed` on. What a request says it is at, is its acknowledgement.
   *
   * @throws when the stream cannot be read.
   */
  async start(claimed: string | null): Promise<Subscription> {
    const { hub } = this.#parts
    const { identity, stream, device, instance } = this.reader
    const subscription = await hub.subscribe(stream, claimed, this)
    if (this.#ended) {
      subscription.end()
      return subscription
    }
    const { transport } = this.#response
    const who = { userId: identity.userId, device, instance, connectionId: this.id, transport }
    this.#subscription = subscription
    this.#delivery = hub.deliveries.begin(who, subscription, claimed)
    subscription.start()
    return subscription
  }

  get open(): boolean {
    return !this.#ended && this.#response.open
  }

  send(frame: string): void {
    if (!this.#ended) this.#response.write(frame, this.#subscription?.position)
  }

  failed(error: unknown): void {
    if (error instanceof StoreUnavailable) this.close(4009, 'the store cannot be read right now')
    else this.close(4005, 'the stream cannot be gone on with')
  }

  /** The response has room again. */
  resume(): void {
    this.#subscription?.resume()
  }

  /** Its reader is gone, or it has what it came for. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#delivery?.left()
    this.#subscription?.end()
    this.#parts.requests.remove(this)
  }

  close(code: CloseCode, why: string, wait = { after_ms: 0, jitter_ms: 0 }): void {
    this.#endWith({ type: 'goaway', code, why, ...wait })
  }

  goAway(jitterMs: number): void {
    this.close(4001, 'the server is restarting', { after_ms: 500, jitter_ms: jitterMs })
  }

  forgive(pausedMs: number): void {
    this.#progressAt += pausedMs
  }

  sweep(): void {
    if (this.#ended) return
    const now = this.#parts.clock.monotonic()
    const { taken, waiting } = this.#response
    if (!waiting || taken !== this.#taken) this.#progressAt = now
    this.#taken = taken
    if (now - this.#progressAt >= LIMITS.slowConsumerMs) {
      this.#parts.requests.ended(4004)
      this.end()
      return this.#response.cut()
    }
    this.#checkExpiry()
    if (this.#response.transport === 'poll' || this.#ended) return
    if (now - this.#pingedAt >= LIMITS.heartbeatIntervalMs) this.#ping(now)
  }

  #checkExpiry(): void {
    const left = Date.parse(this.reader.identity.expiresAt) - this.#parts.clock.now()
    if (left <= 0) {
      const message = 'The credential has expired: come back with a fresh one.'
      return this.#endWith({ type: 'error', id: null, code: 'expired', message, retry: 'no' })
    }
    if (left > LIMITS.authenticationDueMs || this.#dueSaid) return
    this.#dueSaid = true
    if (this.#response.transport === 'events') {
      this.#write({ type: 'authentication_due', in_ms: left })
    }
  }

  /** The head as it stood at the ping before, as on a socket. */
  #ping(now: number): void {
    this.#pingedAt = now
    const { stream } = this.reader
    const heads = this.#head === undefined ? {} : { [stream]: this.#head }
    this.#write({ type: 'ping', nonce: this.id.slice(-12), heads })
    this.#parts.headOf(stream).then(
      (head) => {
        this.#head = head
      },
      (error: unknown) => this.failed(error),
    )
  }

  #write(message: ServerMessageInput): void {
    this.#response.write(JSON.stringify(message), undefined)
  }

  #endWith(message: Extract<ServerMessageInput, { type: 'goaway' | 'error' }>): void {
    if (this.#ended) return
    this.#write(message)
    this.#parts.requests.ended(message.type === 'goaway' ? message.code : 4006)
    this.end()
    this.#response.end()
    this.#parts.clock.after(END_WITHIN_MS, () => this.#response.cut())
  }
}
