import type { Clock } from '../../platform/clock.ts'

/** Tasks that run again and again, each time so long after the last has ended. */
export class Repeat {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  every(ms: () => number, task: () => Promise<void>): void {
    if (this.#stopped) return
    this.#clock.after(ms(), () => {
      if (this.#stopped) return
      const running = task()
        .catch((error: unknown) => {
          if (!this.#stopped) this.#onError(error)
        })
        .then(() => this.every(ms, task))
      this.#running.add(running)
      void running.finally(() => this.#running.delete(running))
    })
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }
}
