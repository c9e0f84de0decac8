import type { Row, Statement } from '../../platform/statement.ts'
import type { CommitResult, Expectation, StreamName } from '../journal.ts'
import type { Failure } from './failures.ts'

/** A commit as the writer sees it: an event is its payload alone. */
export interface CommitRequest {
  appends: readonly { stream: StreamName; payloads: readonly string[] }[]
  rows: readonly Statement[]
  expect: readonly Expectation[]
  fence: { runId: string; fence: number } | undefined
}

export type CommitOutcome = CommitResult | { status: 'failed'; failure: Failure }

/** What a commit carries beside its events and its fence. */
export type Conditions = Pick<CommitRequest, 'rows' | 'expect'>

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
}

export type WriterRequest =
  | { kind: 'commits'; group: PackedGroup }
  | { kind: 'head'; stream: StreamName }
  | {
      kind: 'read'
      stream: StreamName
      after: number
      limit: { events: number; bytes: number }
    }
  | { kind: 'close' }

export type WriterAnswer =
  | { kind: 'commits'; outcomes: PackedOutcomes; problem?: Failure }
  | { kind: 'head'; head: number }
  | { kind: 'read'; events: StoredPayloads }
  | { kind: 'closed' }
  | { kind: 'failed'; failure: Failure }

/** The first message of the writer, before any request. */
export interface Opened {
  epoch: string
  /** Why the epoch changed at this start; absent when the log is what its mark says. */
  epochChanged?: string
}

export type ReaderRequest = { kind: 'query'; statement: Statement } | { kind: 'close' }

export type ReaderAnswer =
  | { kind: 'rows'; rows: Row[] }
  | { kind: 'closed' }
  | { kind: 'failed'; failure: Failure }
