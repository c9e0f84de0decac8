import { type ChainedRow, chainAfter, payloadHash } from './chain.ts'
import type { StoredPayloads } from './messages.ts'
import type { Statements } from './statements.ts'
import type { LiveStream, Streams } from './streams.ts'

/** An event on its way into the log. */
export interface NewRow {
  stream: LiveStream
  seq: number
  payload: string
}

/** The stream of rows that belong to none: a commit of table rows alone, a new epoch. */
export const NO_STREAM = 0

const READ_STEP = 256

export interface LogEnd {
  row: number
  chain: Uint8Array
}

/** The append-order log. It never begins or ends a transaction. */
export class Log {
  readonly #statements: Statements
  readonly #streams: Streams

  constructor(statements: Statements, streams: Streams) {
    this.#statements = statements
    this.#streams = streams
  }

  /**
   * Inserts the events of one transaction behind `end`. A transaction without events leaves one
   * empty row, so that none can vanish unnoticed. Nothing in memory changes before `settle`.
   */
  append(end: LogEnd, events: readonly NewRow[], note = ''): { end: LogEnd; settle: () => void } {
    this.#nameStreams(events)
    const hashed =
      events.length > 0
        ? events.map(({ stream, seq, payload }) => chained(stream.id, seq, payload))
        : [chained(NO_STREAM, 0, note)]
    const chain = chainAfter(end.chain, hashed)
    const insert = this.#statements.prepare(
      'insert into log (id, stream, seq, payload, hash, chain) values (?, ?, ?, ?, ?, ?)',
    )
    let row = end.row
    for (const entry of hashed) {
      row += 1
      const link = row === end.row + hashed.length ? chain : null
      insert.run(row, entry.stream, entry.seq, entry.payload, entry.hash, link)
    }
    const settle = (): void =>
      events.forEach(({ stream }, index) => this.#streams.append(stream, end.row + 1 + index))
    return { end: { row, chain }, settle }
  }

  #nameStreams(events: readonly NewRow[]): void {
    for (const { stream } of events) {
      if (stream.id !== 0) continue
      const { lastInsertRowid } = this.#statements
        .prepare('insert into stream (name) values (?)')
        .run(stream.name)
      stream.id = Number(lastInsertRowid)
    }
  }

  /** @throws DamagedEvent when a row is gone or its payload is not what was written. */
  read(
    stream: LiveStream,
    after: number,
    limit: { events: number; bytes: number },
  ): StoredPayloads {
    const payloads: string[] = []
    let bytes = 0
    let at = after
    while (payloads.length < limit.events && bytes < limit.bytes) {
      const wanted = Math.min(READ_STEP, limit.events - payloads.length)
      const found = this.#payloads(stream, at, wanted)
      for (const payload of found) {
        bytes += Buffer.byteLength(payload)
        if (bytes > limit.bytes && payloads.length > 0) return { first: after + 1, payloads }
        payloads.push(payload)
      }
      at += found.length
      if (found.length < wanted) break
    }
    return { first: after + 1, payloads }
  }

  #payloads(stream: LiveStream, after: number, limit: number): string[] {
    const rows = this.#streams.rowsAfter(stream, after, limit)
    if (rows.length === 0) return []
    const select = this.#statements.prepare(
      `select log.stream, log.seq, log.payload, log.hash
       from json_each(?) as wanted cross join log on log.id = wanted.value`,
    )
    const found = select.all(JSON.stringify(rows))
    return rows.map((_, index) => checked(stream, after + 1 + index, found[index]))
  }
}

export class DamagedEvent extends Error {
  override readonly name = 'DamagedEvent'
}

const chained = (
  stream: number,
  seq: number,
  payload: string,
): ChainedRow & { payload: string } => ({ stream, seq, payload, hash: payloadHash(payload) })

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
  throw new DamagedEvent(`event ${seq} of ${stream.name} is damaged in journal.db`)
}
