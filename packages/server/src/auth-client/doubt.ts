import type { Clock } from '../platform/clock.ts'

/** After so long without a word from the feed, what is remembered proves nothing any more. */
const MAX_DOUBT_MS = 60_000

/**
 * For how long something may have been revoked at the auth service without our hearing of it. Time
 * between two refused connections does not count: where nobody listens, nothing is revoked.
 */
export class Doubt {
  readonly #clock: Clock
  #sureAt: number
  #refusedAt: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sureAt = clock.monotonic()
  }

  /** The feed said something: all before it has been heard. */
  heard(): void {
    this.#sureAt = this.#clock.monotonic()
    this.#refusedAt = undefined
  }

  /** A connection was refused. */
  nobodyListens(): void {
    const now = this.#clock.monotonic()
    if (this.#refusedAt !== undefined) this.#sureAt += now - this.#refusedAt
    this.#refusedAt = now
  }

  /** Something listens there, whatever it said or did not say. */
  somebodyListens(): void {
    this.#refusedAt = undefined
  }

  get isAway(): boolean {
    return this.#refusedAt !== undefined
  }

  get ms(): number {
    return this.#clock.monotonic() - this.#sureAt
  }

  /** Whether each session must be asked for, and refused when that fails. */
  get isTooGreat(): boolean {
    return this.ms >= MAX_DOUBT_MS
  }
}
