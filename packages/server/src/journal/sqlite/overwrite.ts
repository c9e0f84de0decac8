import type { Statements } from './statements.ts'
import type { Streams } from './streams.ts'

/** Rows that one transaction empties: a few milliseconds of the writer's time. */
const ROWS_PER_STEP = 200

interface Pending {
  id: number
  stream: number
  /** The first event whose payload may still be there. */
  from: number
  last: number
  kept: number
}

/**
 * Takes the payloads of removed events out of their rows. `secure_delete` overwrites what SQLite
 * frees; what the WAL still holds of it goes when the WAL is emptied.
 */
export class Overwrite {
  readonly #statements: Statements
  readonly #streams: Streams

  constructor(statements: Statements, streams: Streams) {
    this.#statements = statements
    this.#streams = streams
  }

  get pending(): boolean {
    return this.#next() !== undefined
  }

  /** Empties some more rows, inside a transaction of the caller's; false when there are none left. */
  step(): boolean {
    const next = this.#next()
    if (!next) return false
    const stream = this.#streams.byId(next.stream)
    const count = Math.min(ROWS_PER_STEP, next.last - next.from + 1)
    const rows = stream ? this.#streams.rowsAfter(stream, next.from - 1, count) : []
    const emptied = rows.filter((_, index) => next.from + index !== next.kept)
    this.#statements
      .prepare(
        `update log set payload = null
         where id in (select value from json_each(?)) and stream = ? and payload is not null`,
      )
      .run(JSON.stringify(emptied), next.stream)
    this.#statements
      .prepare('update removal set erased_to = ? where id = ?')
      .run(next.from + count - 1, next.id)
    return true
  }

  #next(): Pending | undefined {
    const found = this.#statements
      .prepare(
        `select id, stream, max(first_seq, erased_to + 1) as first, last_seq, kept_seq
         from removal where erased_to < last_seq order by id limit 1`,
      )
      .get()
    return (
      found && {
        id: Number(found['id']),
        stream: Number(found['stream']),
        from: Number(found['first']),
        last: Number(found['last_seq']),
        kept: Number(found['kept_seq']),
      }
    )
  }
}
