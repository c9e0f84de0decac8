import { AuthError } from '../auth-error.ts'

/**
 * Bounds how many password checks run at once: each holds a libuv thread for tens of milliseconds
 * and 32 MB, and files and name look-ups wait for those same threads.
 */
export class Gate {
  readonly #limit: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit
    this.#maxWaiting = maxWaiting
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) {
      if (this.#waiting.length >= this.#maxWaiting) throw new AuthError('busy', 1000)
      // The place is handed over, not freed, so that a newcomer cannot take it in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running += 1
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
