import { HttpError } from './http-error.ts'

const STATUS: Record<string, [number, string]> = {
  malformed: [422, 'VALIDATION_ERROR'],
  conflict: [409, 'DB_RECORD_EXISTS'],
  not_found: [404, 'DB_RECORD_NOT_FOUND'],
}

/** A wish that the settings refuse carries a code; its message is written for the administrator. */
export async function granting<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const known = STATUS[code]
    if (!known || !(error instanceof Error)) throw error
    throw new HttpError(known[0], known[1], error.message)
  }
}
