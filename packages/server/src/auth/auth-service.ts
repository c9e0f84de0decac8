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
import { newId, type SessionId, type UserId } from '../platform/ids.ts'
import type { AccountData } from './account/account-data.ts'
import type { Login, NewAccount, Origin, Registration } from './account/accounts.ts'
import type { Attempts } from './account/attempts.ts'
import type { EmailVerification } from './account/email-verification.ts'
import type { Invitation, Invitations } from './account/invitations.ts'
import type { OneTimeLinks } from './account/one-time-links.ts'
import type { AccountParts } from './account/open-accounts.ts'
import type { Passwords } from './account/password.ts'
import type { Profiles } from './account/profiles.ts'
import type { RegistrationRules } from './account/registration.ts'
import type { Removal } from './account/removal.ts'
import type { Setup } from './account/setup.ts'
import type { TwoFactor } from './account/two-factor.ts'
import type { UserAdmin } from './account/user-admin.ts'
import type { User, Users } from './account/users.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { AuthError } from './auth-error.ts'
import type { ApiKeys } from './keys/api-keys.ts'
import type { OAuth } from './oauth/oauth.ts'
import type { ChangeFeed } from './service/change-feed.ts'
import type { Removals } from './service/removals.ts'
import type { Services } from './service/services.ts'
import type { AccessTokens } from './session/access-token.ts'
import { identityOf, type Authenticator } from './session/authenticator.ts'
import type { RefreshTokens } from './session/refresh-tokens.ts'
import { forgetfulCookie } from './session/session-cookie.ts'
import type { SessionList } from './session/session-list.ts'
import type { Begun, SessionStart } from './session/session-start.ts'
import type { SessionUse } from './session/session-use.ts'
import type { Sessions, SessionState } from './session/sessions.ts'
import type { SigningKeys } from './session/signing-keys.ts'
import type { Tickets } from './session/tickets.ts'
import type { AuthDatabase } from './store/auth-database.ts'
import { SCHEMA_VERSION } from './store/tables.ts'
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

export interface Parts extends AccountParts {
  database: AuthDatabase
  clock: Clock
  publicUrl: string
  sessions: Sessions
  tokens: AccessTokens
  invitations: Invitations
  users: Users
  sessionStart: SessionStart
  authenticator: Authenticator
  refreshTokens: RefreshTokens
  tickets: Tickets
  setup: Setup
  audit: AuditLog
  signingKeys: SigningKeys
  changes: ChangeFeed
  services: Services
  removals: Removals
  testUsers: TestUsers
  attempts: Attempts
  oauth: OAuth
  keys: ApiKeys
  sessionList: SessionList
  use: SessionUse
  userAdmin: UserAdmin
  removal: Removal
  accountData: AccountData
}

/** Who people are, and how they prove it. Every answer is as the store says at that moment. */
export class AuthService implements Identities, AsyncDisposable {
  readonly #parts: Parts

  /** Who did what to accounts. */
  readonly audit: AuditLog
  /** Other programs of ours that may ask. */
  readonly services: Services
  /** What nodes elsewhere must hear of. */
  readonly changes: ChangeFeed
  readonly signingKeys: SigningKeys
  /** Accounts that are gone, whose conversations are still to be erased. */
  readonly removals: Removals
  /** Users of test suites and of the demonstration. */
  readonly testUsers: TestUsers
  /** Signing in through providers. */
  readonly oauth: OAuth
  /** What programs show instead of a person's login. */
  readonly keys: ApiKeys
  /** A person's login sessions, one by one. */
  readonly sessionList: SessionList
  /** What administrators do with accounts. */
  readonly userAdmin: UserAdmin
  /** The end of an account. */
  readonly removal: Removal
  /** What is known of a person as an account. */
  readonly accountData: AccountData
  /** The Set-Cookie header that makes a browser forget its login session. */
  readonly forgetfulCookie: string

  /** One-time links, for e-mails and for administrators to hand over. */
  readonly links: OneTimeLinks
  /** Who may register. */
  readonly rules: RegistrationRules
  readonly passwords: Passwords
  readonly emails: EmailVerification
  readonly twoFactor: TwoFactor
  readonly profiles: Profiles

  constructor(parts: Parts) {
    this.#parts = parts
    this.links = parts.links
    this.rules = parts.rules
    this.passwords = parts.passwords
    this.emails = parts.emails
    this.twoFactor = parts.twoFactor
    this.profiles = parts.profiles
    this.audit = parts.audit
    this.services = parts.services
    this.changes = parts.changes
    this.signingKeys = parts.signingKeys
    this.removals = parts.removals
    this.testUsers = parts.testUsers
    this.oauth = parts.oauth
    this.keys = parts.keys
    this.sessionList = parts.sessionList
    this.userAdmin = parts.userAdmin
    this.removal = parts.removal
    this.accountData = parts.accountData
    this.forgetfulCookie = forgetfulCookie(parts.publicUrl)
  }

  /** Makes an ordinary user and signs in, unless the address must be confirmed first. */
  async register(request: Registration): Promise<SignedIn | 'verify_email'> {
    const userId = await this.#parts.accounts.register(request)
    return userId === undefined ? 'verify_email' : this.#begin(userId, request)
  }

  async login(request: Login): Promise<SignedIn> {
    return this.#parts.accounts.login(request, (userId) => this.#begin(userId, request))
  }

  /** Completes a sign-in that was refused with `two_factor_required`. */
  async answerChallenge(request: Origin & { challenge: string; code: string }): Promise<SignedIn> {
    return this.twoFactor.answer(request, (userId) => this.#begin(userId, request))
  }

  /** Both tokens anew, for a login session whose tokens from before have ended. */
  freshTokens({ sessionId }: Identity): TokenAnswer {
    return this.#tokensFor(sessionId).answer
  }

  /** Ends this login session, or all of the user's; the answer is the cookies that forget it. */
  logout(
    { userId, sessionId }: Identity,
    options: { everywhere?: boolean | undefined; address?: string | undefined } = {},
  ): string[] {
    const { sessions, publicUrl } = this.#parts
    const { everywhere = false, address } = options
    if (everywhere) sessions.endAllOf(userId)
    else sessions.end(sessionId)
    this.audit.record({
      actor: { kind: 'user', id: userId },
      action: 'session.ended',
      userId,
      address,
      details: { why: everywhere ? 'logout_everywhere' : 'logout', session: sessionId },
    })
    return [forgetfulCookie(publicUrl)]
  }

  /** Rotates a refresh token. One shown again after its grace ends the session: it was stolen. */
  refresh(refreshToken: string): TokenAnswer {
    const { refreshTokens, sessions } = this.#parts
    const redeemed = refreshTokens.redeem(refreshToken)
    if (!redeemed.ok) {
      if (redeemed.reusedSessionId !== undefined) this.#endStolen(redeemed.reusedSessionId)
      throw new AuthError('refresh_token_invalid')
    }
    const { answer, session } = this.#tokensFor(redeemed.sessionId)
    if (sessions.extensionDue(session)) sessions.extend(session.sessionId)
    this.#parts.use.note(session.sessionId)
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
    if (!state.live) return state
    if (state.session.userId !== userId) return { live: false, why: 'revoked' }
    if (state.session.scopes === null) this.#parts.use.note(sessionId)
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
      registration: this.rules.policy(isLocal),
      setup_required: this.setupRequired(),
      providers: this.oauth.list(),
      sends_email: this.#parts.outbox !== undefined,
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
      const userId = await accounts.createAdmin(request)
      this.audit.record({
        actor: { kind: 'user', id: userId },
        action: 'user.created',
        userId,
        address: request.address,
        details: { role: 'admin', how: 'setup' },
      })
    } catch (error) {
      setup.restore(request.token)
      throw error
    }
    return this.login(request)
  }

  /** For the command line, whose user owns the data folder anyway. */
  async createAdmin(request: NewAccount): Promise<User> {
    const id = await this.#parts.accounts.createAdmin(request)
    const details = { role: 'admin' }
    this.audit.record({ actor: { kind: 'operator' }, action: 'user.created', userId: id, details })
    const user = this.#parts.users.find(id)
    if (user === undefined) throw new AuthError('not_found')
    return user
  }

  /** The token is in this answer alone. */
  createInvitation(
    admin: Identity,
    options: { email?: string | undefined; expiresInDays?: number | undefined } = {},
  ): { id: string; token: string; expires_at: string } {
    this.userAdmin.requireAdmin(admin)
    return this.#parts.invitations.create(admin.userId, options)
  }

  listInvitations(admin: Identity): Invitation[] {
    this.userAdmin.requireAdmin(admin)
    return this.#parts.invitations.list()
  }

  revokeInvitation(admin: Identity, id: string): void {
    this.userAdmin.requireAdmin(admin)
    this.#parts.invitations.revoke(id)
  }

  findUser(userId: string): User | undefined {
    return this.#parts.users.find(userId)
  }

  /** The keys with which others verify our access tokens. */
  jwks(): { keys: PublicJwk[] } {
    return this.#parts.tokens.jwks()
  }

  /**
   * Makes a token and a ticket and takes both back, as signing in does, for nobody.
   *
   * @throws when one does not hold.
   */
  prove(): string {
    const { tokens, tickets, clock } = this.#parts
    const sessionId = newId<SessionId>()
    const nobody = { userId: newId(), email: '', permissions: [], sessionId }
    const verified = tokens.verify(tokens.issue(nobody, clock.now()), clock.now())
    if (!verified.ok || verified.claims.sid !== sessionId) {
      throw new Error('a token that was just made does not hold')
    }
    if (tickets.redeem(tickets.issue(sessionId).ticket) !== sessionId) {
      throw new Error('a ticket that was just made does not hold')
    }
    this.setupRequired()
    return 'a token and a ticket hold'
  }

  /** The version of the account store, and the one that this code was written for. */
  schema(): { found: number; known: number } {
    const row = this.#parts.database.get<{ user_version: number }>('PRAGMA user_version')
    return { found: row?.user_version ?? 0, known: SCHEMA_VERSION }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.outbox?.close()
    this.#parts.sessions.close()
    this.signingKeys.close()
    this.changes.close()
    this.#parts.database.close()
  }

  /** The tokens and cookies of a session that another part has begun. */
  signedIn({ sessionId, setCookies }: Begun): SignedIn {
    const state = this.#parts.sessions.state(sessionId)
    if (!state.live) throw new AuthError('session_ended')
    const identity = identityOf(state.session, 'session', state.session.expiresAtMs)
    return { answer: this.#tokensFor(sessionId).answer, setCookies, identity }
  }

  /** Whoever showed the token again: it has two holders, and one of them took it. */
  #endStolen(sessionId: string): void {
    const { sessions } = this.#parts
    const state = sessions.state(sessionId)
    if (!state.live) return
    sessions.end(sessionId)
    this.audit.record({
      actor: { kind: 'nobody' },
      action: 'session.ended',
      userId: state.session.userId,
      details: { why: 'refresh_token_reused', session: sessionId },
    })
  }

  #begin(userId: UserId, origin: Origin): SignedIn {
    return this.#parts.database.transaction(() => {
      const { attempts, sessionStart, users } = this.#parts
      const begun = sessionStart.begin(userId, origin)
      const account = users.find(userId)?.email
      if (account !== undefined) attempts.learn({ ...origin, account })
      this.audit.record({
        actor: { kind: 'user', id: userId },
        action: 'session.began',
        userId,
        address: origin.address,
        details: { session: begun.sessionId },
      })
      return this.signedIn(begun)
    })
  }

  #tokensFor(sessionId: string): { answer: TokenAnswer; session: LiveSession } {
    const { answer, session } = this.#accessToken(sessionId)
    const refreshToken = this.#parts.refreshTokens.issue(sessionId)
    return { answer: { ...answer, refresh_token: refreshToken }, session }
  }

  #accessToken(sessionId: string) {
    const { sessions, tokens, clock } = this.#parts
    const state = sessions.state(sessionId)
    // Nor does an API key buy a token.
    if (!state.live || state.session.scopes !== null) throw new AuthError('session_ended')
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
}
