import type { DatabaseSync } from 'node:sqlite'

import type { Statement } from '../../platform/statement.ts'
import type { Expectation } from '../journal.ts'
import { type CommitOutcome, messageOf } from '../outcome.ts'
import { isStorageFailure } from './failures.ts'
import type { CommitRequest } from './messages.ts'
import { type Statements, toInput } from './statements.ts'

/** The part of a commit that reads and changes tables; undefined when it went through. */
export class RowChanges {
  readonly #database: DatabaseSync
  readonly #statements: Statements

  constructor(database: DatabaseSync, statements: Statements) {
    this.#database = database
    this.#statements = statements
  }

  /** Checks fence and expectations, then changes the rows: all of them or none. */
  apply({ fence, expect, rows }: CommitRequest): CommitOutcome | undefined {
    try {
      if (fence && !this.#holds(fence)) return { status: 'stale_fence' }
      const unmet = this.#firstUnmet(expect)
      if (unmet || rows.length === 0) return unmet
    } catch (error) {
      return ownFault(error)
    }
    return this.#change(rows)
  }

  #holds({ runId, fence }: { runId: string; fence: number }): boolean {
    const run = this.#statements.prepare('select fence from run where id = ?').get(runId)
    return run?.['fence'] === fence
  }

  #firstUnmet(expect: readonly Expectation[]): CommitOutcome | undefined {
    for (const { name, query, rows } of expect) {
      const found = this.#statements.prepare(query.sql).all(...query.parameters.map(toInput))
      if ((rows === 'some') !== found.length > 0) return { status: 'unexpected', name, rows: found }
    }
    return undefined
  }

  #change(rows: readonly Statement[]): CommitOutcome | undefined {
    this.#database.exec('savepoint request')
    try {
      for (const { sql, parameters } of rows) {
        this.#statements.prepare(sql).run(...parameters.map(toInput))
      }
      this.#database.exec('release request')
      return undefined
    } catch (error) {
      const outcome = ownFault(error)
      this.#database.exec('rollback to request; release request')
      return outcome
    }
  }
}

/** A wrong statement fails its own request; a failing store fails the whole group. */
function ownFault(error: unknown): CommitOutcome {
  if (isStorageFailure(error)) throw error
  return { status: 'failed', failure: { kind: 'statement', message: messageOf(error) } }
}
