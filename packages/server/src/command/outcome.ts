import type { Withheld } from '../platform/recovery/service-mode.ts'

/** Why a command was refused; the codes are those of protocol.md `error.code`. */
export type RefusalCode =
  | 'malformed'
  | 'too_large'
  | 'not_found'
  | 'conflict'
  | 'rate_limited'
  | 'busy'
  | 'expired'
  | 'unavailable'
  | 'unsupported'
  | 'internal'

export interface Refusal {
  ok: false
  code: RefusalCode
  /** For the person; says what to do. */
  message: string
  retry: 'no' | 'same' | 'new' | 'after'
  afterMs?: number
  /** What is wrong with an answer, by field. */
  problems?: Record<string, string>
}

export type Outcome<Answer> = { ok: true; answer: Answer } | Refusal

export const done = <Answer>(answer: Answer): Outcome<Answer> => ({ ok: true, answer })

export const refuse = (
  code: RefusalCode,
  message: string,
  retry: Refusal['retry'] = 'no',
  afterMs?: number,
): Refusal => ({ ok: false, code, message, retry, ...(afterMs !== undefined && { afterMs }) })

/** For what the mode of service does not allow at the moment. */
export const withheld = ({ why, afterMs }: Withheld): Refusal =>
  refuse('unavailable', why, 'after', afterMs)

/** The same words for what is absent and for what is somebody else's. */
export const notFound = (what: string): Refusal => refuse('not_found', `There is no such ${what}.`)
