import type { Row } from '../../platform/statement.ts'
import { payloadHash } from '../chain.ts'
import { type NotedRange, type NotedRemoval, Notes } from './notes.ts'
import type { Statements } from './statements.ts'

/** A range of events that nobody reads any more, all but the one that was kept. */
export interface Removed {
  first: number
  last: number
  /** 0 when none was. */
  kept: number
  /** The row of the log that says so. */
  note: number
}

const STREAMS_KEPT = 20_000

/** Which events were taken away; each range is backed by a note in the chain. */
export class Removals {
  readonly #statements: Statements
  readonly #notes: Notes
  readonly #known = new Map<number, readonly Removed[]>()

  constructor(statements: Statements) {
    this.#statements = statements
    this.#notes = new Notes(statements)
  }

  /** In order and disjoint. */
  of(stream: number): readonly Removed[] {
    const known = this.#known.get(stream)
    if (known) return known
    const found = this.#statements
      .prepare(
        `select first_seq, last_seq, kept_seq, note from removal
         where stream = ? order by first_seq`,
      )
      .all(stream)
      .map(toRemoved)
    if (this.#known.size >= STREAMS_KEPT) this.#known.clear()
    this.#known.set(stream, found)
    return found
  }

  /** The last event that was removed; 0 when none was. */
  through(stream: number): number {
    return this.of(stream).at(-1)?.last ?? 0
  }

  /** The first range that ends behind `after`. */
  next(stream: number, after: number): Removed | undefined {
    const ranges = this.of(stream)
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle]?.last ?? 0) > after) high = middle
      else low = middle + 1
    }
    return ranges[low]
  }

  at(stream: number, seq: number): Removed | undefined {
    const found = this.next(stream, seq - 1)
    return found && found.first <= seq ? found : undefined
  }

  /** Whether a chained note says that this event need not be what was written. */
  accepts(stream: number, seq: number, payload: string | null): boolean {
    const removed = this.at(stream, seq)
    const noted = removed && this.#notes.rangeAt(removed.note, stream, seq)
    if (!noted) return false
    return removed.kept === seq ? isKept(noted, seq, payload) : true
  }

  /** Whether the payload is what a compaction left at this place, by its note. */
  keeps(stream: number, seq: number, payload: string): boolean {
    const removed = this.at(stream, seq)
    const noted = removed?.kept === seq && this.#notes.rangeAt(removed.note, stream, seq)
    return noted ? isKept(noted, seq, payload) : false
  }

  /** The parts of a range that are still there. */
  present(stream: number, first: number, last: number): { first: number; last: number }[] {
    const parts: { first: number; last: number }[] = []
    let from = first
    for (let gone = this.next(stream, from - 1); gone && gone.first <= last;) {
      if (gone.first > from) parts.push({ first: from, last: gone.first - 1 })
      from = gone.last + 1
      gone = this.next(stream, from - 1)
    }
    if (from <= last) parts.push({ first: from, last })
    return parts
  }

  /** Writes down what a note in row `note` says; where ranges meet, the newer one holds. */
  add(removal: NotedRemoval, note: number): void {
    const { stream, ranges } = removal
    for (const { first, last, keep } of ranges) {
      this.#cut(stream, first, last)
      this.#insert(stream, { first, last, kept: keep?.seq ?? 0, note }, first - 1)
    }
    this.#known.delete(stream)
  }

  #insert(stream: number, { first, last, kept, note }: Removed, erasedTo: number): void {
    this.#statements
      .prepare(
        `insert into removal (stream, first_seq, last_seq, kept_seq, note, erased_to)
         values (?, ?, ?, ?, ?, ?)`,
      )
      .run(stream, first, last, kept, note, erasedTo)
  }

  #cut(stream: number, first: number, last: number): void {
    const overlapping = this.#statements
      .prepare(
        `select id, first_seq, last_seq, kept_seq, note, erased_to from removal
         where stream = ? and first_seq <= ? and last_seq >= ?`,
      )
      .all(stream, last, first)
    for (const row of overlapping) {
      this.#statements.prepare('delete from removal where id = ?').run(Number(row['id']))
      const old = toRemoved(row)
      const erasedTo = Number(row['erased_to'])
      const rests = [
        { ...old, last: first - 1 },
        { ...old, first: last + 1 },
      ]
      for (const rest of rests.filter((each) => each.first <= each.last)) {
        const kept = rest.first <= old.kept && old.kept <= rest.last ? old.kept : 0
        const to = Math.min(Math.max(erasedTo, rest.first - 1), rest.last)
        this.#insert(stream, { ...rest, kept }, to)
      }
    }
  }

  /** After a transaction was rolled back the tables alone know what holds. */
  forget(): void {
    this.#known.clear()
    this.#notes.forget()
  }
}

const isKept = ({ keep }: NotedRange, seq: number, payload: string | null): boolean =>
  keep?.seq === seq && payload !== null && payloadHash(payload).toString('hex') === keep.hash

const toRemoved = (row: Row): Removed => ({
  first: Number(row['first_seq']),
  last: Number(row['last_seq']),
  kept: Number(row['kept_seq']),
  note: Number(row['note']),
})
