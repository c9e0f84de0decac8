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
  /** The row of event `indexedTo + 1 + i`. */
  rows: number[]
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
    const known = this.#live.get(name)
    if (known) return known
    const found = this.#statements.prepare('select id from stream where name = ?').get(name)
    return this.#load(name, Number(found?.['id'] ?? 0))
  }

  byId(id: number): LiveStream | undefined {
    const found = this.#statements.prepare('select name from stream where id = ?').get(id)
    const name = found?.['name']
    if (typeof name !== 'string') return undefined
    return this.#live.get(name) ?? this.#load(name, id)
  }

  #load(name: string, id: number): LiveStream {
    const last = this.#statements
      .prepare('select last_seq from segment where stream = ? order by last_seq desc limit 1')
      .get(id)
    const head = Number(last?.['last_seq'] ?? 0)
    const stream: LiveStream = { name, id, head, indexedTo: head, rows: [] }
    this.#live.set(name, stream)
    return stream
  }

  forget(stream: LiveStream): void {
    this.#live.delete(stream.name)
  }

  /** Notes that the next event of the stream lies in this row. */
  append(stream: LiveStream, row: number): void {
    stream.head += 1
    stream.rows.push(row)
    this.#dirty.add(stream)
  }

  /** The rows of the events after `after`, at most `limit` of them. */
  rowsAfter(stream: LiveStream, after: number, limit: number): number[] {
    const rows: number[] = []
    let at = after
    while (at < stream.indexedTo && rows.length < limit) {
      const segment = this.#segmentAfter(stream.id, at)
      if (!segment) break
      const found = segment.rows.slice(at - segment.first + 1, at - segment.first + 1 + limit)
      rows.push(...found)
      at += found.length
      if (found.length === 0) break
    }
    if (at >= stream.indexedTo && rows.length < limit) {
      const from = at - stream.indexedTo
      rows.push(...stream.rows.slice(from, from + limit - rows.length))
    }
    return rows.slice(0, limit)
  }

  #segmentAfter(id: number, after: number): { first: number; rows: number[] } | undefined {
    const found = this.#statements
      .prepare(
        `select first_seq, rows from segment where stream = ? and last_seq > ?
         order by last_seq limit 1`,
      )
      .get(id, after)
    const bytes = found?.['rows']
    if (!(bytes instanceof Uint8Array)) return undefined
    return { first: Number(found?.['first_seq']), rows: unpackRows(bytes) }
  }

  /** Begins an index pass: every stream with rows in memory gets a segment before it ends. */
  beginPass(): void {
    this.#closing = [...this.#dirty]
    this.#dirty = new Set()
  }

  /** Writes segments for some streams of the pass; what it did counts once `settle` is called. */
  writeSegments(count: number): () => void {
    const written = this.#closing.slice(-count).map((stream) => ({ stream, to: stream.head }))
    for (const { stream } of written) {
      if (stream.rows.length === 0) continue
      this.#statements
        .prepare('insert into segment (stream, last_seq, first_seq, rows) values (?, ?, ?, ?)')
        .run(stream.id, stream.head, stream.indexedTo + 1, packRows(stream.rows))
    }
    return () => {
      this.#closing.length -= written.length
      for (const { stream, to } of written) this.#settle(stream, to)
      if (this.#closing.length === 0) this.#dropIdle()
    }
  }

  #settle(stream: LiveStream, to: number): void {
    stream.rows = stream.rows.slice(to - stream.indexedTo)
    stream.indexedTo = to
    if (stream.rows.length === 0) this.#dirty.delete(stream)
  }

  #dropIdle(): void {
    if (this.#live.size <= KEPT_IDLE) return
    for (const stream of this.#live.values()) {
      if (stream.rows.length === 0) this.#live.delete(stream.name)
    }
  }
}
