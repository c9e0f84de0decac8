import type { Clock } from './clock.ts'

/** Token buckets by key: `perMinute` on average, `burst` at once. Bounded: full buckets are dropped. */
export class RateLimit {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #burst: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock, limit: { perMinute: number; burst: number }) {
    this.#clock = clock
    this.#perMs = limit.perMinute / 60_000
    this.#burst = limit.burst
  }

  /** 0 when allowed; otherwise how many milliseconds to wait. */
  take(key: string): number {
    const at = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at }
    const tokens = Math.min(this.#burst, bucket.tokens + (at - bucket.at) * this.#perMs)
    if (tokens < 1) {
      this.#buckets.set(key, { tokens, at })
      return Math.ceil((1 - tokens) / this.#perMs)
    }
    this.#buckets.set(key, { tokens: tokens - 1, at })
    if (this.#buckets.size > 10_000) this.#sweep(at)
    return 0
  }

  #sweep(at: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.tokens + (at - bucket.at) * this.#perMs >= this.#burst) this.#buckets.delete(key)
    }
  }
}
