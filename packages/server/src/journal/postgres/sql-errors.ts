import { StatementFailed } from '../journal.ts'
import { messageOf } from '../outcome.ts'
import { HOW_TO_WRITE } from '../read-only-dialect.ts'
import { StoreLost } from './shared-store.ts'

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** What PostgreSQL adds to its message: the key that was taken already, for example. */
export const detailOf = (error: unknown): string =>
  error instanceof Error && 'detail' in error ? String(error.detail) : ''

/** An error of PostgreSQL has five characters; the operating system's and pg's own are no such. */
const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code)

const DEADLOCK_OR_SERIALIZATION = '40'
const LOCK_NOT_AVAILABLE = '55P03'
const UNIQUE_VIOLATION = '23505'
const READ_ONLY = '25006'
const CANCELLED = '57014'

/**
 * Connection, resources (a full disk among them), shut-down, system errors, damaged files, wrong
 * password or database: nothing that another statement would do better at.
 */
const OF_THE_STORE = ['08', '25P03', '28', '3D', '53', '57', '58', 'F0', 'XX']

/** The whole transaction may succeed when it is tried again. */
export const isCollision = (error: unknown): boolean =>
  codeOf(error).startsWith(DEADLOCK_OR_SERIALIZATION) || codeOf(error) === LOCK_NOT_AVAILABLE

/** The statement itself is at fault: its own commit fails, and no other. */
export const isOwnFault = (error: unknown): boolean => {
  const code = codeOf(error)
  if (!isSqlState(code) || isCollision(error) || code === READ_ONLY) return false
  return !OF_THE_STORE.some((start) => code.startsWith(start))
}

export const isDuplicate = (error: unknown): boolean => codeOf(error) === UNIQUE_VIOLATION

/** A query's failure as the journal names it. */
export function queryError(error: unknown): Error {
  if (codeOf(error) === READ_ONLY) return new StatementFailed(HOW_TO_WRITE, { cause: error })
  if (isOwnFault(error) || codeOf(error) === CANCELLED) {
    return new StatementFailed(messageOf(error), { cause: error })
  }
  return lost(error)
}

export const lost = (error: unknown): StoreLost =>
  error instanceof StoreLost ? error : new StoreLost(messageOf(error), { cause: error })
