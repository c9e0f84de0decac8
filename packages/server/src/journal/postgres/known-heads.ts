import type { StreamName } from '../journal.ts'
import type { StreamHead } from './shared-store.ts'

const KEPT = 50_000

/**
 * How far this process knows streams to go. Others may have written more since, so it serves only
 * to notice news and a store that lost something; never as an answer.
 */
export class KnownHeads {
  readonly #heads = new Map<StreamName, StreamHead>()

  get(stream: StreamName): StreamHead | undefined {
    return this.#heads.get(stream)
  }

  /** Answers what is new about the stream. */
  note(stream: StreamName, found: StreamHead): { grew: boolean; removed: boolean } {
    const known = this.#heads.get(stream) ?? { head: 0, removedThrough: 0 }
    const grew = found.head > known.head
    const removed = found.removedThrough > known.removedThrough
    this.#heads.delete(stream)
    this.#heads.set(stream, {
      head: Math.max(found.head, known.head),
      removedThrough: Math.max(found.removedThrough, known.removedThrough),
    })
    if (this.#heads.size > KEPT) {
      const [oldest] = this.#heads.keys()
      if (oldest !== undefined) this.#heads.delete(oldest)
    }
    return { grew, removed }
  }

  /** The heads of all streams, as they are now. */
  all(): Map<StreamName, number> {
    return new Map([...this.#heads].map(([stream, { head }]) => [stream, head]))
  }

  clear(): void {
    this.#heads.clear()
  }
}
