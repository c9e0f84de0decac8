import { chmodSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { SqliteDialect, Kysely } from 'kysely'

/** The account store: one SQLite file of its own, so that a corrupt journal locks nobody out. */
export class AuthDatabase {
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `shared`: what lives shortly is in a file, for the other processes that have this store open. */
  constructor(folder: string, { shared = false }: { shared?: boolean } = {}) {
    const path = join(folder, 'auth.db')
    // Made before SQLite does, so that no moment exists in which others may read it.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    this.#connection = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true })
    try {
      this.#connection.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; ' +
          'PRAGMA secure_delete = ON',
      )
      this.#connection
        .prepare('ATTACH ? AS volatile')
        .run(shared ? volatileFile(folder) : ':memory:')
      // Losing it in a power cut costs nothing, so nobody waits for the disk.
      this.#connection.exec('PRAGMA volatile.journal_mode = WAL; PRAGMA volatile.synchronous = OFF')
    } catch (error) {
      this.#connection.close()
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(
        `${path}, which holds the accounts, cannot be opened (${why}). Restore it from a backup.`,
        { cause: error },
      )
    }
  }

  exec(sql: string): void {
    this.#connection.exec(sql)
  }

  /** Rows of one statement; also of a write that ends in RETURNING. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.all<Row>(sql, ...values)[0]
  }

  /** Runs one write and answers how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }

  /** All of `work` is kept or none of it; within another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#connection.isTransaction) return work()
    this.#connection.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#connection.exec('COMMIT')
      return result
    } catch (error) {
      this.#connection.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * For Better Auth. Every statement commits on its own: a transaction held open across an await
   * would take in the statements that other requests run on this one connection meanwhile.
   */
  kysely(): Kysely<unknown> {
    const prepare = (sql: string) => {
      const statement = this.#prepared(sql)
      return {
        reader: statement.columns().length > 0,
        all: (values: readonly unknown[]) => statement.all(...values.map(asInput)),
        run: (values: readonly unknown[]) => statement.run(...values.map(asInput)),
        iterate: (values: readonly unknown[]) => statement.iterate(...values.map(asInput)),
      }
    }
    return new Kysely({ dialect: new SqliteDialect({ database: { prepare, close() {} } }) })
  }

  close(): void {
    this.#statements.clear()
    this.#connection.close()
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#connection.prepare(sql)
    if (this.#statements.size >= 200) this.#statements.clear()
    this.#statements.set(sql, statement)
    return statement
  }
}

function volatileFile(folder: string): string {
  const path = join(folder, 'tickets.db')
  closeSync(openSync(path, 'a', 0o600))
  return path
}

function asInput(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite takes no ${typeof value}`)
}
