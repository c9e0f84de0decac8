import { createHmac, timingSafeEqual } from 'node:crypto'

import { AUDIENCE } from '../../identity/identity.ts'

export const CLOCK_SKEW_SECONDS = 60
const MAX_TOKEN_CHARS = 4096
const MAX_LIFE_SECONDS = 24 * 3600

export interface TestClaims {
  /** As text, digit by digit; a number would lose digits and is refused. */
  sub: string
  name: string | undefined
  /** Seconds since the epoch. */
  exp: number
}

export type VerifiedTest =
  | { ok: true; claims: TestClaims }
  | { ok: false; why: 'invalid' | 'expired' }

/** Whether a token says that it is signed by a shared secret; unverified. */
export const claimsHs256 = (token: string): boolean =>
  token.length <= MAX_TOKEN_CHARS && decode(token.split('.')[0] ?? '')?.alg === 'HS256'

/**
 * Verifies a token that a test suite signed for itself (RFC 7519, HS256 alone). It must end within a
 * day; what else it claims (roles, permissions, an e-mail address) counts for nothing.
 */
export function verifyTestToken(token: string, secret: string, nowMs: number): VerifiedTest {
  const claims = signedClaims(token, secret)
  const now = nowMs / 1000
  if (claims === undefined || !isWithin(claims, now)) return { ok: false, why: 'invalid' }
  const { sub, exp, name } = claims
  if (typeof sub !== 'string' || !isSubject(sub)) return { ok: false, why: 'invalid' }
  if (Number(exp) + CLOCK_SKEW_SECONDS <= now) return { ok: false, why: 'expired' }
  const shown = typeof name === 'string' ? name : undefined
  return { ok: true, claims: { sub, name: shown, exp: Number(exp) } }
}

const SERVICE = 'service:'

/** Any text of 1 to 128 characters that comes back from the store as it went in; no service's name. */
export const isSubject = (text: string): boolean =>
  text.length >= 1 &&
  text.length <= 128 &&
  text.isWellFormed() &&
  !/\p{Cc}/u.test(text) &&
  text.trim() === text &&
  !text.toLowerCase().startsWith(SERVICE)

function isWithin(claims: Record<string, unknown>, now: number): boolean {
  const { iat, nbf, exp, aud, type } = claims
  const isPast = (time: unknown): boolean =>
    time === undefined ||
    (typeof time === 'number' && time >= 0 && time <= now + CLOCK_SKEW_SECONDS)
  return (
    typeof exp === 'number' &&
    Number.isFinite(exp) &&
    exp <= now + MAX_LIFE_SECONDS + CLOCK_SKEW_SECONDS &&
    isPast(iat) &&
    isPast(nbf) &&
    (aud === undefined || aud === AUDIENCE.access) &&
    (type === undefined || type === 'access')
  )
}

function signedClaims(token: string, secret: string): Record<string, unknown> | undefined {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  const parts = token.split('.')
  const [head, body, signature] = parts
  if (parts.length !== 3 || !head || !body || !signature) return undefined
  const header = decode(head)
  if (header?.alg !== 'HS256' || header.typ !== 'JWT' || 'crit' in header) return undefined
  const given = Buffer.from(signature, 'base64url')
  // One spelling per token: base64url leaves unused bits that would otherwise admit others.
  if (given.toString('base64url') !== signature) return undefined
  const wanted = createHmac('sha256', secret).update(`${head}.${body}`).digest()
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
  return decode(body)
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
