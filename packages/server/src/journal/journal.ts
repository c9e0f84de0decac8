import type { Kysely, RawBuilder } from 'kysely'

import type { ThreadId, UserId } from '../platform/ids.ts'
import type { Row, Rows, Statement } from '../platform/statement.ts'
import type { NewEvent } from './event.ts'
import type { Tables } from './tables.ts'

export type * from './tables.ts'
export { makeDelta, makeEvent, type EventContext, type NewEvent } from './event.ts'

/** `thread:<id>` or `user:<id>`. */
export type StreamName = `thread:${string}` | `user:${string}`

/** The only makers of stream names: no other kind of id fits. */
export const threadStream = (id: ThreadId): StreamName => `thread:${id}`
export const userStream = (id: UserId): StreamName => `user:${id}`

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

/**
 * A condition that must hold inside the transaction, or nothing is written. With `some` its query
 * selects rows of tables, no sums or groups: a shared store locks what must stay there.
 */
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
  /** Taken away with this commit; never what it appends itself. */
  erase?: readonly Erasure[]
}

/**
 * Events whose payloads are to go: nobody reads them from the commit on, and within ten minutes
 * their bytes are gone from the disk. Numbers and hashes stay, so the chain still verifies.
 */
export interface Erasure {
  stream: StreamName
  /** Only events whose `thread_id` is this one; without it every event of the stream so far. */
  threadId?: string
}

export type CommitResult =
  | { status: 'committed'; appended: { stream: StreamName; first: number; last: number }[] }
  | { status: 'stale_fence' }
  /** The first expectation that failed, with what its query found. */
  | { status: 'unexpected'; name: string; rows: Row[] }

/** Of each range only `keep` stays, at its own sequence number; without it nothing does. */
export interface Compaction {
  stream: StreamName
  ranges: readonly { first: number; last: number; keep?: StoredEvent }[]
}

/** Where a reader may start. Never null, never an exception. */
export type Plan =
  | { kind: 'range'; after: number; head: number }
  | { kind: 'snapshot'; why: 'too_old' | 'compacted'; head: number }
  | { kind: 'ahead'; head: number }
  | { kind: 'other_epoch'; head: number }
  | { kind: 'unknown' }

/** How much of the store's capacity is taken; `leaked` is what was taken and never given back. */
export interface PoolNumbers {
  inUse: number
  waiting: number
  leaked: number
  size: number
}

export interface JournalStatus {
  pool?: PoolNumbers
  writable: boolean
  /** Why it is not, in words. */
  problem?: string
  /** Set when this process could not prove that nothing was lost and gave a new epoch: why, in words. */
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
  /** Changes when the store is found to be less than what it acknowledged: never keep it. */
  readonly epoch: string
  /** Builds and runs queries over `Tables`; writes built with it go through `commit` (`.compile()`). */
  readonly db: Kysely<Tables>
  commit(commit: Commit): Promise<CommitResult>
  /** The last sequence number of a stream; 0 when it has none. */
  head(stream: StreamName): Promise<number>
  plan(stream: StreamName, position: string | null): Promise<Plan>
  /**
   * Events with `seq > after`, in order, at least one if there is one, then up to both limits. What
   * is read has no gap: it ends before the first event that was removed.
   *
   * @throws EventsRemoved when the very next event was erased or compacted: a snapshot leads on.
   */
  read(
    stream: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): Promise<StoredEvent[]>
  /**
   * As `read`, but passes over what was removed and takes what a compaction kept: for folds and
   * recovery, never for delivery. `through` is how far was looked; at the head there is no more.
   */
  readKept(
    stream: StreamName,
    after: number,
    limit: { events: number; bytes: number },
  ): Promise<{ events: StoredEvent[]; through: number }>
  /** Called after each durable commit of this process, in commit order; answers an unsubscribe. */
  onCommitted(
    listener: (stream: StreamName, first: number, events: readonly NewEvent[]) => void,
  ): () => void
  /**
   * Tells the head when another process appended to the stream, soon after it did; answers an
   * unfollow. A store of one process has nothing to tell.
   */
  follow(stream: StreamName, listener: (head: number) => void): () => void
  /** Called with the reason when the epoch changed: every position given out before is void. */
  onEpochChanged(listener: (why: string) => void): () => void
  /** Removes payloads whose content a kept event or a later one repeats; numbers and hashes stay. */
  compact(compaction: Compaction): Promise<void>
  /** The store's own time in milliseconds, as part of a statement: leases compare with nothing else. */
  now(): RawBuilder<number>
  status(): JournalStatus
}

/**
 * The store refused or died. Nothing of the commit is visible in this process; a later start may find
 * it after all, when the disk took it and only the answer was lost: retry with the same idempotency key.
 */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable'
}

/** The next event of the stream was erased or compacted. */
export class EventsRemoved extends Error {
  override readonly name = 'EventsRemoved'
}

/** A statement of `rows`, `expect` or a query is wrong (a constraint, a name): nothing was written. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed'
}

export const positionOf = (epoch: string, seq: number): Position => `${epoch}:${seq}`
