import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SelectQueryNode,
  RawNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

import type { Statement } from '../platform/statement.ts'
import { StatementFailed } from './journal.ts'

type Language = Pick<Dialect, 'createAdapter' | 'createQueryCompiler' | 'createIntrospector'>

/** Queries wait at the reader's own door; Kysely's lock would let one through per round trip. */
class ReaderAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

export const SQLITE: Language = {
  createAdapter: () => new ReaderAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
}

export const POSTGRES: Language = {
  createAdapter: () => new PostgresAdapter(),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createIntrospector: (db) => new PostgresIntrospector(db),
}

export const HOW_TO_WRITE =
  'the journal is written by commit() or write() alone: compile() the statement and pass it there'

const readsOnly = ({ query }: CompiledQuery): boolean =>
  SelectQueryNode.is(query) || RawNode.is(query)

const refuse = (): Promise<never> => Promise.reject(new StatementFailed(HOW_TO_WRITE))

/** Kysely over the journal's reader; whatever would write is refused before it is sent. */
export function readOnlyDialect(
  language: Language,
  query: <R>(statement: Statement) => Promise<R[]>,
): Dialect {
  const connection: DatabaseConnection = {
    async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
      if (!readsOnly(compiled)) throw new StatementFailed(HOW_TO_WRITE)
      return { rows: await query<R>(compiled) }
    },
    // oxlint-disable-next-line require-yield
    async *streamQuery() {
      throw new StatementFailed('the journal streams no query; page through it by key')
    },
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  return { ...language, createDriver: () => driver }
}
