import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Count, Metrics } from '../platform/metrics.ts'
import { RateLimit } from '../platform/rate-limit.ts'

/** How many refusals there were for each limit. */
export const limitCounter = (metrics: Metrics): Count =>
  metrics.counter(
    'netra_limited_total',
    'Requests, sockets and frames that were refused because there were too many, by the limit.',
    ['limit'],
  )

export interface Met {
  user_id?: string | undefined
  ip?: string | undefined
  origin?: string | undefined
  code?: number | string | undefined
}

/** Says in the log who met which limit: twice a minute for each, for a flood must not fill it. */
export class LimitNotes {
  readonly #logger: Logger
  readonly #lines: RateLimit

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#lines = new RateLimit(clock, { perMinute: 2, burst: 2 })
  }

  note(limit: string, who: Met): void {
    const key = `${limit} ${who.user_id ?? who.ip ?? ''}`
    if (this.#lines.take(key) === 0) this.#logger.warn({ limit, ...who }, 'a limit was met')
  }
}
