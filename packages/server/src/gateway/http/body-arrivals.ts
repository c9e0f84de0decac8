import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import { fromOutside } from '../../platform/log-redact.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Count, Metrics } from '../../platform/metrics.ts'
import { networkOf } from '../../platform/network.ts'
import type { Caller } from '../parts.ts'
import { HttpError } from './http-error.ts'
import { traceIdOf } from './request-ids.ts'

export const BODY_TIMES = {
  /** For a whole body, whoever sends it. */
  wholeMs: 30_000,
  /** For one that its route lets come slowly: 200 MB over a slow line take minutes. */
  slowWholeMs: 15 * 60_000,
  /**
   * Such a body may pause for so long. A client that keeps to a low rate sends a piece and waits
   * until it is paid for: curl at 1 kB/s is silent for 64 s after each 64 kB.
   */
  silentMs: 3 * 60_000,
  /** How often it is looked whether it goes on. */
  lookMs: 15_000,
  /** What has not arrived by then holds its connection, and counts as such. */
  heldAfterMs: 2_000,
  /** For who is told to take it, before the connection is cut. */
  leaveMs: 5_000,
}

/** Connections that one sender may hold by bodies that have not arrived. */
export const MOST_HELD = 200
/** On a plain local installation the callers of this machine are one person's programs. */
const LOCAL_FACTOR = 10

interface Parts {
  clock: Clock
  logger: Logger
  isLocal: (caller: Caller) => boolean
  /** Who sends, by the credential alone; undefined when nobody can tell. */
  userOf: (request: FastifyRequest) => Promise<UserId | undefined>
  allMetrics?: Metrics | undefined
}

interface Arrival {
  request: FastifyRequest
  reply: FastifyReply
  /** On the monotonic clock. */
  since: number
  /** Whose it is: a network until it matters who of it. */
  sender: string
  isHeld: boolean
  isOver: boolean
  mayBeSlow: boolean
  /** Of the connection, when it was last looked, and when they last became more. */
  bytes: number
  heardAt: number
  cancel: () => void
}

type Why = 'late' | 'silent' | 'too_many'

/**
 * A body that never ends must not hold its connection. Each has to be there within `wholeMs`, also
 * when the answer went out before it; only a route that knows the sender may let one come slowly,
 * as long as it goes on. Whoever holds many connections by such bodies gets no more of them.
 */
export class BodyArrivals {
  readonly #parts: Parts
  readonly #arrivals = new WeakMap<FastifyRequest, Arrival>()
  readonly #held = new Map<string, number>()
  readonly #unfinished: Count | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#unfinished = parts.allMetrics?.counter(
      'netra_unfinished_bodies_total',
      'Requests whose connection was closed because their body did not arrive: late, silent in the middle, or too_many of one sender.',
      ['why'],
    )
  }

  addTo(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      if (hasBody(request)) this.#watch(request, reply)
      done()
    })
  }

  /** For routes that take large bodies, once they know whose it is. */
  mayTakeLong(request: FastifyRequest, userId: UserId): void {
    const arrival = this.#arrivals.get(request)
    if (!arrival) return
    const { isHeld } = arrival
    if (isHeld) this.#release(arrival)
    arrival.mayBeSlow = true
    arrival.sender = userId
    if (isHeld) this.#hold(arrival)
  }

  #watch(request: FastifyRequest, reply: FastifyReply): void {
    const { clock } = this.#parts
    const arrival: Arrival = {
      request,
      reply,
      since: clock.monotonic(),
      sender: networkOf(request.ip),
      isHeld: false,
      isOver: false,
      mayBeSlow: false,
      bytes: 0,
      heardAt: clock.monotonic(),
      cancel: clock.after(BODY_TIMES.heldAfterMs, () => void this.#lasts(arrival)),
    }
    this.#arrivals.set(request, arrival)
    // The whole body was read, by a route or to be thrown away, or the connection is gone.
    request.raw.once('close', () => this.#over(arrival))
  }

  async #lasts(arrival: Arrival): Promise<void> {
    // After an answer nobody is told that the connection has gone.
    if (arrival.request.raw.socket.destroyed) return
    if (!this.#hasRoom(arrival)) {
      // Whoever fills up a network must not lock out the people who share it.
      arrival.sender = (await this.#parts.userOf(arrival.request)) ?? arrival.sender
      if (arrival.isOver) return
      if (!this.#hasRoom(arrival)) return this.#refuse(arrival, 'too_many')
    }
    this.#hold(arrival)
    this.#lookAfter(arrival, BODY_TIMES.wholeMs - BODY_TIMES.heldAfterMs)
  }

  #hasRoom({ request, sender }: Arrival): boolean {
    const local = this.#parts.isLocal(request) ? LOCAL_FACTOR : 1
    return (this.#held.get(sender) ?? 0) < MOST_HELD * local
  }

  #lookAfter(arrival: Arrival, ms: number): void {
    arrival.cancel = this.#parts.clock.after(ms, () => this.#look(arrival))
  }

  #look(arrival: Arrival): void {
    const now = this.#parts.clock.monotonic()
    const { raw } = arrival.request
    if (raw.socket.destroyed) return this.#over(arrival)
    if (!arrival.mayBeSlow || now - arrival.since >= BODY_TIMES.slowWholeMs) {
      return this.#refuse(arrival, 'late')
    }
    const { bytesRead } = raw.socket
    // What waits to be read here is not its sender's pause.
    if (bytesRead > arrival.bytes || raw.readableLength > 0) arrival.heardAt = now
    arrival.bytes = bytesRead
    if (now - arrival.heardAt >= BODY_TIMES.silentMs) return this.#refuse(arrival, 'silent')
    this.#lookAfter(arrival, BODY_TIMES.lookMs)
  }

  #refuse(arrival: Arrival, why: Why): void {
    const { clock, logger } = this.#parts
    const { request, reply } = arrival
    const { socket } = request.raw
    this.#over(arrival)
    const isAnswered = reply.sent || reply.raw.headersSent
    this.#unfinished?.add({ why })
    logger.info(
      {
        trace_id: traceIdOf(request),
        request_id: request.id,
        method: request.method,
        url: fromOutside(request.url.split('?')[0]),
        ip: request.ip,
        why,
        answered: isAnswered,
      },
      'a body did not arrive',
    )
    // Whoever reads the body must hear that no more comes: of an answered request Node.js does not say.
    socket.once('close', () => request.raw.destroy())
    if (isAnswered) socket.destroySoon()
    else void reply.header('connection', 'close').send(REFUSALS[why]())
    clock.after(BODY_TIMES.leaveMs, () => socket.destroy())
  }

  #hold(arrival: Arrival): void {
    arrival.isHeld = true
    this.#held.set(arrival.sender, (this.#held.get(arrival.sender) ?? 0) + 1)
  }

  #release(arrival: Arrival): void {
    arrival.isHeld = false
    const left = (this.#held.get(arrival.sender) ?? 0) - 1
    if (left > 0) this.#held.set(arrival.sender, left)
    else this.#held.delete(arrival.sender)
  }

  #over(arrival: Arrival): void {
    arrival.cancel()
    arrival.isOver = true
    if (arrival.isHeld) this.#release(arrival)
  }
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

const timeout = (message: string): HttpError => new HttpError(408, 'REQUEST_TIMEOUT', message)

const REFUSALS: Record<Why, () => HttpError> = {
  late: () => timeout('The body of the request did not arrive in time.'),
  silent: () => timeout('Nothing came of the body of the request for three minutes.'),
  too_many: () =>
    new HttpError(429, 'RATE_LIMITED', 'Too many requests from here wait for their bodies.', {
      details: { limit: 'bodies', after_ms: BODY_TIMES.wholeMs },
      retryAfterMs: BODY_TIMES.wholeMs,
      limit: 'bodies',
    }),
}
