import { sign } from 'node:crypto'

import {
  AUDIENCE,
  ISSUER,
  type Claims,
  type PublicJwk,
  type TokenType,
  type Verified,
} from '../../identity/identity.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { KeyRing } from './key-ring.ts'

const ACCESS_TOKEN_SECONDS = 900

interface Subject {
  userId: string
  email: string
  permissions: string[]
  sessionId: string
}

/** Signs tokens with the key whose time it is; those of all the keys are good. */
export class AccessTokens {
  readonly #keys: Pick<KeyRing, 'signing' | 'verifier'>

  /** An access token's life. */
  readonly seconds: number

  constructor(keys: Pick<KeyRing, 'signing' | 'verifier'>, seconds = ACCESS_TOKEN_SECONDS) {
    this.#keys = keys
    this.seconds = seconds
  }

  issue(subject: Subject, nowMs: number, type: TokenType = 'access', seconds = this.seconds) {
    const issuedAt = Math.floor(nowMs / 1000)
    const claims: Claims = {
      sub: subject.userId,
      email: subject.email,
      permissions: subject.permissions,
      iat: issuedAt,
      exp: issuedAt + seconds,
      iss: ISSUER,
      aud: AUDIENCE[type],
      jti: uuidv7(),
      type,
      sid: subject.sessionId,
    }
    const { kid, key } = this.#keys.signing(nowMs)
    const head = encode({ alg: 'RS256', kid, typ: 'JWT' })
    const signed = `${head}.${encode(claims)}`
    const signature = sign('RSA-SHA256', Buffer.from(signed), key)
    return `${signed}.${signature.toString('base64url')}`
  }

  verify(token: string, nowMs: number, type: TokenType = 'access'): Verified {
    return this.#keys.verifier.verify(token, nowMs, type)
  }

  /** The keys that others need to verify our tokens. */
  jwks(): { keys: PublicJwk[] } {
    return this.#keys.verifier.jwks()
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
