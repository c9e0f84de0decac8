import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'

import {
  AUDIENCE,
  ISSUER,
  TokenVerifier,
  type Claims,
  type PublicJwk,
  type TokenType,
  type Verified,
} from '../../identity/identity.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { StoredKey } from './key-files.ts'

const ACCESS_TOKEN_SECONDS = 900

interface Subject {
  userId: string
  email: string
  permissions: string[]
  sessionId: string
}

/** Signs tokens with the newest key; those of all the keys are good. */
export class AccessTokens {
  readonly #signing: { kid: string; key: KeyObject }
  readonly #verifier: TokenVerifier

  /** An access token's life. */
  readonly seconds: number

  constructor(keys: readonly [StoredKey, ...StoredKey[]], seconds = ACCESS_TOKEN_SECONDS) {
    this.seconds = seconds
    this.#signing = { kid: keys[0].kid, key: createPrivateKey(keys[0].privateKey) }
    this.#verifier = new TokenVerifier(
      keys.map(({ kid, privateKey }) => [kid, createPublicKey(privateKey)] as const),
    )
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
    const head = encode({ alg: 'RS256', kid: this.#signing.kid, typ: 'JWT' })
    const signed = `${head}.${encode(claims)}`
    const signature = sign('RSA-SHA256', Buffer.from(signed), this.#signing.key)
    return `${signed}.${signature.toString('base64url')}`
  }

  verify(token: string, nowMs: number, type: TokenType = 'access'): Verified {
    return this.#verifier.verify(token, nowMs, type)
  }

  /** The keys that others need to verify our tokens. */
  jwks(): { keys: PublicJwk[] } {
    return this.#verifier.jwks()
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
