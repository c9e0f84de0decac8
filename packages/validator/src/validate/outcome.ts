/** What the check was about is not so. Its message says what was seen and what was due. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure'
}

/** A limit turned the check away (429, 4504…), which says nothing of what it is about. */
export class CheckRefused extends CheckFailure {}

/** Nothing came in the time that was given. */
export class CheckTimedOut extends CheckFailure {}

/** It cannot be tried with what the run was given (accounts, a model…). Counts as not passed. */
export class CheckSkipped extends CheckFailure {}

/** Something that was sent and what came back, for the report. Secrets are left out by who notes it. */
export interface Exchange {
  sent: string
  received: string
  /** From sending to the whole answer. */
  durationMs: number
  /** Of an HTTP answer; of 400 or more it fails the check unless it is `expected`. */
  status?: number
  /** Whether the status is what was due. */
  expected?: boolean
}

/** Only `passed` counts as passed. */
export type Outcome = 'passed' | 'failed' | 'timed_out' | 'error' | 'skipped' | 'refused'
