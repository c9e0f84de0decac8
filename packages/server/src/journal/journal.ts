import type { Kysely } from 'kysely'

import type { Row, Rows, Statement } from '../platform/statement.ts'
import type { NewEvent } from './event.ts'
import type { Tables } from './tables.ts'

export type * from './tables.ts'
export { makeDelta, makeEvent, type EventContext, type NewEvent } from './event.ts'

/** `thread:<id>` or `user:<id>`. */
export type StreamName = `thread:${string}` | `user:${string}`

/** `"<epoch>:<seq>"`; compared for equality only. */
export type Position = `${string}:${number}`

export interface StoredEvent {
  seq: number
  payload: string
}

export interface Append {
  stream: StreamName
  events: readonly NewEvent[]
}

/** A condition that must hold inside the transaction, or nothing is written. */
export interface Expectation {
  name: string
  query: Statement
  rows: 'none' | 'some'
}

export interface Commit {
  appends: readonly Append[]
  /** Row changes of the same transaction, in order, after the expectations were checked. */
  rows?: readonly Statement[]
  expect?: readonly Expectation[]
  /** The run's fence as its owner knows it; refused when the run row holds another. */
  fence?: { runId: string; fence: number }
}

export type CommitResult =
  | { status: 'committed'; appended: { stream: StreamName; first: number; last: number }[] }
  | { status: 'stale_fence' }
  /** The first expectation that failed, with what its query found. */
  | { status: 'unexpected'; name: string; rows: Row[] }

/** Where a reader may start. Never null, never an exception. */
export type Plan =
  | { kind: 'range'; after: number; head: number }
  | { kind: 'snapshot'; why: 'too_old' | 'compacted'; head: number }
  | { kind: 'ahead'; head: number }
  | { kind: 'other_epoch'; head: number }
  | { kind: 'unknown' }

export interface JournalStatus {
  writable: boolean
  /** Why it is not, in words. */
  problem?: string
  /** Set when this start could not prove that nothing was lost and gave a new epoch: why, in words. */
  epochChanged?: string
  commits: number
  events: number
  pendingCommits: number
  lastCommitMs: number
}

/**
 * The system's memory: append, and read by cursor. `commit` resolves only when durable, and what it
 * appended has contiguous sequence numbers from 1 per stream, given inside the transaction.
 *
 * @throws JournalUnavailable from `commit`, `write` and reads when the store cannot be trusted with
 * them; nothing was kept.
 */
export interface Journal extends Rows, AsyncDisposable {
  readonly epoch: string
  /** Builds and runs queries over `Tables`; writes built with it go through `commit` (`.compile()`). */
  readonly db: Kysely<Tables>
  commit(commit: Commit): Promise<CommitResult>
  /** The last sequence number of a stream; 0 when it has none. */
  head(stream: StreamName): Promise<number>
  plan(stream: StreamName, position: string | null): Promise<Plan>
  /** Events with `seq > after`, in order, at least one if there is one, then up to both limits. */
  read(
    stream: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): Promise<StoredEvent[]>
  /** Called after each durable commit of this process, in commit order; answers an unsubscribe. */
  onCommitted(
    listener: (stream: StreamName, first: number, events: readonly NewEvent[]) => void,
  ): () => void
  status(): JournalStatus
}

/**
 * The store refused or died. Nothing of the commit is visible in this process; a later start may find
 * it after all, when the disk took it and only the answer was lost: retry with the same idempotency key.
 */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable'
}

/** A statement of `rows`, `expect` or a query is wrong (a constraint, a name): nothing was written. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed'
}

export const positionOf = (epoch: string, seq: number): Position => `${epoch}:${seq}`
