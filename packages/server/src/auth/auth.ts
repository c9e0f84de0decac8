import { systemClock, type Clock } from '../platform/clock.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import { AccessTokens, ACCESS_TOKEN_SECONDS, type PublicJwk } from './access-token.ts'
import {
  Accounts,
  type Begun,
  type Login,
  type NewAccount,
  type Origin,
  type Registration,
} from './accounts.ts'
import { Attempts, DEFAULT_LIMITS, type AttemptLimits } from './attempts.ts'
import { AuthError } from './auth-error.ts'
import { Authenticator } from './authenticator.ts'
import { AuthDatabase } from './database.ts'
import { openEngine, sessionCookieName } from './engine.ts'
import type { Authentication, Credentials, Identity, User } from './identity.ts'
import { Invitations, type Invitation } from './invitations.ts'
import { openSecrets } from './key-files.ts'
import { RefreshTokens } from './refresh-tokens.ts'
import { Sessions, type SessionEndListener, type SessionState } from './sessions.ts'
import { Setup } from './setup.ts'
import { createTables, repair } from './tables.ts'
import { Tickets, type Ticket } from './tickets.ts'
import { Users } from './users.ts'

export { AuthError, type AuthErrorCode } from './auth-error.ts'
export type { AttemptLimits } from './attempts.ts'
export type { Login, NewAccount, Origin, Registration } from './accounts.ts'
export type {
  Authentication,
  Credentials,
  Identity,
  Refusal,
  Role,
  SessionEnd,
  User,
} from './identity.ts'
export type { Invitation } from './invitations.ts'
export type { SessionState } from './sessions.ts'
export type { Ticket } from './tickets.ts'

export interface AuthOptions {
  /** The data folder: `auth.db` and `keys/` lie in it. */
  folder: string
  /** Where browsers reach Netra; https makes the cookie a `__Host-` one. */
  publicUrl: string
  /** `open` still asks for an invitation of whoever comes from beyond loopback. */
  registration?: 'open' | 'invitation'
  limits?: Partial<AttemptLimits>
  clock?: Clock
  logger?: Logger
}

/** The JSON that the classic routes answer. */
export interface TokenAnswer {
  access_token: string
  refresh_token: string
  token_type: 'Bearer'
  expires_in: number
  user: { id: string; email: string; name: string }
}

export interface SignedIn {
  answer: TokenAnswer
  /** Set-Cookie headers that carry the login session to a browser. */
  setCookies: string[]
  identity: Identity
}

export type Auth = AuthService

/** Opens the account store below the data folder, making it and its keys the first time. */
export async function openAuth(options: AuthOptions): Promise<Auth> {
  const { folder, publicUrl, clock = systemClock, logger = silentLogger } = options
  const secrets = await openSecrets(folder)
  const database = new AuthDatabase(folder)
  try {
    const cookieName = sessionCookieName(publicUrl)
    const { cookieSecret } = secrets
    const engine = await openEngine({ database, cookieSecret, publicUrl, logger })
    createTables(database)
    repair(database, clock.now())
    const sessions = new Sessions(database, clock)
    const tokens = new AccessTokens(secrets.signingKeys)
    const invitations = new Invitations(database, clock)
    const users = new Users(database)
    const accounts = new Accounts({
      engine,
      invitations,
      attempts: new Attempts({ ...DEFAULT_LIMITS, ...options.limits }, clock),
      registration: options.registration ?? 'open',
      emailExists: (email) => users.hasEmail(email),
    })
    return new AuthService({
      database,
      clock,
      cookieName,
      secureCookie: publicUrl.startsWith('https:'),
      sessions,
      tokens,
      invitations,
      users,
      accounts,
      authenticator: new Authenticator({ engine, sessions, tokens, clock, cookieName }),
      refreshTokens: new RefreshTokens(database, clock),
      tickets: new Tickets(database, clock),
      setup: new Setup(database),
    })
  } catch (error) {
    database.close()
    throw error
  }
}

interface Parts {
  database: AuthDatabase
  clock: Clock
  cookieName: string
  secureCookie: boolean
  sessions: Sessions
  tokens: AccessTokens
  invitations: Invitations
  users: Users
  accounts: Accounts
  authenticator: Authenticator
  refreshTokens: RefreshTokens
  tickets: Tickets
  setup: Setup
}

class AuthService implements AsyncDisposable {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Makes an ordinary user and signs in. */
  async register(request: Registration): Promise<SignedIn> {
    return this.#signedIn(await this.#parts.accounts.register(request))
  }

  async login(request: Login): Promise<SignedIn> {
    return this.#signedIn(await this.#parts.accounts.login(request))
  }

  /** Ends this login session, or all of the user's; the answer is the cookies that forget it. */
  logout(identity: Identity, options: { everywhere?: boolean | undefined } = {}): string[] {
    const { sessions, cookieName, secureCookie } = this.#parts
    if (options.everywhere) sessions.endAllOf(identity.userId)
    else sessions.end(identity.sessionId)
    const secure = secureCookie ? '; Secure' : ''
    return [`${cookieName}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax${secure}`]
  }

  /** Rotates a refresh token. One shown again after its grace ends the session: it was stolen. */
  refresh(refreshToken: string): TokenAnswer {
    const { refreshTokens, sessions } = this.#parts
    const redeemed = refreshTokens.redeem(refreshToken)
    if (!redeemed.ok) {
      if (redeemed.reusedSessionId !== undefined) sessions.end(redeemed.reusedSessionId)
      throw new AuthError('refresh_token_invalid')
    }
    return this.#tokensFor(redeemed.sessionId).answer
  }

  authenticate(credentials: Credentials): Promise<Authentication> {
    return this.#parts.authenticator.authenticate(credentials)
  }

  /** For a token that came in a frame or subprotocol. */
  authenticateToken(token: string): Authentication {
    return this.#parts.authenticator.byToken(token)
  }

  /** Whether the session lives, and whose it is now; a few microseconds, for each command. */
  sessionState(sessionId: string): SessionState {
    return this.#parts.sessions.state(sessionId)
  }

  onSessionEnded(listener: SessionEndListener): () => void {
    return this.#parts.sessions.onEnded(listener)
  }

  issueTicket(identity: Identity): Ticket {
    return this.#parts.tickets.issue(identity.sessionId)
  }

  /** Spends the ticket; only the cookie of the session that asked for it may come with it. */
  async redeemTicket(ticket: string, cookieHeader: string | undefined): Promise<Authentication> {
    const sessionId = this.#parts.tickets.redeem(ticket)
    if (sessionId === undefined) return { ok: false, why: 'invalid' }
    const found = await this.#parts.authenticator.byCookie(cookieHeader)
    if (found.ok && found.identity.sessionId !== sessionId) return { ok: false, why: 'invalid' }
    return found
  }

  registrationPolicy(fromLoopback: boolean): 'open' | 'invitation' {
    return this.#parts.accounts.policy(fromLoopback)
  }

  /** True while there is no administrator. */
  setupRequired(): boolean {
    return this.#parts.setup.required()
  }

  /** A new one-time token for the first administrator, ending the one before; undefined if there is one. */
  setupToken(): string | undefined {
    return this.#parts.setup.newToken()
  }

  /** Makes the first administrator and signs in. */
  async completeSetup(request: NewAccount & Origin & { token: string }): Promise<SignedIn> {
    const { setup, accounts } = this.#parts
    if (!setup.required()) throw new AuthError('setup_done')
    if (!setup.consume(request.token)) throw new AuthError('setup_token_invalid')
    try {
      await accounts.createAdmin(request)
    } catch (error) {
      setup.restore(request.token)
      throw error
    }
    return this.login(request)
  }

  /** For the command line, whose user owns the data folder anyway. */
  async createAdmin(request: NewAccount): Promise<User> {
    const id = await this.#parts.accounts.createAdmin(request)
    const user = this.#parts.users.find(id)
    if (user === undefined) throw new AuthError('not_found')
    return user
  }

  /** The token is in this answer alone. */
  createInvitation(
    admin: Identity,
    options: { email?: string | undefined; expiresInDays?: number | undefined } = {},
  ): { id: string; token: string; expires_at: string } {
    this.#requireAdmin(admin)
    return this.#parts.invitations.create(admin.userId, options)
  }

  listInvitations(admin: Identity): Invitation[] {
    this.#requireAdmin(admin)
    return this.#parts.invitations.list()
  }

  revokeInvitation(admin: Identity, id: string): void {
    this.#requireAdmin(admin)
    this.#parts.invitations.revoke(id)
  }

  listUsers(admin: Identity): User[] {
    this.#requireAdmin(admin)
    return this.#parts.users.list()
  }

  findUser(userId: string): User | undefined {
    return this.#parts.users.find(userId)
  }

  /** Disabling ends every login session of the user at once. */
  setDisabled(admin: Identity, userId: string, disabled: boolean): void {
    this.#requireAdmin(admin)
    if (admin.userId === userId) throw new AuthError('forbidden')
    if (!this.#parts.users.setDisabled(userId, disabled)) throw new AuthError('not_found')
    if (disabled) this.#parts.sessions.endAllOf(userId)
  }

  /** The keys with which others verify our access tokens. */
  jwks(): { keys: PublicJwk[] } {
    return this.#parts.tokens.jwks()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.sessions.close()
    this.#parts.database.close()
  }

  #signedIn({ sessionToken, setCookies }: Begun): SignedIn {
    const sessionId = this.#parts.sessions.idOfToken(sessionToken)
    if (sessionId === undefined) throw new AuthError('session_ended')
    return { ...this.#tokensFor(sessionId), setCookies }
  }

  #tokensFor(sessionId: string): { answer: TokenAnswer; identity: Identity } {
    const { sessions, tokens, refreshTokens, clock } = this.#parts
    const state = sessions.state(sessionId)
    if (!state.live) throw new AuthError('session_ended')
    const { userId, email, name, role, expiresAtMs } = state.session
    const permissions = role === 'admin' ? ['user', 'admin'] : ['user']
    const subject = { userId, email, permissions, sessionId }
    const expiresAt = new Date(expiresAtMs).toISOString()
    return {
      identity: { userId, email, name, role, sessionId, expiresAt, kind: 'session' },
      answer: {
        access_token: tokens.issue(subject, clock.now()),
        refresh_token: refreshTokens.issue(sessionId),
        token_type: 'Bearer',
        expires_in: ACCESS_TOKEN_SECONDS,
        user: { id: userId, email, name },
      },
    }
  }

  /** Asks the store, so that an identity from before a change of role opens nothing. */
  #requireAdmin(identity: Identity): void {
    const state = this.#parts.sessions.state(identity.sessionId)
    const holds = state.live && state.session.userId === identity.userId
    if (!holds || state.session.role !== 'admin') throw new AuthError('forbidden')
  }
}
