import {
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitStatus,
} from '../../../platform/circuit-breaker.ts'
import type { Clock } from '../../../platform/clock.ts'

/** Opens after few failures and tries again soon, so that trying it out takes seconds. */
const FAILURES = 3
const OPEN_MS = 3_000
const MOST_USERS = 500

/**
 * A breaker for each user, so that nobody's trial is in the way of another's. It guards nothing but
 * the selftest model, so it is in no list and no metric; what was used longest ago is forgotten.
 */
export class UserBreakers {
  readonly #clock: Clock
  readonly #known = new Map<string, CircuitBreaker>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(userId: string): CircuitBreaker {
    const breaker = this.#known.get(userId) ?? this.#make()
    this.#known.delete(userId)
    this.#known.set(userId, breaker)
    if (this.#known.size > MOST_USERS) this.#forgetOne()
    return breaker
  }

  /** Of somebody who never called it, too; remembers nobody. */
  status(userId: string): CircuitStatus {
    return (this.#known.get(userId) ?? this.#make()).status()
  }

  get size(): number {
    return this.#known.size
  }

  #make(): CircuitBreaker {
    return createCircuitBreaker({ clock: this.#clock, failures: FAILURES, openMs: OPEN_MS })
  }

  #forgetOne(): void {
    const [longestAgo] = this.#known.keys()
    if (longestAgo !== undefined) this.#known.delete(longestAgo)
  }
}
