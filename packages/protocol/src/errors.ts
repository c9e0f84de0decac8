import { z } from 'zod'

/** Closed lists: a new code is a new protocol version. */
export const ERROR_CODES = [
  'malformed',
  'unknown_type',
  'too_large',
  'not_found',
  'conflict',
  'rate_limited',
  'busy',
  'expired',
  'unavailable',
  'unsupported',
  'internal',
] as const

export const AGENT_FAILURE_CODES = [
  'model_auth',
  'model_refused',
  'model_rate_limited',
  'model_stalled',
  'model_cut',
  'tool_failed',
  'timeout',
  'budget',
  'out_of_memory',
  'interrupted',
  'internal',
] as const

/**
 * What the receiver does next. `no`: give up. `same`: send the same message again, same ids. `new`:
 * send it again as a new message. `after`: the same again, once `after_ms` has passed.
 */
export const RETRIES = ['no', 'same', 'new', 'after'] as const

export const errorCodeSchema = z.enum(ERROR_CODES)
export const agentFailureCodeSchema = z.enum(AGENT_FAILURE_CODES)
export const retrySchema = z.enum(RETRIES)

export type ErrorCode = z.infer<typeof errorCodeSchema>
export type AgentFailureCode = z.infer<typeof agentFailureCodeSchema>
export type Retry = z.infer<typeof retrySchema>
