import { packRows, unpackRows } from './row-list.ts'
import type { Statements } from './statements.ts'

/** A stream that was written or read of late, with the rows that no segment names yet. */
export interface LiveStream {
  readonly name: string
  /** 0 until its first event is in the log. */
  id: number
  head: number
  /** Up to here segments say where the events are. */
  indexedTo: number
  /** The last segment's id; 0 before the first. */
  segment: number
  /** Where all segments are, oldest first; looked up by the first read of an old event. */
  segments: SegmentPlace[] | undefined
  /** The row of event `indexedTo + 1 + i`. */
  rows: number[]
}

interface SegmentPlace {
  id: number
  first: number
}

/** Streams kept in memory although they have nothing there that the disk has not. */
const KEPT_IDLE = 20_000

/** Which rows hold a stream's events: the recent ones in memory, older ones by segments. */
export class Streams {
  readonly #statements: Statements
  readonly #live = new Map<string, LiveStream>()
  #dirty = new Set<LiveStream>()
  #closing: LiveStream[] = []

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** How many streams still wait for a segment of the index pass under way. */
  get closing(): number {
    return this.#closing.length
  }

  get(name: string): LiveStream {
    return this.#live.get(name) ?? this.#load(name)
  }

  byId(id: number): LiveStream | undefined {
    const name = this.#statements.prepare('select name from stream where id = ?').get(id)?.['name']
    return typeof name === 'string' ? this.get(name) : undefined
  }

  #load(name: string): LiveStream {
    const found = this.#statements
      .prepare('select id, indexed_to, segment from stream where name = ?')
      .get(name)
    const indexedTo = Number(found?.['indexed_to'] ?? 0)
    const stream: LiveStream = {
      name,
      id: Number(found?.['id'] ?? 0),
      head: indexedTo,
      indexedTo,
      segment: Number(found?.['segment'] ?? 0),
      segments: undefined,
      rows: [],
    }
    // A name that nobody wrote to takes no memory, however often it is asked for.
    if (stream.id !== 0) this.#live.set(name, stream)
    return stream
  }

  /** Notes that the next event of the stream lies in this row. */
  append(stream: LiveStream, row: number): void {
    if (stream.head === 0) this.#live.set(stream.name, stream)
    stream.head += 1
    stream.rows.push(row)
    this.#dirty.add(stream)
  }

  /** The rows of the events after `after`, at most `limit` of them. */
  rowsAfter(stream: LiveStream, after: number, limit: number): number[] {
    const rows: number[] = []
    let at = after
    while (at < stream.indexedTo && rows.length < limit) {
      const { first, rows: indexed } = this.#segmentOf(stream, at + 1)
      const found = indexed.slice(at + 1 - first, at + 1 - first + limit - rows.length)
      if (found.length === 0) break
      rows.push(...found)
      at += found.length
    }
    if (at >= stream.indexedTo && rows.length < limit) {
      const from = at - stream.indexedTo
      rows.push(...stream.rows.slice(from, from + limit - rows.length))
    }
    return rows
  }

  /** Which events lie in these rows, by the index alone: a walk over all streams, for the worst day. */
  eventsIn(rows: ReadonlySet<number>): { stream: LiveStream; seq: number }[] {
    const names = this.#statements.prepare('select name from stream').all()
    return names.flatMap(({ name }) => {
      const stream = this.get(String(name))
      const all = this.rowsAfter(stream, 0, stream.head)
      return all.flatMap((row, index) => (rows.has(row) ? [{ stream, seq: index + 1 }] : []))
    })
  }

  #segmentOf(stream: LiveStream, seq: number): { first: number; rows: number[] } {
    stream.segments ??= this.#segmentsOf(stream)
    const place = stream.segments.findLast(({ first }) => first <= seq)
    if (!place) return { first: seq, rows: [] }
    const found = this.#statements.prepare('select rows from segment where id = ?').get(place.id)
    const packed = found?.['rows']
    return { first: place.first, rows: packed instanceof Uint8Array ? unpackRows(packed) : [] }
  }

  #segmentsOf(stream: LiveStream): SegmentPlace[] {
    const found = this.#statements
      .prepare(
        `with recursive place (id, first_seq, previous) as (
           select id, first_seq, previous from segment where id = ?
           union all
           select segment.id, segment.first_seq, segment.previous
           from place join segment on segment.id = place.previous
         ) select id, first_seq from place`,
      )
      .all(stream.segment)
    return found
      .map((row) => ({ id: Number(row['id']), first: Number(row['first_seq']) }))
      .toReversed()
  }

  /** Begins an index pass: every stream with rows in memory gets a segment before it ends. */
  beginPass(): void {
    this.#closing = [...this.#dirty]
    this.#dirty = new Set()
  }

  /** Writes segments for some streams of the pass; what it did counts once `settle` is called. */
  writeSegments(count: number): () => void {
    const chosen = this.#closing.slice(-count)
    const written = chosen.filter(({ rows }) => rows.length > 0).map((each) => this.#write(each))
    return () => {
      this.#closing.length -= chosen.length
      for (const { stream, id } of written) this.#settle(stream, id)
    }
  }

  #write(stream: LiveStream): { stream: LiveStream; id: number } {
    const { lastInsertRowid } = this.#statements
      .prepare('insert into segment (first_seq, previous, rows) values (?, ?, ?)')
      .run(stream.indexedTo + 1, stream.segment, packRows(stream.rows))
    const id = Number(lastInsertRowid)
    this.#statements
      .prepare('update stream set indexed_to = ?, segment = ? where id = ?')
      .run(stream.head, id, stream.id)
    return { stream, id }
  }

  #settle(stream: LiveStream, id: number): void {
    stream.segments?.push({ id, first: stream.indexedTo + 1 })
    stream.segment = id
    stream.rows = []
    stream.indexedTo = stream.head
    this.#dirty.delete(stream)
  }

  /** Forgets streams that the disk knows as well; never while a transaction holds some. */
  trim(): void {
    if (this.#live.size <= KEPT_IDLE) return
    for (const stream of this.#live.values()) {
      if (stream.rows.length === 0) this.#live.delete(stream.name)
    }
  }
}
