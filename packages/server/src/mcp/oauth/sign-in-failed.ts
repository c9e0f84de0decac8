import { CircuitOpen } from '../../platform/circuit-breaker.ts'
import { SignInFailed, SignInNeeded, type McpAuthServer } from '../auth-port.ts'
import { knownCode } from '../fault-code.ts'
import { cut, withoutInvisible } from '../plain-text.ts'

/**
 * The sign-in may still be good: nobody is asked to sign in again for an outage. Models read this, so
 * that nothing that the other side wrote is in it.
 */
export function renewalFailed(server: McpAuthServer, error: unknown): Error {
  if (error instanceof SignInNeeded) return error
  const why =
    error instanceof CircuitOpen
      ? 'it failed several times; it is tried again soon'
      : (knownCode(error) ?? 'what it answered cannot be used')
  return new SignInFailed(`The sign-in to ${server.name} cannot be renewed right now: ${why}.`, {
    cause: error,
  })
}

const LONGEST_WORDS = 300

/** For the person alone: what the other side or the network said, cut, without what nobody sees. */
export const wordsOf = (error: unknown): string =>
  cut(withoutInvisible(error instanceof Error ? error.message : String(error)), LONGEST_WORDS)
