import type { SQLInputValue } from 'node:sqlite'

import { chainPayloads, payloadHash } from '../chain.ts'
import { isCorruption } from './failures.ts'
import type { KeptPayloads, StoredPayloads } from './messages.ts'
import { NO_STREAM, type Note, noteText } from './notes.ts'
import type { Removals } from './removals.ts'
import type { Statements } from './statements.ts'
import type { LiveStream, Streams } from './streams.ts'

/** An event on its way into the log. */
export interface NewRow {
  stream: LiveStream
  seq: number
  payload: string
}

const READ_STEP = 256
const ROWS_PER_INSERT = 16
const INSERT = 'insert into log (id, stream, seq, payload, hash, chain) values '
const INSERT_ONE = `${INSERT}(?, ?, ?, ?, ?, ?)`
const INSERT_MANY = INSERT + Array(ROWS_PER_INSERT).fill('(?, ?, ?, ?, ?, ?)').join(', ')

export interface LogEnd {
  row: number
  chain: Uint8Array
}

type Limit = { events: number; bytes: number }

/** The append-order log. It never begins or ends a transaction. */
export class Log {
  readonly #statements: Statements
  readonly #streams: Streams
  readonly #removals: Removals

  constructor(statements: Statements, streams: Streams, removals: Removals) {
    this.#statements = statements
    this.#streams = streams
    this.#removals = removals
  }

  /**
   * Inserts the events of one transaction behind `end`, then its note. A transaction with neither
   * leaves one empty row, so that none can vanish unnoticed. Nothing in memory changes before
   * `settle`.
   */
  append(end: LogEnd, events: readonly NewRow[], note?: Note): { end: LogEnd; settle: () => void } {
    const rows = events.map(({ stream, seq, payload }) => {
      this.name(stream)
      return { stream: stream.id, seq, payload }
    })
    if (note) rows.push({ stream: NO_STREAM, seq: 0, payload: noteText(note) })
    else if (events.length === 0) rows.push({ stream: NO_STREAM, seq: 0, payload: '' })
    const { hashes, chain } = chainPayloads(end.chain, rows)
    const row = end.row + rows.length
    this.#insert(end.row, rows, (index) => [
      hashes[index] ?? chain,
      end.row + 1 + index === row ? chain : null,
    ])
    const settle = (): void =>
      events.forEach(({ stream }, index) => this.#streams.append(stream, end.row + 1 + index))
    return { end: { row, chain }, settle }
  }

  /** Several rows a statement: each call into SQLite costs as much as a row. */
  #insert(
    after: number,
    rows: readonly { stream: number; seq: number; payload: string }[],
    hashesOf: (index: number) => [hash: Uint8Array, chain: Uint8Array | null],
  ): void {
    for (let at = 0; at < rows.length;) {
      const count = rows.length - at < ROWS_PER_INSERT ? 1 : ROWS_PER_INSERT
      const values: SQLInputValue[] = []
      for (const { stream, seq, payload } of rows.slice(at, at + count)) {
        values.push(after + 1 + at, stream, seq, payload, ...hashesOf(at))
        at += 1
      }
      this.#statements.prepare(count === 1 ? INSERT_ONE : INSERT_MANY).run(...values)
    }
  }

  /** Gives a new stream its number, which counts once the transaction is committed. */
  name(stream: LiveStream): void {
    if (stream.id !== 0) return
    const { lastInsertRowid } = this.#statements
      .prepare('insert into stream (name) values (?)')
      .run(stream.name)
    stream.id = Number(lastInsertRowid)
  }

  /**
   * Events up to the first that was removed; nothing and `removed` when that is the very next one.
   *
   * @throws DamagedEvent when a row is gone or its payload is not what was written.
   */
  read(stream: LiveStream, after: number, limit: Limit): StoredPayloads {
    const gone = this.#removals.next(stream.id, after)
    const until = gone ? gone.first - 1 : stream.head
    if (until < after + 1 && gone) return { first: after + 1, payloads: [], removed: true }
    return { first: after + 1, payloads: this.#whole(stream, after, until, limit) }
  }

  /** Events and what compactions kept, passing over the rest. */
  readKept(stream: LiveStream, after: number, limit: Limit): KeptPayloads {
    const found: KeptPayloads = { seqs: [], payloads: [], through: after }
    let bytes = 0
    const full = (): boolean =>
      found.seqs.length >= limit.events || (found.seqs.length > 0 && bytes >= limit.bytes)
    const take = (seq: number, payload: string): boolean => {
      bytes += Buffer.byteLength(payload)
      if (bytes > limit.bytes && found.seqs.length > 0) return false
      found.seqs.push(seq)
      found.payloads.push(payload)
      found.through = seq
      return true
    }
    while (found.through < stream.head && !full()) {
      const first = found.through + 1
      const gone = this.#removals.next(stream.id, found.through)
      if (gone && gone.first <= first) {
        if (gone.kept >= first && !take(gone.kept, this.#kept(stream, gone.kept))) break
        if (!full()) found.through = gone.last
        continue
      }
      const until = gone ? gone.first - 1 : stream.head
      const rest = { events: limit.events - found.seqs.length, bytes: limit.bytes - bytes }
      const whole = this.#whole(stream, found.through, until, rest)
      if (!whole.every((payload, index) => take(first + index, payload))) break
    }
    return found
  }

  /** Which events up to `head` match, in order; what was removed does not. */
  seqsWhere(stream: LiveStream, matches: (payload: string) => boolean): number[] {
    const seqs: number[] = []
    for (let at = 0; at < stream.head;) {
      const found = this.readKept(stream, at, { events: READ_STEP, bytes: Infinity })
      found.payloads.forEach((payload, index) => {
        const seq = found.seqs[index]
        if (seq !== undefined && matches(payload)) seqs.push(seq)
      })
      at = found.through
    }
    return seqs
  }

  #whole(stream: LiveStream, after: number, until: number, limit: Limit): string[] {
    const payloads: string[] = []
    let bytes = 0
    let at = after
    while (at < until && payloads.length < limit.events && bytes < limit.bytes) {
      const wanted = Math.min(READ_STEP, limit.events - payloads.length, until - at)
      for (const payload of this.#payloads(stream, at, wanted)) {
        bytes += Buffer.byteLength(payload)
        if (bytes > limit.bytes && payloads.length > 0) return payloads
        payloads.push(payload)
      }
      at += wanted
    }
    return payloads
  }

  #payloads(stream: LiveStream, after: number, count: number): string[] {
    const rows = this.#streams.rowsAfter(stream, after, count)
    const found = this.#rowsOf(rows)
    return Array.from({ length: count }, (_, index) =>
      checked(stream, after + 1 + index, found[index]),
    )
  }

  /** What lies in these rows, in their order; a row that cannot be read is undefined. */
  #rowsOf(rows: readonly number[]): (Record<string, unknown> | undefined)[] {
    if (rows.length === 0) return []
    const select = this.#statements.prepare(
      `select log.id, log.stream, log.seq, log.payload, log.hash
       from json_each(?) as wanted cross join log on log.id = wanted.value`,
    )
    try {
      const found = select.all(JSON.stringify(rows))
      if (found.length === rows.length) return found
      const byRow = new Map(found.map((row) => [row['id'], row]))
      return rows.map((row) => byRow.get(row))
    } catch (error) {
      if (!isCorruption(error)) throw error
      return rows.length === 1 ? [undefined] : rows.flatMap((row) => this.#rowsOf([row]))
    }
  }

  #kept(stream: LiveStream, seq: number): string {
    const [row] = this.#rowsOf(this.#streams.rowsAfter(stream, seq - 1, 1))
    const payload = row?.['payload']
    const own = row?.['stream'] === stream.id && row['seq'] === seq
    if (own && typeof payload === 'string' && this.#removals.keeps(stream.id, seq, payload)) {
      return payload
    }
    throw new DamagedEvent(stream.name, seq)
  }
}

/** An event is missing, or is not what was written. */
export class DamagedEvent extends Error {
  override readonly name = 'DamagedEvent'
  readonly stream: string
  readonly seq: number

  constructor(stream: string, seq: number) {
    super(`event ${seq} of ${stream} is damaged in journal.db`)
    this.stream = stream
    this.seq = seq
  }
}

function checked(
  stream: LiveStream,
  seq: number,
  row: Record<string, unknown> | undefined,
): string {
  const payload = row?.['payload']
  const hash = row?.['hash']
  const whole =
    row?.['stream'] === stream.id &&
    row['seq'] === seq &&
    typeof payload === 'string' &&
    hash instanceof Uint8Array &&
    payloadHash(payload).equals(hash)
  if (whole) return payload
  throw new DamagedEvent(stream.name, seq)
}
