import { messageOf, type Failure } from '../outcome.ts'

const FULL = 13
/** Out of memory, read-only, I/O, corrupt, full, cannot open, not a database. */
const STORAGE = new Set([7, 8, 10, 11, FULL, 14, 26])

const primaryCode = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0

export const isStorageFailure = (error: unknown): boolean => STORAGE.has(primaryCode(error))

/** The file is not a database any more where this was looked for. */
export const isCorruption = (error: unknown): boolean => [11, 26].includes(primaryCode(error))

export const isReadOnlyFailure = (error: unknown): boolean => primaryCode(error) === 8

/** A transaction failed before its commit began: only a full disk leaves the handle trustworthy. */
export function toFailure(error: unknown): Failure {
  const message = messageOf(error)
  if (primaryCode(error) === FULL) return { kind: 'full', message: `the disk is full: ${message}` }
  return { kind: 'broken', message }
}
