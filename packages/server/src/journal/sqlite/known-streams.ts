import type { StreamName } from '../journal.ts'

interface Known {
  head: number
  /** The last event that was removed; undefined until the writer was asked. */
  removedThrough: number | undefined
}

const KEPT = 50_000

/** What is known of streams without asking the writer; the oldest is forgotten first. */
export class KnownStreams {
  readonly #known = new Map<StreamName, Known>()

  head(stream: StreamName): number | undefined {
    return this.#known.get(stream)?.head
  }

  get(stream: StreamName): { head: number; removedThrough: number } | undefined {
    const known = this.#known.get(stream)
    if (known?.removedThrough === undefined) return undefined
    return { head: known.head, removedThrough: known.removedThrough }
  }

  appended(stream: StreamName, head: number): void {
    this.#keep(stream, { head, removedThrough: this.#known.get(stream)?.removedThrough })
  }

  /** A head that was asked for may be older than an append that was told meanwhile. */
  asked(stream: StreamName, { head, removedThrough }: { head: number; removedThrough: number }) {
    const known = { head: Math.max(head, this.head(stream) ?? 0), removedThrough }
    this.#keep(stream, known)
    return known
  }

  /** Events of the stream were removed: which, only the writer knows. */
  removed(stream: StreamName): void {
    const known = this.#known.get(stream)
    if (known) known.removedThrough = undefined
  }

  forget(): void {
    this.#known.clear()
  }

  #keep(stream: StreamName, known: Known): void {
    this.#known.set(stream, known)
    if (this.#known.size <= KEPT) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
