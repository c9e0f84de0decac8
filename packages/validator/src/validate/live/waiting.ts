import { CheckFailure, CheckTimedOut } from '../check.ts'

interface Waiter {
  look: () => void
  fail: (error: Error) => void
}

/** Things that come one after the other, kept in order; who waits for one looks at each once. */
export class Waiting<Item> {
  readonly items: Item[] = []
  readonly #waiters = new Set<Waiter>()
  #ended: Error | undefined

  add(item: Item): void {
    this.items.push(item)
    for (const { look } of this.#waiters) look()
  }

  /** Nothing more comes; who still waits is told why. */
  end(why: string): void {
    this.#ended ??= new CheckFailure(why)
    for (const { fail } of this.#waiters) fail(this.#ended)
    this.#waiters.clear()
  }

  get isOver(): boolean {
    return this.#ended !== undefined
  }

  /**
   * The first item from `from` on that fits, past or to come.
   *
   * @throws CheckTimedOut when none came in time, CheckFailure when the connection ended before.
   */
  next<Fitting extends Item>(
    fits: (item: Item) => boolean,
    options: { what: string; withinMs: number; signal: AbortSignal; from?: number },
  ): Promise<Fitting> {
    const { what, withinMs, signal } = options
    let at = options.from ?? 0
    return new Promise<Fitting>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        this.#waiters.delete(waiter)
      }
      const fail = (error: Error): void => {
        stop()
        reject(error)
      }
      const aborted = (): void =>
        fail(new CheckFailure(`${what} had not come when the check ended`))
      const timer = setTimeout(
        () => fail(new CheckTimedOut(`${what} did not come within ${withinMs} ms`)),
        withinMs,
      )
      const waiter: Waiter = {
        look: () => {
          for (; at < this.items.length; at++) {
            const item = this.items[at]
            if (item === undefined || !fits(item)) continue
            stop()
            resolve(item as Fitting)
            return
          }
        },
        fail: (error) => fail(new CheckFailure(`${what} did not come: ${error.message}`)),
      }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', aborted)
      waiter.look()
      if (this.#waiters.has(waiter) && this.#ended) waiter.fail(this.#ended)
      else if (this.#waiters.has(waiter) && signal.aborted) aborted()
    })
  }
}
