import { createPublicKey, verify, type KeyObject } from 'node:crypto'

export const ISSUER = 'netra-auth-service'
const CLOCK_SKEW_SECONDS = 60
const MAX_TOKEN_CHARS = 4096
/** Tokens whose signature was found right and need not be looked at again. */
const MAX_REMEMBERED = 4096

/** Who a token is for. `access`: a person, at a node. `service`: another service, at the auth service. */
export type TokenType = 'access' | 'service'

export const AUDIENCE: Record<TokenType, string> = { access: 'netra', service: 'netra-auth' }

export interface Claims {
  sub: string
  email: string
  permissions: string[]
  iat: number
  exp: number
  iss: string
  aud: string
  jti: string
  type: TokenType
  /** The login session; empty in a service's token. */
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
 * Verifies tokens without asking anybody (RFC 7519, RS256 alone). The header chooses a key, never an
 * algorithm: a token of any other `alg` is refused before a key is looked up.
 */
export class TokenVerifier {
  readonly #keys: ReadonlyMap<string, KeyObject>
  /** A signature that was right once stays right; whether it still counts is looked at every time. */
  readonly #remembered = new Map<string, Claims>()

  constructor(keys: Iterable<readonly [kid: string, key: KeyObject]>) {
    this.#keys = new Map(keys)
  }

  /** @throws when a key is not an RSA key in JWK form. */
  static fromJwks({ keys }: { keys: readonly PublicJwk[] }): TokenVerifier {
    return new TokenVerifier(
      keys.map(({ kid, kty, n, e }) => {
        const key = { kty, n, e }
        return [kid, createPublicKey({ key, format: 'jwk' })] as const
      }),
    )
  }

  /** The key's name in a token's header, whether or not it is known here; unverified. */
  static keyIdOf(token: string): string | undefined {
    if (token.length > MAX_TOKEN_CHARS) return undefined
    const kid = decode(token.split('.')[0] ?? '')?.kid
    return typeof kid === 'string' ? kid : undefined
  }

  knows(kid: string): boolean {
    return this.#keys.has(kid)
  }

  verify(token: string, nowMs: number, type: TokenType = 'access'): Verified {
    const claims = this.#signedClaims(token, type)
    if (claims === undefined) return { ok: false, why: 'invalid' }
    const now = nowMs / 1000
    if (claims.iat > now + CLOCK_SKEW_SECONDS) return { ok: false, why: 'invalid' }
    if (claims.exp + CLOCK_SKEW_SECONDS <= now) return { ok: false, why: 'expired' }
    return { ok: true, claims }
  }

  jwks(): { keys: PublicJwk[] } {
    const keys = [...this.#keys].map(([kid, key]): PublicJwk => {
      const { kty = '', n = '', e = '' } = key.export({ format: 'jwk' })
      return { kid, kty, alg: 'RS256', use: 'sig', n, e }
    })
    return { keys }
  }

  #signedClaims(token: string, type: TokenType): Claims | undefined {
    const known = this.#remembered.get(token)
    if (known) return known.type === type ? known : undefined
    const claims = this.#checkedClaims(token, type)
    if (claims) this.#remember(token, claims)
    return claims
  }

  #remember(token: string, claims: Claims): void {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys()
      if (oldest !== undefined) this.#remembered.delete(oldest)
    }
    this.#remembered.set(token, claims)
  }

  #checkedClaims(token: string, type: TokenType): Claims | undefined {
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
    return isClaims(claims, type) ? claims : undefined
  }

  #keyFor(header: Record<string, unknown> | undefined): KeyObject | undefined {
    if (header === undefined || header.alg !== 'RS256' || header.typ !== 'JWT') return undefined
    if ('crit' in header || typeof header.kid !== 'string') return undefined
    return this.#keys.get(header.kid)
  }
}

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

const isClaims = (claims: unknown, type: TokenType): claims is Claims =>
  isRecord(claims) &&
  claims.iss === ISSUER &&
  claims.aud === AUDIENCE[type] &&
  claims.type === type &&
  typeof claims.sub === 'string' &&
  typeof claims.sid === 'string' &&
  typeof claims.email === 'string' &&
  Number.isFinite(claims.iat) &&
  Number.isFinite(claims.exp)
