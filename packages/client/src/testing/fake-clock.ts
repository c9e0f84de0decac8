import type { Clock } from '../clock.ts'

interface Timer {
  at: number
  callback: () => void
}

/** A clock that moves when it is told to; timers run in order of time. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers]
        .filter((timer) => timer.at <= end)
        .toSorted((a, b) => a.at - b.at)
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.callback()
    }
    this.#now = end
  }

  /** As a machine that sleeps: time passes, and timers that were due run late. */
  sleep(ms: number): void {
    this.#now += ms
    this.advance(0)
  }
}

/** Real time, made faster: a second takes 100 ms. Much faster, and a busy machine misses deadlines. */
export const fastClock = (times = 10): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now() * times,
  after(ms, callback) {
    const timer = setTimeout(callback, ms / times)
    return () => clearTimeout(timer)
  },
})
