import type { Clock } from '../../packages/server/src/platform/clock.ts'

/** The machine's time, which a test can move forward: what waited for it happens at once. */
export class MovingClock implements Clock {
  #ahead = 0
  #timers = new Set<{ at: number; callback: () => void; handle: NodeJS.Timeout }>()

  now(): number {
    return Date.now() + this.#ahead
  }

  monotonic(): number {
    return performance.now() + this.#ahead
  }

  after(ms: number, callback: () => void): () => void {
    const run = (): void => {
      this.#timers.delete(timer)
      callback()
    }
    const handle = setTimeout(run, Math.min(ms, 2 ** 31 - 1))
    handle.unref()
    const timer = { at: this.monotonic() + ms, callback, handle }
    this.#timers.add(timer)
    return () => {
      clearTimeout(handle)
      this.#timers.delete(timer)
    }
  }

  advance(ms: number): void {
    this.#ahead += ms
    const due = [...this.#timers].filter(({ at }) => at <= this.monotonic())
    for (const timer of due.toSorted((a, b) => a.at - b.at)) {
      clearTimeout(timer.handle)
      this.#timers.delete(timer)
      timer.callback()
    }
  }
}
