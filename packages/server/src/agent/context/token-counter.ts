import { Worker } from 'node:worker_threads'

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { CountAnswer, CountRequest } from './token-messages.ts'

/**
 * Counts tokens as OpenAI's `o200k_base` does; for models of others that is an estimate, some 20 %
 * off. Never on the event loop: a long text would hold up everybody.
 */
export interface TokenCounter {
  /** Tokens of each text. Never fails: what takes too long is estimated from its length. */
  count(texts: readonly string[]): Promise<number[]>
}

const BYTES_PER_TOKEN = 3

/** Rather too many than too few: English has about four bytes to a token, code and figures three. */
export const estimatedTokens = (text: string): number =>
  Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)

/** Without a thread: what has none, or needs no exact number. */
export const estimatingCounter: TokenCounter = {
  count: async (texts) => texts.map(estimatedTokens),
}

const PATIENCE_MS = 5_000
/** The thread and its tables take some 60 MB: they go when nobody has asked for a while. */
const IDLE_MS = 60_000
const ENTRY = new URL('./token-worker.ts', import.meta.url)

interface Waiting {
  texts: readonly string[]
  resolve: (counts: number[]) => void
  cancel: () => void
}

/** One thread, started with the first question. */
export class ThreadedTokenCounter implements TokenCounter, AsyncDisposable {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #patienceMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #nextId = 1
  #cancelIdle: () => void = () => undefined
  #closed = false

  constructor(options: { clock: Clock; logger: Logger; patienceMs?: number }) {
    this.#clock = options.clock
    this.#logger = options.logger
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
  }

  async count(texts: readonly string[]): Promise<number[]> {
    if (texts.length === 0) return []
    if (this.#closed) return texts.map(estimatedTokens)
    this.#cancelIdle()
    const worker = (this.#worker ??= this.#start())
    const id = this.#nextId++
    const counts = await new Promise<number[]>((resolve) => {
      const cancel = this.#clock.after(this.#patienceMs, () => {
        this.#giveUp(worker, `no count within ${this.#patienceMs} ms`)
      })
      this.#waiting.set(id, { texts, resolve, cancel })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ id, texts } satisfies CountRequest)
    })
    if (this.#waiting.size === 0) this.#restLater()
    return counts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#cancelIdle()
    const worker = this.#worker
    this.#estimateAll()
    this.#worker = undefined
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(ENTRY)
    worker.unref()
    worker.on('message', ({ id, counts }: CountAnswer) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      waiting?.cancel()
      waiting?.resolve(counts)
    })
    worker.on('error', (error) => this.#giveUp(worker, error.message))
    return worker
  }

  /** Text can be made on which the encoding takes minutes: it costs its thread, and nobody waits. */
  #giveUp(worker: Worker, why: string): void {
    if (this.#worker !== worker) return
    this.#logger.warn({ why }, 'tokens are estimated rather than counted')
    this.#worker = undefined
    void worker.terminate()
    this.#estimateAll()
  }

  #estimateAll(): void {
    for (const { texts, resolve, cancel } of this.#waiting.values()) {
      cancel()
      resolve(texts.map(estimatedTokens))
    }
    this.#waiting.clear()
  }

  #restLater(): void {
    this.#cancelIdle = this.#clock.after(IDLE_MS, () => {
      const worker = this.#worker
      this.#worker = undefined
      void worker?.terminate()
    })
  }
}
