import { randomBytes } from 'node:crypto'

import { uuidv7 } from '../../platform/ids.ts'

/** The body of every HTTP error (classic-api.md "Errors"); the two messages are always text. */
export interface ErrorBody {
  error: true
  error_code: string
  message: string
  user_message: string
  details?: unknown
  trace_id: string
  timestamp: string
  request_id: string
}

export const errorBody = (
  code: string,
  message: string,
  extra: { details?: unknown; requestId?: string; traceId?: string } = {},
): ErrorBody => ({
  error: true,
  error_code: code,
  message,
  user_message: message,
  ...(extra.details !== undefined && { details: extra.details }),
  trace_id: extra.traceId ?? randomBytes(16).toString('hex'),
  timestamp: new Date().toISOString(),
  request_id: extra.requestId ?? uuidv7(),
})
