import type { Row, Statement } from '../../platform/statement.ts'
import type { Compaction, Erasure, Expectation, StreamName } from '../journal.ts'
import type { CommitOutcome, Failure } from '../outcome.ts'

/** A commit as the writer sees it: an event is its payload alone. */
export interface CommitRequest {
  appends: readonly { stream: StreamName; payloads: readonly string[] }[]
  rows: readonly Statement[]
  expect: readonly Expectation[]
  fence: { runId: string; fence: number } | undefined
  erase: readonly Erasure[]
}

/** What a commit carries beside its events and its fence. */
export type Conditions = Pick<CommitRequest, 'rows' | 'expect' | 'erase'>

/**
 * Several commits in the form that crosses threads fastest: copying one long text costs as much as
 * copying a few small objects, and a busy server passes thousands of events a second.
 */
export interface PackedGroup {
  text: string
  /** UTF-16 units of each event, in order. */
  lengths: Uint32Array
  names: StreamName[]
  /** Per append: index of its commit, index of its stream's name, number of its events. */
  appends: Uint32Array
  /** How many commits there are. */
  commits: number
  /** Of the commits that have one: the run, and in `fences` index of the commit and fence. */
  runs: string[]
  fences: Float64Array
  /** Of the commits that have some. */
  conditions: [index: number, conditions: Conditions][]
}

export interface PackedOutcomes {
  /** Per append of the group: the sequence number of its first event. */
  firsts: Float64Array
  /** What did not end in a commit. */
  others: [index: number, outcome: CommitOutcome][]
}

export interface StoredPayloads {
  first: number
  payloads: string[]
  /** The very first event was removed. */
  removed?: true
}

export interface KeptPayloads {
  seqs: number[]
  payloads: string[]
  /** How far was looked. */
  through: number
}

type ReadRequest = {
  stream: StreamName
  after: number
  limit: { events: number; bytes: number }
}

export type WriterRequest =
  | { kind: 'commits'; group: PackedGroup }
  | { kind: 'head'; stream: StreamName }
  | ({ kind: 'read' } & ReadRequest)
  | ({ kind: 'read_kept' } & ReadRequest)
  | { kind: 'compact'; compaction: Compaction }
  /** Takes some more payloads of removed events out of the file, and in the end out of its WAL. */
  | { kind: 'overwrite' }
  /** Verifies some more rows of the log. */
  | { kind: 'scrub'; rows: number }
  /** Something beside the log was found damaged. */
  | { kind: 'damaged'; why: string }
  | { kind: 'close' }

export type WriterAnswer = (
  | { kind: 'commits'; outcomes: PackedOutcomes; problem?: Failure }
  | { kind: 'head'; head: number; removedThrough: number }
  | { kind: 'read'; events: StoredPayloads }
  | { kind: 'read_kept'; events: KeptPayloads }
  | { kind: 'compacted' }
  | { kind: 'overwritten'; left: 'rows' | 'wal' | 'nothing' }
  | { kind: 'scrubbed'; done: boolean }
  | { kind: 'noted' }
  | { kind: 'closed' }
  | { kind: 'failed'; failure: Failure }
) & {
  /** What was found on the way began a new epoch. */
  changed?: NewEpoch
}

export interface NewEpoch {
  epoch: string
  why: string
}

/** The first message of the writer, before any request. */
export interface Opened {
  epoch: string
  /** Why the epoch changed at this start; absent when the log is what its mark says. */
  epochChanged?: string
  /** Payloads of removed events are still in the file. */
  toOverwrite: boolean
}

export type ReaderRequest = { kind: 'query'; statement: Statement } | { kind: 'close' }

export type ReaderAnswer =
  /** `open`: the query left a transaction open, which keeps the log from being emptied. */
  | { kind: 'rows'; rows: Row[]; open?: boolean }
  | { kind: 'closed' }
  /** `corrupt`: the file is not what SQLite wrote. */
  | { kind: 'failed'; failure: Failure; corrupt?: boolean }
