import { CircuitOpen } from '../../platform/circuit-breaker.ts'
import { SignInNeeded, type McpAuthServer } from '../auth-port.ts'

/** `message` is for the person. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed'
}

/** The sign-in may still be good: nobody is asked to sign in again for an outage. */
export function renewalFailed(server: McpAuthServer, error: unknown): Error {
  if (error instanceof SignInNeeded) return error
  const why =
    error instanceof CircuitOpen
      ? 'it failed several times; it is tried again soon'
      : wordsOf(error)
  return new SignInFailed(`The sign-in to ${server.name} cannot be renewed right now: ${why}`, {
    cause: error,
  })
}

const LONGEST_WORDS = 300

/** What the other side or the network said, cut: it is from outside. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_WORDS)
