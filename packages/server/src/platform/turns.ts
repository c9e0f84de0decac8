import type { Clock } from './clock.ts'

/** Of each turn of the loop so much goes to work that can wait. */
const SLICE_MS = 4

/**
 * Turns of the event loop for work on behalf of many: who takes one before each small step never
 * holds up sockets and timers for longer than a slice, however much there is to do.
 */
export class Turns {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #sliceMs: number
  readonly #waiting: (() => void)[] = []
  /** When this slice began; undefined when none has yet in this turn of the loop. */
  #begunAt: number | undefined

  constructor(clock: Pick<Clock, 'monotonic'>, sliceMs = SLICE_MS) {
    this.#clock = clock
    this.#sliceMs = sliceMs
  }

  /** Undefined when there is time left for a step; else it resolves, in order, once there is. */
  take(): Promise<void> | undefined {
    if (this.#begunAt === undefined) this.#begin()
    if (this.#waiting.length === 0 && this.#hasTime()) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #hasTime(): boolean {
    return this.#clock.monotonic() - (this.#begunAt ?? 0) < this.#sliceMs
  }

  #begin(): void {
    this.#begunAt = this.#clock.monotonic()
    setImmediate(() => {
      this.#begunAt = undefined
      if (this.#waiting.length > 0) void this.#serve()
    })
  }

  async #serve(): Promise<void> {
    this.#begin()
    do {
      this.#waiting.shift()?.()
      // The one who was let on does its step now, before there is a look at the time.
      await Promise.resolve()
    } while (this.#waiting.length > 0 && this.#hasTime())
  }
}
