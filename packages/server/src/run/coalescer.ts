import type { Clock } from '../platform/clock.ts'

/** Later pieces of a message wait this long for each other; the first goes out at once. */
const GATHER_MS = 15
const HIGH_SURROGATE_LOW = 0xd800
const HIGH_SURROGATE_HIGH = 0xdbff

/**
 * Gathers a model's small pieces of text into fewer deltas: at once when idle, else at most one
 * every 15 ms. A surrogate pair is never split: a trailing high half waits for its other half.
 */
export class Coalescer {
  readonly #clock: Clock
  readonly #flush: (text: string) => void
  #pending = ''
  #lastFlush = Number.NEGATIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, flush: (text: string) => void) {
    this.#clock = clock
    this.#flush = flush
  }

  add(text: string): void {
    this.#pending += text
    if (this.#cancelTimer) return
    const wait = this.#lastFlush + GATHER_MS - this.#clock.monotonic()
    if (wait <= 0) return this.#send()
    this.#cancelTimer = this.#clock.after(wait, () => {
      this.#cancelTimer = undefined
      this.#send()
    })
  }

  /** What is still pending, taken out: it goes into the commit of the boundary that follows. */
  take(): string {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const text = this.#pending
    this.#pending = ''
    return text
  }

  #send(): void {
    const last = this.#pending.charCodeAt(this.#pending.length - 1)
    const halfPair = last >= HIGH_SURROGATE_LOW && last <= HIGH_SURROGATE_HIGH
    const end = halfPair ? this.#pending.length - 1 : this.#pending.length
    if (end === 0) return
    const text = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end)
    this.#lastFlush = this.#clock.monotonic()
    this.#flush(text)
  }
}
