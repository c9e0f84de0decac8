import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'

const EVERY_MS = 60_000

/**
 * What the log says of an auth service that is away: a line when it begins, at most one a minute while
 * it lasts, and one when it is over.
 */
export class OutageLog {
  readonly #clock: Clock
  readonly #logger: Logger
  #since: number | undefined
  #toldAt: number | undefined
  #isTold = false
  #failures = 0

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  failed(why: string): void {
    const now = this.#clock.monotonic()
    this.#since ??= now
    this.#failures += 1
    if (this.#toldAt !== undefined && now - this.#toldAt < EVERY_MS) return
    this.#logger.warn(
      { why, failures: this.#failures, seconds: seconds(now - this.#since) },
      this.#isTold
        ? 'the auth service still cannot be reached'
        : 'the auth service cannot be reached: whoever is in goes on, nobody new is let in; trying again',
    )
    this.#toldAt = now
    this.#isTold = true
    this.#failures = 0
  }

  answered(): void {
    if (this.#since === undefined) return
    const lasted = this.#clock.monotonic() - this.#since
    if (this.#isTold) {
      this.#logger.info({ seconds: seconds(lasted) }, 'the auth service is back')
    }
    this.#since = undefined
    this.#isTold = false
    this.#failures = 0
  }
}

const seconds = (ms: number): number => Math.round(ms / 1000)
