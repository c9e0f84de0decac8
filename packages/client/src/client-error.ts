import type { ErrorCode, Retry } from '@netra/protocol'

/** The server refused a command. `retry` says what may still help; the SDK has done what it can. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: ErrorCode
  readonly retry: Retry
  readonly afterMs: number | undefined

  constructor(refusal: {
    code: ErrorCode
    message: string
    retry: Retry
    afterMs?: number | undefined
  }) {
    super(refusal.message)
    this.code = refusal.code
    this.retry = refusal.retry
    this.afterMs = refusal.afterMs
  }
}

/** The client was closed, or the server ended it for good, before a command had its answer. */
export class ClientStopped extends Error {
  override readonly name = 'ClientStopped'
  /** The close code, when a server gave one. */
  readonly code: number | undefined

  constructor(message: string, code?: number) {
    super(message)
    this.code = code
  }
}

/** Credentials that cannot be had any more: the person has to sign in again. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut'
}

/** A stream that is not there (any more), or that cannot be read. */
export class StreamEnded extends Error {
  override readonly name = 'StreamEnded'
  readonly stream: string
  readonly phase: 'gone' | 'broken'

  constructor(stream: string, phase: 'gone' | 'broken', problem: string | null) {
    super(`${stream}: ${problem ?? phase}`)
    this.stream = stream
    this.phase = phase
  }
}
