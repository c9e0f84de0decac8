import type { SessionId, UserId } from '../platform/ids.ts'

export type Role = 'user' | 'admin'

/** Who is asking, as the store says it now; never taken from a token's claims. */
export interface Identity {
  userId: UserId
  email: string
  name: string
  role: Role
  /** The login session behind the cookie or token. */
  sessionId: SessionId
  /** When this proof ends (ISO 8601): the token's end, or the login session's. */
  expiresAt: string
  kind: 'session' | 'token'
}

export interface Credentials {
  /** The whole Cookie header. */
  cookie?: string | undefined
  /** The whole Authorization header. */
  authorization?: string | undefined
}

/** Why somebody is not let in: `expired` may come back with a fresh proof, the others may not. */
export type Refusal = 'missing' | 'invalid' | 'expired' | 'revoked' | 'disabled'

/** `setCookies`: Set-Cookie headers for the answer, when the session was used and so lives longer. */
export type Authentication =
  | { ok: true; identity: Identity; setCookies: string[] }
  | { ok: false; why: Refusal }

/** Why a login session ended. */
export type SessionEnd = 'revoked' | 'disabled' | 'expired'

export interface User {
  id: UserId
  email: string
  name: string
  role: Role
  disabled: boolean
  createdAt: string
}
