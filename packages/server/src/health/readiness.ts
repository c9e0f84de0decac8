import type { Clock } from '../platform/clock.ts'

/** So long a state must last before it counts: a single slow answer moves no traffic. */
const LASTS_MS = 2_000

/** Ready or not, without flapping: what changes for less than two seconds changes nothing. */
export class Readiness {
  readonly #clock: Clock
  #isReady: boolean | undefined
  /** Since when every look has said otherwise. */
  #otherwiseSince: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The first look decides at once. */
  get isReady(): boolean {
    return this.#isReady ?? false
  }

  note(isHealthy: boolean): void {
    const now = this.#clock.monotonic()
    this.#isReady ??= isHealthy
    if (isHealthy === this.#isReady) {
      this.#otherwiseSince = undefined
      return
    }
    this.#otherwiseSince ??= now
    if (now - this.#otherwiseSince < LASTS_MS) return
    this.#isReady = isHealthy
    this.#otherwiseSince = undefined
  }
}
