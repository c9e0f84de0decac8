import type { CommitResult } from './journal.ts'
import { JournalUnavailable, StatementFailed } from './journal.ts'

/** What went wrong, in a form that crosses threads. */
export type Failure =
  | { kind: 'statement'; message: string }
  /** No room: nothing was written, and the same handle may try again. */
  | { kind: 'full'; message: string }
  /** The handle cannot be trusted any more: its outcome is unknown and it is not used again. */
  | { kind: 'broken'; message: string }

export type CommitOutcome = CommitResult | { status: 'failed'; failure: Failure }

export const toError = ({ kind, message }: Failure): Error =>
  kind === 'statement' ? new StatementFailed(message) : new JournalUnavailable(message)

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
