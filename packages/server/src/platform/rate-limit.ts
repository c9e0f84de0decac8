import type { Clock } from './clock.ts'

export interface Rate {
  /** On average. */
  perMinute: number
  /** At once. */
  burst: number
}

/** Keys remembered; the one that was used longest ago goes first, as if it had never been seen. */
const MAX_KEYS = 50_000

interface Bucket {
  tokens: number
  at: number
}

/** Token buckets by key: `perMinute` on average, `burst` at once. */
export class RateLimit {
  readonly rate: Rate
  readonly #clock: Clock
  readonly #perMs: number
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>()

  readonly #refused: (key: string) => void

  /** `refused` is told of each refusal, by its key. */
  constructor(clock: Clock, rate: Rate, refused: (key: string) => void = () => undefined) {
    this.#clock = clock
    this.#refused = refused
    this.rate = rate
    this.#perMs = rate.perMinute / 60_000
  }

  /** 0 when allowed; otherwise how many milliseconds to wait, and nothing was taken. */
  take(key: string, cost = 1): number {
    const bucket = this.#now(key)
    const isAllowed = bucket.tokens >= cost
    if (isAllowed) bucket.tokens -= cost
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MAX_KEYS) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    if (!isAllowed) this.#refused(key)
    return isAllowed ? 0 : Math.max(1, Math.ceil((cost - bucket.tokens) / this.#perMs))
  }

  /** What is left now, in whole units, and the milliseconds until all of it is there again. */
  left(key: string): { remaining: number; resetMs: number } {
    const { tokens } = this.#now(key)
    return {
      remaining: Math.floor(tokens),
      resetMs: Math.ceil((this.rate.burst - tokens) / this.#perMs),
    }
  }

  #now(key: string): Bucket {
    const at = this.#clock.monotonic()
    const known = this.#buckets.get(key)
    if (known === undefined) return { tokens: this.rate.burst, at }
    return { tokens: Math.min(this.rate.burst, known.tokens + (at - known.at) * this.#perMs), at }
  }
}
