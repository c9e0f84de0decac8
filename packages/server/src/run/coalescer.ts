import type { Clock } from '../platform/clock.ts'

/** Later pieces of a message wait so long for each other; the first goes out at once. */
const SHORTEST_MS = 10
const LONGEST_MS = 20
const STEP_MS = 5
const HIGH_SURROGATE_LOW = 0xd800
const HIGH_SURROGATE_HIGH = 0xdbff

/**
 * Gathers a model's small pieces of text into fewer deltas: at once when idle, then one every 10 ms,
 * and every 20 ms while the pieces do not cease. A surrogate pair is never split: a trailing high
 * half waits for its other half.
 */
export class Coalescer {
  readonly #clock: Clock
  readonly #flush: (text: string) => void
  #pending = ''
  #lastFlush = Number.NEGATIVE_INFINITY
  #gatherMs = SHORTEST_MS
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, flush: (text: string) => void) {
    this.#clock = clock
    this.#flush = flush
  }

  add(text: string): void {
    this.#pending += text
    if (this.#cancelTimer) return
    const wait = this.#lastFlush + this.#gatherMs - this.#clock.monotonic()
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
    const now = this.#clock.monotonic()
    const isIdle = now - this.#lastFlush > LONGEST_MS
    this.#gatherMs = isIdle ? SHORTEST_MS : Math.min(LONGEST_MS, this.#gatherMs + STEP_MS)
    this.#lastFlush = now
    this.#flush(text)
  }
}
