import type { Clock } from './clock.ts'

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: number
  #timers: { at: number; callback: () => void }[] = []

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves on, running each timer when its time has come. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.at <= until)
        .toSorted((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = due.at
      due.callback()
    }
    this.#now = until
  }

  /** Goes there at once: each timer that is due runs once, whatever it sets anew waits. */
  jump(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter((timer) => timer.at <= this.#now)
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now)
    for (const { callback } of due) callback()
  }
}
