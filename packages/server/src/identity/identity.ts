import type { SessionId, UserId } from '../platform/ids.ts'

export {
  AUDIENCE,
  ISSUER,
  TokenVerifier,
  type Claims,
  type PublicJwk,
  type TokenType,
  type Verified,
} from './token-verifier.ts'

export {
  FEED_HEARTBEAT_MS,
  FORWARDED,
  MAX_SESSIONS_ASKED,
  TRACE_HEADER,
  feedLine,
  wireAuthentication,
  wireSessionStates,
  type FeedLine,
  type WireAuthentication,
  type WireSession,
  type WireSessionState,
} from './auth-wire.ts'

export type Role = 'user' | 'admin'

/** What an API key may be allowed; a person may do all of it, and what no key may. */
export const SCOPES = [
  'chat:read',
  'chat:write',
  'files:read',
  'files:write',
  'account:read',
  'approvals:write',
  'usage:write',
] as const
export type Scope = (typeof SCOPES)[number]

/** Who is asking, as the store says it now; never taken from a token's claims. */
export interface Identity {
  userId: UserId
  email: string
  name: string
  role: Role
  /** The login session behind the cookie or token; of an API key, one that lives as long as the key. */
  sessionId: SessionId
  /** When this proof ends (ISO 8601): the token's end, or the login session's. */
  expiresAt: string
  kind: 'session' | 'token' | 'api_key'
  /** What an API key may do; null is a person, who may do everything that is theirs. */
  scopes: readonly Scope[] | null
  /** Made by a test suite or for a demonstration; expires, and is never an administrator. */
  isTestUser: boolean
}

/** Whether this caller may do what a scope stands for. */
export const hasScope = ({ scopes }: Pick<Identity, 'scopes'>, scope: Scope): boolean =>
  scopes === null || scopes.includes(scope)

export interface Credentials {
  /** The whole Cookie header. */
  cookie?: string | undefined
  /** The whole Authorization header. */
  authorization?: string | undefined
}

/**
 * Why somebody is not let in: `expired` may come back with a fresh proof, `unavailable` later (nobody
 * can be asked right now), the others may not.
 */
export type Refusal = 'missing' | 'invalid' | 'expired' | 'revoked' | 'disabled' | 'unavailable'

/** `setCookies`: Set-Cookie headers for the answer, when the session was used and so lives longer. */
export type Authentication =
  | { ok: true; identity: Identity; setCookies: string[] }
  | { ok: false; why: Refusal }

/** Why a login session ended. */
export type SessionEnd = 'revoked' | 'disabled' | 'expired'

/** A login session as the store says it now. */
export interface LiveSession {
  sessionId: SessionId
  userId: UserId
  email: string
  name: string
  role: Role
  scopes: readonly Scope[] | null
  isTestUser: boolean
  /** The earlier of the end by disuse and the end by age. */
  expiresAtMs: number
  idleEndMs: number
}

export type SessionState =
  | { live: true; session: LiveSession }
  | { live: false; why: SessionEnd | 'unavailable' }

/** `unavailable`: it could not be confirmed for too long; its owner may come back. */
export type SessionEndListener = (
  sessionId: SessionId,
  why: SessionEnd | 'unavailable',
  /** Whose it was, where that is known; always when the user was disabled. */
  userId?: UserId,
) => void

/** A one-time proof with which a browser opens a socket. */
export interface Ticket {
  ticket: string
  expires_at: string
}

export type RegistrationPolicy = 'open' | 'invitation' | 'domain' | 'closed'

/** What the web app's entrance is made from. */
export interface Entrance {
  registration: RegistrationPolicy
  /** There is no administrator yet. */
  setup_required: boolean
  /** Other ways to sign in than by password, in the order they are shown. */
  providers: readonly { id: string; name: string }[]
  /** Whether Netra sends e-mail; without it the administrator hands out one-time links. */
  sends_email: boolean
  /** Anybody may try Netra as a user that expires. */
  demo: boolean
  /** Test suites may make users that expire. */
  e2e: boolean
}

/**
 * What a node asks about whoever calls. The auth service itself answers when it runs in this process,
 * the auth client when it runs elsewhere; a node cannot tell which.
 */
export interface Identities {
  authenticate(credentials: Credentials): Promise<Authentication>
  /** Bound to the login session; single use, 30 s. @throws AuthUnavailable when nobody can be asked. */
  issueTicket(identity: Identity): Promise<Ticket>
  /** Spends the ticket; only the cookie of the session that asked for it may come with it. */
  redeemTicket(ticket: string, cookieHeader: string | undefined): Promise<Authentication>
  /**
   * Whether the caller's login session lives, and who they are now: asked before every command, so
   * an answer from memory comes without a promise.
   */
  sessionState(identity: Identity): SessionState | Promise<SessionState>
  /** What somebody who is not signed in may do; `isLocal`: asked from this machine itself. */
  entrance(isLocal: boolean): Promise<Entrance>
  /** Every session that ends, whoever ended it wherever, within a second. */
  onSessionEnded(listener: SessionEndListener): () => void
}

/** The auth service cannot be asked right now. */
export class AuthUnavailable extends Error {
  override readonly name = 'AuthUnavailable'
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('Signing in is not possible right now: the auth service does not answer. Try again soon.')
    this.retryAfterMs = retryAfterMs
  }
}

/** A person's request on its way to an auth service elsewhere. */
export interface ForwardedRequest {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string | string[]>
  body: Buffer | undefined
  address: string
  isLocal: boolean
  traceId: string
}
