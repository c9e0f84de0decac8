import type { Row, Statement } from '../../platform/statement.ts'
import type { Commit, Compaction, PoolNumbers, StoredEvent, StreamName } from '../journal.ts'
import type { CommitOutcome } from '../outcome.ts'

/** One life of the store. `number` only grows, so that of two answers the later is known. */
export interface Epoch {
  number: number
  name: string
  /** Why it began, in words. */
  why: string
}

/** What is known of a stream: how far it goes, and up to where something was removed. */
export interface StreamHead {
  head: number
  /** The highest sequence number that was erased, compacted or lost; 0 when none was. */
  removedThrough: number
}

/** One event that was acknowledged: a store that lacks it is not the store it was. */
export interface Mark {
  epoch: string
  stream: StreamName
  seq: number
  /** SHA-256 of its payload in hex. */
  hash: string
}

/** What the asking process knows to be durable; a store that knows less has gone back in time. */
export interface Known {
  mark(): Mark | undefined
  /** The last sequence number that this process saw of a stream; 0 when it saw none. */
  head(stream: StreamName): number
}

export interface GroupAnswer {
  epoch: Epoch
  outcomes: CommitOutcome[]
  /** The last event of the group; undefined when it appended none. */
  mark: Mark | undefined
}

export interface Heads {
  epoch: Epoch
  /** Streams that nobody wrote to are left out. */
  streams: ReadonlyMap<StreamName, StreamHead>
}

/** Where a scrub goes on. */
export interface ScrubPlace {
  stream: number
  seq: number
  chain: Uint8Array
}

type Limit = { events: number; bytes: number }

/**
 * A store that several processes write at once. It keeps nothing in memory that another process
 * could make untrue; every answer is what is durable at that moment.
 *
 * @throws StoreLost from everything, when it cannot be reached: whether a commit under way was taken
 * is then unknown.
 */
export interface SharedStore extends AsyncDisposable {
  /**
   * Connects again if need be and proves that the store takes writes and holds all that is `known`.
   *
   * @throws StoreWentBack when it lacks something.
   */
  check(known: { mark: Mark | undefined; heads: ReadonlyMap<StreamName, number> }): Promise<Epoch>
  /**
   * All commits in one transaction and in their order. One that fails by its own fault leaves
   * nothing and harms no other. Numbers are given under locks that are held until the commit is
   * durable, so no reader ever sees `n + 1` before `n`.
   *
   * @throws StoreWentBack when a stream ends before its known head; nothing was written.
   */
  commit(commits: readonly Commit[], known: Known): Promise<GroupAnswer>
  heads(streams: readonly StreamName[]): Promise<Heads>
  /**
   * @throws EventsRemoved as the journal's `read`.
   * @throws StreamDamaged when an event is missing or is not what was written.
   */
  read(stream: StreamName, after: number, limit: Limit): Promise<StoredEvent[]>
  /** @throws StreamDamaged as `read`. */
  readKept(
    stream: StreamName,
    after: number,
    limit: Limit,
  ): Promise<{ events: StoredEvent[]; through: number }>
  query<R extends Row = Row>(statement: Statement): Promise<R[]>
  compact(compaction: Compaction): Promise<void>
  /** A new epoch, unless one began since `since`: several processes may notice the same. */
  beginEpoch(since: Epoch, why: string): Promise<Epoch>
  /** A new epoch in which the lost events of the stream count as removed and its chain holds again. */
  reseal(stream: StreamName, since: Epoch, why: string): Promise<Epoch>
  /** Of its connections; absent where there are none. */
  pool?(): PoolNumbers
  /** Verifies some more events; undefined once all streams were seen. One process at a time does. */
  scrub(from: ScrubPlace | undefined, events: number): Promise<ScrubPlace | undefined>
}

/** The store cannot be reached, or refuses writes. */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
}

/** The store lacks what it had acknowledged. */
export class StoreWentBack extends Error {
  override readonly name = 'StoreWentBack'
}

/** Events of a stream are missing, or are not what was written. */
export class StreamDamaged extends Error {
  override readonly name = 'StreamDamaged'
  readonly stream: StreamName

  constructor(stream: StreamName, why: string) {
    super(why)
    this.stream = stream
  }
}

/** @throws StoreWentBack when the stream ends before an event that was acknowledged. */
export function refuseShorter(stream: StreamName, found: number, known: number): void {
  if (found >= known) return
  throw new StoreWentBack(`${stream} ends at ${found}, but event ${known} was acknowledged`)
}
