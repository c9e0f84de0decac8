import type { NewEvent, StreamName } from '../journal/journal.ts'
import { JournalUnavailable } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'

/** After the end of a run, so that runs that end together are kept together. */
const KEEP_AFTER_MS = 250
/** Events of a user's stream from one snapshot to the next. */
const USER_EVENTS = 200
const MOST_WAITING = 1_000
const MOST_COUNTED = 10_000

const ENDS = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

interface Parts {
  clock: Clock
  logger: Logger
  metrics: DeliveryMetrics
  keep(stream: StreamName): Promise<void>
}

/** Decides when a stream's fold is stored, and does it one after the other. */
export class SnapshotKeeper implements Disposable {
  readonly #parts: Parts
  readonly #due = new Set<StreamName>()
  /** Events of users' streams since they were last due; an old one starts anew. */
  readonly #counts = new Map<StreamName, number>()
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  committed(stream: StreamName, events: readonly NewEvent[]): void {
    if (stream.startsWith('user:')) this.#count(stream, events.length)
    else if (events.some(({ type }) => ENDS.has(type))) this.#add(stream)
  }

  #count(stream: StreamName, events: number): void {
    const count = (this.#counts.get(stream) ?? 0) + events
    this.#counts.delete(stream)
    if (count < USER_EVENTS) this.#counts.set(stream, count)
    else this.#add(stream)
    if (this.#counts.size > MOST_COUNTED) {
      const [oldest] = this.#counts.keys()
      if (oldest !== undefined) this.#counts.delete(oldest)
    }
  }

  /** Beyond the bound one is left out: the fold of its next snapshot takes longer, no more. */
  #add(stream: StreamName): void {
    if (this.#isClosed || this.#due.size >= MOST_WAITING) return
    this.#due.add(stream)
    this.#cancel ??= this.#parts.clock.after(KEEP_AFTER_MS, () => void this.#keepAll())
  }

  async #keepAll(): Promise<void> {
    for (const stream of this.#due) {
      this.#due.delete(stream)
      try {
        if (!this.#isClosed) await this.#parts.keep(stream)
      } catch (error) {
        if (this.#isClosed) break
        this.#parts.metrics.stored.add({ result: 'failed' })
        const level = error instanceof JournalUnavailable ? 'warn' : 'error'
        this.#parts.logger[level]({ err: error, stream }, 'a snapshot could not be stored')
      }
    }
    this.#cancel = undefined
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#cancel?.()
    this.#due.clear()
  }
}
