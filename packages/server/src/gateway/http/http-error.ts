import type { z } from 'zod'

import type { RefusalCode } from '../../command/command.ts'
import { problemWords } from '../../platform/problem-words.ts'

/** A refusal on its way to the error handler; `message` is for the person. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string
  readonly details: unknown
  readonly retryAfterMs: number | undefined
  /** Which limit a 429 is of, for the metrics. */
  readonly limit: string | undefined
  /** An outage that has lines of its own in the log: not each request that met it. */
  readonly isToldElsewhere: boolean
  /** Of a 405: the methods that there are. */
  readonly allow: string | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    extra: {
      details?: unknown
      retryAfterMs?: number
      limit?: string
      isToldElsewhere?: boolean
      allow?: string
    } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.details = extra.details
    this.retryAfterMs = extra.retryAfterMs
    this.limit = extra.limit
    this.isToldElsewhere = extra.isToldElsewhere ?? false
    this.allow = extra.allow
  }
}

export const absent = (what: string): HttpError =>
  new HttpError(404, 'DB_RECORD_NOT_FOUND', `There is no such ${what}.`)

/** What a route that is not there answers; also of one that is turned off. */
export const nothingAt = (request: { method: string; url: string }): HttpError =>
  new HttpError(
    404,
    'NOT_FOUND',
    `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
  )

const BY_REFUSAL: Record<RefusalCode, [number, string]> = {
  malformed: [422, 'VALIDATION_ERROR'],
  too_large: [413, 'VALIDATION_ERROR'],
  not_found: [404, 'DB_RECORD_NOT_FOUND'],
  conflict: [409, 'DB_RECORD_EXISTS'],
  rate_limited: [429, 'RATE_LIMITED'],
  busy: [503, 'SERVICE_UNAVAILABLE'],
  expired: [410, 'EXPIRED'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  unsupported: [422, 'VALIDATION_ERROR'],
  internal: [500, 'INTERNAL_ERROR'],
}

export const fromRefusal = (refusal: {
  code: RefusalCode
  message: string
  afterMs?: number
}): HttpError => {
  const [status, code] = BY_REFUSAL[refusal.code]
  return new HttpError(status, code, refusal.message, {
    ...(refusal.afterMs !== undefined && { retryAfterMs: refusal.afterMs }),
    ...(refusal.code === 'rate_limited' && { limit: 'messages' }),
    ...(refusal.code === 'busy' && { limit: 'runs' }),
    ...(refusal.code === 'unavailable' && { isToldElsewhere: true }),
  })
}

/** A body or query as its schema says. @throws HttpError 422 that names each wrong field. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {}, { error: problemWords })
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    problem: issue.message,
  }))
  const [first] = details
  const { field = '', problem = 'is not valid' } = first ?? {}
  const isPredicate = /^(?:is|must|has) /.test(problem)
  const where = isPredicate ? `${field || 'What was sent'} ` : field && `${field}: `
  throw new HttpError(422, 'VALIDATION_ERROR', `${where}${problem}`, { details })
}
