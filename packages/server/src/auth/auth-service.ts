import type {
  Authentication,
  Credentials,
  Entrance,
  Identities,
  Identity,
  LiveSession,
  PublicJwk,
  SessionEndListener,
  Ticket,
} from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type {
  Accounts,
  Begun,
  Login,
  NewAccount,
  Origin,
  Registration,
} from './account/accounts.ts'
import type { Invitation, Invitations } from './account/invitations.ts'
import { refuseLastAdmin, removeUser } from './account/removal.ts'
import type { Setup } from './account/setup.ts'
import type { User, Users } from './account/users.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { AuthError } from './auth-error.ts'
import type { AccessTokens } from './session/access-token.ts'
import { identityOf, type Authenticator } from './session/authenticator.ts'
import type { RefreshTokens } from './session/refresh-tokens.ts'
import { forgetfulCookie } from './session/session-cookie.ts'
import type { Sessions, SessionState } from './session/sessions.ts'
import type { Tickets } from './session/tickets.ts'
import type { AuthDatabase } from './store/auth-database.ts'
import type { TestUsers } from './test-users/test-users.ts'

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

export interface Parts {
  database: AuthDatabase
  clock: Clock
  publicUrl: string
  sessions: Sessions
  tokens: AccessTokens
  invitations: Invitations
  users: Users
  accounts: Accounts
  authenticator: Authenticator
  refreshTokens: RefreshTokens
  tickets: Tickets
  setup: Setup
  audit: AuditLog
  testUsers: TestUsers
}

/** Who people are, and how they prove it. Every answer is as the store says at that moment. */
export class AuthService implements Identities, AsyncDisposable {
  readonly #parts: Parts

  /** Who did what to accounts. */
  readonly audit: AuditLog
  /** Users of test suites and of the demonstration. */
  readonly testUsers: TestUsers

  constructor(parts: Parts) {
    this.#parts = parts
    this.audit = parts.audit
    this.testUsers = parts.testUsers
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
    const { sessions, publicUrl } = this.#parts
    if (options.everywhere) sessions.endAllOf(identity.userId)
    else sessions.end(identity.sessionId)
    return [forgetfulCookie(publicUrl)]
  }

  /** Rotates a refresh token. One shown again after its grace ends the session: it was stolen. */
  refresh(refreshToken: string): TokenAnswer {
    const { refreshTokens, sessions } = this.#parts
    const redeemed = refreshTokens.redeem(refreshToken)
    if (!redeemed.ok) {
      if (redeemed.reusedSessionId !== undefined) sessions.end(redeemed.reusedSessionId)
      throw new AuthError('refresh_token_invalid')
    }
    const { answer, session } = this.#tokensFor(redeemed.sessionId)
    if (sessions.extensionDue(session)) sessions.extend(session.sessionId)
    return answer
  }

  /** One more access token of a login session; the refresh token stays where it is. */
  accessToken({ sessionId }: Identity): Omit<TokenAnswer, 'refresh_token'> {
    return this.#accessToken(sessionId).answer
  }

  authenticate(credentials: Credentials): Promise<Authentication> {
    return this.#parts.authenticator.authenticate(credentials)
  }

  /** A few microseconds. */
  sessionState({ userId, sessionId }: Identity): SessionState {
    const state = this.#parts.sessions.state(sessionId)
    if (state.live && state.session.userId !== userId) return { live: false, why: 'revoked' }
    return state
  }

  onSessionEnded(listener: SessionEndListener): () => void {
    return this.#parts.sessions.onEnded(listener)
  }

  async issueTicket(identity: Identity): Promise<Ticket> {
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

  async entrance(isLocal: boolean): Promise<Entrance> {
    return {
      registration: this.#parts.accounts.policy(isLocal),
      setup_required: this.setupRequired(),
      providers: [],
      sends_email: false,
      demo: this.testUsers.demo,
      e2e: this.testUsers.e2e,
    }
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

  /**
   * Proves by the password that this is the person, before anything of theirs is erased.
   *
   * @throws AuthError `last_admin`, `invalid_credentials` or `rate_limited`.
   */
  async confirmRemoval(
    identity: Identity,
    { password, address }: { password: string } & Origin,
  ): Promise<void> {
    const { database, accounts, users } = this.#parts
    const user = users.find(identity.userId)
    if (!user) throw new AuthError('not_found')
    refuseLastAdmin(database, identity.userId)
    // The login session that this begins goes with the account.
    await accounts.login({ email: user.email, password, address })
  }

  /** Forgets who the user is and ends all their login sessions; the answer forgets the cookie. */
  removeUser(identity: Identity): string[] {
    const { database, sessions, publicUrl } = this.#parts
    refuseLastAdmin(database, identity.userId)
    removeUser(database, identity.userId)
    sessions.announce()
    return [forgetfulCookie(publicUrl)]
  }

  /** The keys with which others verify our access tokens. */
  jwks(): { keys: PublicJwk[] } {
    return this.#parts.tokens.jwks()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.sessions.close()
    this.#parts.database.close()
  }

  /** The tokens and cookies of a session that another part has begun. */
  signedIn(begun: Begun): SignedIn {
    return this.#signedIn(begun)
  }

  #signedIn({ sessionToken, setCookies }: Begun): SignedIn {
    const state = this.#parts.sessions.stateOfToken(sessionToken)
    if (!state?.live) throw new AuthError('session_ended')
    const { session } = state
    const identity = identityOf(session, 'session', session.expiresAtMs)
    return { answer: this.#tokensFor(session.sessionId).answer, setCookies, identity }
  }

  #tokensFor(sessionId: string): { answer: TokenAnswer; session: LiveSession } {
    const { answer, session } = this.#accessToken(sessionId)
    const refreshToken = this.#parts.refreshTokens.issue(sessionId)
    return { answer: { ...answer, refresh_token: refreshToken }, session }
  }

  #accessToken(sessionId: string) {
    const { sessions, tokens, clock } = this.#parts
    const state = sessions.state(sessionId)
    if (!state.live) throw new AuthError('session_ended')
    const { userId, email, name, role } = state.session
    const permissions = role === 'admin' ? ['user', 'admin'] : ['user']
    const subject = { userId, email, permissions, sessionId }
    const answer: Omit<TokenAnswer, 'refresh_token'> = {
      access_token: tokens.issue(subject, clock.now()),
      token_type: 'Bearer',
      expires_in: tokens.seconds,
      user: { id: userId, email, name },
    }
    return { answer, session: state.session }
  }

  /** Asks the store, so that an identity from before a change of role opens nothing. */
  #requireAdmin(identity: Identity): void {
    const state = this.#parts.sessions.state(identity.sessionId)
    const holds = state.live && state.session.userId === identity.userId
    if (!holds || state.session.role !== 'admin') throw new AuthError('forbidden')
  }
}
