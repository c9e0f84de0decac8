import { systemClock, type Clock } from '../platform/clock.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import { Accounts } from './account/accounts.ts'
import { Attempts, DEFAULT_LIMITS, type AttemptLimits } from './account/attempts.ts'
import { Invitations } from './account/invitations.ts'
import { Setup } from './account/setup.ts'
import { Users } from './account/users.ts'
import { AuditLog } from './audit/audit-log.ts'
import { AuthService } from './auth-service.ts'
import { migrateEngine, openEngine } from './engine.ts'
import { ApiKeys } from './keys/api-keys.ts'
import { AccessTokens } from './session/access-token.ts'
import { Authenticator } from './session/authenticator.ts'
import { openSecrets } from './session/key-files.ts'
import { RefreshTokens } from './session/refresh-tokens.ts'
import { sessionCookieName } from './session/session-cookie.ts'
import { SessionUse } from './session/session-use.ts'
import { Sessions } from './session/sessions.ts'
import { Tickets } from './session/tickets.ts'
import { AuthDatabase } from './store/auth-database.ts'
import { openTables, repair } from './store/tables.ts'
import { TestUsers, type TestUserSettings } from './test-users/test-users.ts'

export { AuthError, type AuthErrorCode } from './auth-error.ts'
export type { AttemptLimits } from './account/attempts.ts'
export type { Login, NewAccount, Origin, Registration } from './account/accounts.ts'
export type { SignedIn, TokenAnswer } from './auth-service.ts'
export type { Invitation } from './account/invitations.ts'
export type { User } from './account/users.ts'
export type { TestUserSettings } from './test-users/test-users.ts'

export interface AuthOptions {
  /** The data folder: `auth.db` and `keys/` lie in it. */
  folder: string
  /** Where browsers reach Netra; https makes the cookie a `__Host-` one. */
  publicUrl: string
  /** `open` still asks for an invitation of whoever comes from beyond loopback. */
  registration?: 'open' | 'invitation'
  /** Life of an access token; 15 minutes unless given. */
  accessTokenSeconds?: number
  /** Other processes have the same folder open. */
  shared?: boolean
  limits?: Partial<AttemptLimits>
  /** Given: who may make test users; what is off ends those that there are. */
  testUsers?: TestUserSettings
  clock?: Clock
  logger?: Logger
}

export type Auth = AuthService

/** Opens the account store below the data folder, making it and its keys the first time. */
export async function openAuth(options: AuthOptions): Promise<Auth> {
  const { folder, publicUrl, clock = systemClock, logger = silentLogger } = options
  const secrets = await openSecrets(folder)
  const database = new AuthDatabase(folder, { shared: options.shared ?? false })
  try {
    const { cookieSecret } = secrets
    const cookieName = sessionCookieName(publicUrl)
    const needs = { database, cookieSecret, publicUrl, logger }
    await openTables(database, () => migrateEngine(needs))
    const engine = await openEngine(needs)
    repair(database, clock.now())
    const keys = new ApiKeys(database, clock)
    const sessions = new Sessions(database, clock, logger, keys)
    const tokens = new AccessTokens(secrets.signingKeys, options.accessTokenSeconds)
    const invitations = new Invitations(database, clock)
    const users = new Users(database)
    const audit = new AuditLog(database, clock)
    const attempts = new Attempts({ ...DEFAULT_LIMITS, ...options.limits }, clock)
    const testUsers = new TestUsers({
      database,
      clock,
      audit,
      attempts,
      publicUrl,
      cookieSecret,
      settings: options.testUsers,
    })
    const accounts = new Accounts({
      engine,
      invitations,
      attempts,
      registration: options.registration ?? 'open',
      emailExists: (email) => users.hasEmail(email),
    })
    return new AuthService({
      database,
      clock,
      publicUrl,
      sessions,
      tokens,
      invitations,
      users,
      accounts,
      authenticator: new Authenticator({
        engine,
        sessions,
        tokens,
        testUsers,
        keys,
        use: new SessionUse(database, clock),
        clock,
        cookieName,
        cookieSecret,
      }),
      refreshTokens: new RefreshTokens(database, clock),
      tickets: new Tickets(database, clock),
      setup: new Setup(database),
      audit,
      testUsers,
    })
  } catch (error) {
    database.close()
    throw error
  }
}
