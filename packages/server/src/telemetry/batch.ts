import type { Clock } from '../platform/clock.ts'

/** What became of one export. */
export type Sent = 'sent' | 'failed' | 'refused'

export interface BatchOptions<Item> {
  clock: Pick<Clock, 'after'>
  send: (items: readonly Item[]) => Promise<Sent>
  /** Items that went, or that nobody will get. */
  count: (what: 'sent' | 'failed' | 'dropped', items: number) => void
  delayMs: number
  /** Waiting at most; what comes then is dropped and counted. */
  maxWaiting?: number
  maxBatch?: number
}

/**
 * Items on their way out: a bounded queue, one export at a time. Whoever adds never waits, and what
 * cannot be sent is gone: the service does not suffer for who watches it.
 */
export class Batch<Item> implements AsyncDisposable {
  readonly #options: BatchOptions<Item>
  readonly #maxWaiting: number
  readonly #maxBatch: number
  #waiting: Item[] = []
  #cancel: (() => void) | undefined
  #sending: Promise<void> | undefined

  constructor(options: BatchOptions<Item>) {
    this.#options = options
    this.#maxWaiting = options.maxWaiting ?? 2_048
    this.#maxBatch = options.maxBatch ?? 512
  }

  add(item: Item): void {
    if (this.#waiting.length >= this.#maxWaiting) return this.#options.count('dropped', 1)
    this.#waiting.push(item)
    if (this.#waiting.length >= this.#maxBatch) this.#flushSoon(0)
    else this.#flushSoon(this.#options.delayMs)
  }

  /** Sends what waits; resolves when it has gone, or never will. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    // With nothing to send it would be over before it is known that it is under way.
    if (this.#waiting.length > 0) this.#sending ??= this.#sendAll()
    await this.#sending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
    await this.flush()
  }

  #flushSoon(ms: number): void {
    if (this.#sending || (this.#cancel && ms > 0)) return
    this.#cancel?.()
    this.#cancel = this.#options.clock.after(ms, () => void this.flush())
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const items = this.#waiting.splice(0, this.#maxBatch)
        const sent = await this.#options.send(items)
        this.#options.count(sent === 'sent' ? 'sent' : 'failed', items.length)
        // The next ones would only wait as long; they go with the next timer.
        if (sent === 'failed') break
      }
    } finally {
      // In the moment in which nothing was left: what comes in the next one begins anew.
      this.#sending = undefined
    }
    if (this.#waiting.length > 0) {
      this.#cancel ??= this.#options.clock.after(this.#options.delayMs, () => void this.flush())
    }
  }
}
