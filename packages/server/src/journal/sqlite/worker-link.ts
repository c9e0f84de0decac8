import { Worker } from 'node:worker_threads'

import { type Clock, systemClock } from '../../platform/clock.ts'
import { JournalUnavailable } from '../journal.ts'
import { messageOf } from '../outcome.ts'

interface Waiting<Answer> {
  askedAt: number
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

/** A request that waits for so long is taken for one that nobody will answer. */
const OVERDUE_MS = 60_000
/** A thread that does not end by itself for so long is ended from outside. */
export const END_WITHIN_MS = 30_000

/** The end of a link at which requests are served. */
export interface ServicePort<Message> {
  on(event: 'message', listener: (message: Message) => void): void
  postMessage(message: unknown): void
  /** Nothing more is served: the thread ends. */
  close(): void
}

/** A thread, or what stands in for one where time is simulated. */
export type Serving = Pick<Worker, 'on' | 'postMessage' | 'terminate'>

export const startThread = (entry: URL, data: unknown): Serving =>
  new Worker(entry, { workerData: data })

/** Requests to one worker thread and their answers; when the thread dies, all of them fail. */
export class WorkerLink<Request, Answer, Opened> {
  readonly #worker: Serving
  readonly #clock: Clock
  readonly #ended = Promise.withResolvers<void>()
  readonly #waiting = new Map<number, Waiting<Answer>>()
  readonly #opened: Promise<Opened>
  #nextId = 1
  #death: Error | undefined

  constructor(worker: Serving, onDeath: (error: Error) => void, clock: Clock = systemClock) {
    this.#worker = worker
    this.#clock = clock
    this.#opened = new Promise<Opened>((resolve, reject) => {
      const die = (error: Error): void => {
        if (this.#death) return
        this.#death = error
        reject(error)
        for (const { reject: fail } of this.#waiting.values()) fail(error)
        this.#waiting.clear()
        onDeath(error)
      }
      this.#worker.on('message', (message: { opened: Opened } | { id: number; answer: Answer }) => {
        if ('opened' in message) return resolve(message.opened)
        this.#waiting.get(message.id)?.resolve(message.answer)
        this.#waiting.delete(message.id)
      })
      this.#worker.on('error', (error) =>
        die(new JournalUnavailable(messageOf(error), { cause: error })),
      )
      this.#worker.on('exit', () => {
        die(new JournalUnavailable('the journal is closed'))
        this.#ended.resolve()
      })
    })
  }

  /** @throws JournalUnavailable when the thread ends before it is ready, with its reason. */
  opened(): Promise<Opened> {
    return this.#opened
  }

  /** Requests without an answer, and those of them that have been so for longer than any may take. */
  load(): { pending: number; overdue: number } {
    const before = performance.now() - OVERDUE_MS
    let overdue = 0
    // The oldest come first.
    for (const { askedAt } of this.#waiting.values()) {
      if (askedAt > before) break
      overdue += 1
    }
    return { pending: this.#waiting.size, overdue }
  }

  ask(request: Request): Promise<Answer> {
    if (this.#death) return Promise.reject(this.#death)
    const id = this.#nextId
    this.#nextId += 1
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, askedAt: performance.now() })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      this.#worker.postMessage({ id, request })
    })
  }

  /**
   * Resolves when the thread is gone. By `last` it closes what it holds and ends by itself, also one
   * that is still loading: a thread that is ended from outside in the middle of native code can take
   * the process with it.
   */
  async end(last: Request): Promise<void> {
    const cancel = this.#clock.after(END_WITHIN_MS, () => {
      void this.#worker.terminate().then(() => this.#ended.resolve())
    })
    await this.ask(last).catch(() => undefined)
    await this.#ended.promise
    cancel()
  }
}
