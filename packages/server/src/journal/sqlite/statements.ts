import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

const KEPT = 400

/** Prepared statements by their text, the oldest dropped first. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    if (this.#prepared.size >= KEPT) {
      const [oldest] = this.#prepared.keys()
      if (oldest !== undefined) this.#prepared.delete(oldest)
    }
    this.#prepared.set(sql, statement)
    return statement
  }
}

/** SQLite has neither booleans nor dates; everything else that it cannot hold is a mistake. */
export function toInput(value: unknown): SQLInputValue {
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint' || value instanceof Uint8Array) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  throw new TypeError(`a parameter cannot be ${Object.prototype.toString.call(value)}`)
}
