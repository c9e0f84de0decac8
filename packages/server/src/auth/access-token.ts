import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

import { uuidv7 } from '../platform/ids.ts'
import type { StoredKey } from './key-files.ts'

const ISSUER = 'netra-auth-service'
const AUDIENCE = 'netra'
const ACCESS_TOKEN_SECONDS = 900
const CLOCK_SKEW_SECONDS = 60
const MAX_TOKEN_CHARS = 4096

export interface Claims {
  sub: string
  email: string
  permissions: string[]
  iat: number
  exp: number
  iss: string
  aud: string
  jti: string
  type: string
  sid: string
}

export type Verified = { ok: true; claims: Claims } | { ok: false; why: 'invalid' | 'expired' }

export interface PublicJwk {
  kid: string
  kty: string
  alg: 'RS256'
  use: 'sig'
  n: string
  e: string
}

/**
 * Signs and verifies access tokens (RFC 7519, RS256 alone). The header chooses a key, never an
 * algorithm: a token of any other `alg` is refused before a key is looked up.
 */
export class AccessTokens {
  readonly #signing: { kid: string; key: KeyObject }
  readonly #verifying: ReadonlyMap<string, KeyObject>

  /** A token's life. */
  readonly seconds: number

  constructor(keys: readonly [StoredKey, ...StoredKey[]], seconds = ACCESS_TOKEN_SECONDS) {
    this.seconds = seconds
    this.#signing = { kid: keys[0].kid, key: createPrivateKey(keys[0].privateKey) }
    this.#verifying = new Map(keys.map(({ kid, privateKey }) => [kid, createPublicKey(privateKey)]))
  }

  issue(
    subject: { userId: string; email: string; permissions: string[]; sessionId: string },
    nowMs: number,
  ): string {
    const issuedAt = Math.floor(nowMs / 1000)
    const claims: Claims = {
      sub: subject.userId,
      email: subject.email,
      permissions: subject.permissions,
      iat: issuedAt,
      exp: issuedAt + this.seconds,
      iss: ISSUER,
      aud: AUDIENCE,
      jti: uuidv7(),
      type: 'access',
      sid: subject.sessionId,
    }
    const head = encode({ alg: 'RS256', kid: this.#signing.kid, typ: 'JWT' })
    const signed = `${head}.${encode(claims)}`
    const signature = sign('RSA-SHA256', Buffer.from(signed), this.#signing.key)
    return `${signed}.${signature.toString('base64url')}`
  }

  verify(token: string, nowMs: number): Verified {
    const claims = this.#signedClaims(token)
    if (claims === undefined) return { ok: false, why: 'invalid' }
    const now = nowMs / 1000
    if (claims.iat > now + CLOCK_SKEW_SECONDS) return { ok: false, why: 'invalid' }
    if (claims.exp + CLOCK_SKEW_SECONDS <= now) return { ok: false, why: 'expired' }
    return { ok: true, claims }
  }

  /** The keys that others need to verify our tokens. */
  jwks(): { keys: PublicJwk[] } {
    const keys = [...this.#verifying].map(([kid, key]): PublicJwk => {
      const { kty = '', n = '', e = '' } = key.export({ format: 'jwk' })
      return { kid, kty, alg: 'RS256', use: 'sig', n, e }
    })
    return { keys }
  }

  #signedClaims(token: string): Claims | undefined {
    if (token.length > MAX_TOKEN_CHARS) return undefined
    const parts = token.split('.')
    const [head, body, signature] = parts
    if (parts.length !== 3 || !head || !body || !signature) return undefined
    const key = this.#keyFor(decode(head))
    if (key === undefined) return undefined
    const bytes = Buffer.from(signature, 'base64url')
    // One spelling per token: base64url leaves unused bits that would otherwise admit others.
    if (bytes.toString('base64url') !== signature) return undefined
    if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, bytes)) return undefined
    const claims = decode(body)
    return isClaims(claims) ? claims : undefined
  }

  #keyFor(header: Record<string, unknown> | undefined): KeyObject | undefined {
    if (header === undefined || header.alg !== 'RS256' || header.typ !== 'JWT') return undefined
    if ('crit' in header || typeof header.kid !== 'string') return undefined
    return this.#verifying.get(header.kid)
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isClaims = (claims: unknown): claims is Claims =>
  isRecord(claims) &&
  claims.iss === ISSUER &&
  claims.aud === AUDIENCE &&
  claims.type === 'access' &&
  typeof claims.sub === 'string' &&
  typeof claims.sid === 'string' &&
  typeof claims.email === 'string' &&
  Number.isFinite(claims.iat) &&
  Number.isFinite(claims.exp)
