import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

import type { Migration } from '../../packages/server/src/journal/migrations/migration.ts'
import type { Row, Rows } from '../../packages/server/src/platform/statement.ts'

/** Tables in a real database of this process alone. */
export function memoryRows(migrations: readonly Migration[]): Rows {
  const database = new DatabaseSync(':memory:')
  for (const { statements } of migrations) for (const sql of statements) database.exec(sql)
  const prepared = ({ sql }: { sql: string }) => database.prepare(sql)
  const valuesOf = (statement: { parameters: readonly unknown[] }) =>
    statement.parameters as SQLInputValue[]
  return {
    query: <R extends Row>(statement: { sql: string; parameters: readonly unknown[] }) =>
      Promise.resolve(prepared(statement).all(...valuesOf(statement)) as R[]),
    write(statements) {
      for (const statement of statements) prepared(statement).run(...valuesOf(statement))
      return Promise.resolve()
    },
  }
}
