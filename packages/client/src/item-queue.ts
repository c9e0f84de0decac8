interface Waiting<Item> {
  resolve(result: IteratorResult<Item, undefined>): void
  reject(error: Error): void
}

/** Items pushed on one side and awaited on the other. Ends when its reader leaves or it is closed. */
export class ItemQueue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #items: Item[] = []
  readonly #onEnd: () => void
  #waiting: Waiting<Item>[] = []
  #ended = false
  #failure: Error | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** Ends with the signal, now or later. */
  endWith(signal: AbortSignal | undefined): this {
    if (signal?.aborted) this.end()
    else signal?.addEventListener('abort', () => this.end(), { once: true })
    return this
  }

  push(item: Item): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting) waiting.resolve({ done: false, value: item })
    else this.#items.push(item)
  }

  /** What was pushed before is still delivered. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const waiting of this.#waiting) waiting.resolve({ done: true, value: undefined })
    this.#waiting = []
    this.#onEnd()
  }

  /** As `end`, and the reader is told why. */
  fail(error: Error): void {
    if (this.#ended) return
    const [first, ...others] = this.#waiting
    this.#waiting = others
    if (first) first.reject(error)
    else this.#failure = error
    this.end()
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve({ done: false, value: item })
    const failure = this.#failure
    this.#failure = undefined
    if (failure) return Promise.reject(failure)
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.end()
    this.#items.length = 0
    this.#failure = undefined
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
