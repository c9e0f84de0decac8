import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { messageOf } from '../outcome.ts'
import { isCorruption, isReadOnlyFailure, isStorageFailure } from './failures.ts'
import type { ReaderAnswer, ReaderRequest } from './messages.ts'
import { Statements, toInput } from './statements.ts'
import type { ServicePort } from './worker-link.ts'

/** What the reader's thread does: queries over the tables, on a connection that cannot write. */
export function serveReader(
  port: ServicePort<{ id: number; request: ReaderRequest }>,
  folder: string,
): void {
  // Opened by the first query: this thread starts while the writer still makes the file.
  let database: DatabaseSync | undefined
  let statements: Statements | undefined

  const open = (): Statements => {
    database = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true, timeout: 2_000 })
    return new Statements(database)
  }

  const answer = (request: ReaderRequest): ReaderAnswer => {
    if (request.kind === 'close') {
      database?.close()
      return { kind: 'closed' }
    }
    const { sql, parameters } = request.statement
    statements ??= open()
    const rows = statements.prepare(sql).all(...parameters.map(toInput))
    return { kind: 'rows', rows }
  }

  port.on('message', ({ id, request }: { id: number; request: ReaderRequest }) => {
    try {
      const answered = answer(request)
      const isOpen = request.kind !== 'close' && database?.isTransaction === true
      port.postMessage({ id, answer: isOpen ? { ...answered, open: true } : answered })
    } catch (error) {
      port.postMessage({
        id,
        answer: { kind: 'failed', failure: failureOf(error), corrupt: isCorruption(error) },
      })
    }
    if (request.kind === 'close') port.close()
  })
  port.postMessage({ opened: {} })
}

function failureOf(error: unknown): { kind: 'statement' | 'broken'; message: string } {
  if (isReadOnlyFailure(error)) {
    return {
      kind: 'statement',
      message: 'a query cannot write; pass the statement to commit() or write()',
    }
  }
  return { kind: isStorageFailure(error) ? 'broken' : 'statement', message: messageOf(error) }
}
