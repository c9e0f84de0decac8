import { join } from 'node:path'

import { Breakers } from '../platform/breakers.ts'
import { systemClock, type Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import { openKeyFile } from '../platform/key-file.ts'
import { silentLogger, type Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { AccountData } from './account/account-data.ts'
import { StoredAttempts } from './account/attempt-store.ts'
import { Attempts, DEFAULT_LIMITS, type AttemptLimits } from './account/attempts.ts'
import { Invitations } from './account/invitations.ts'
import { noteLocks } from './account/note-locks.ts'
import { openAccounts, type AccountSettings } from './account/open-accounts.ts'
import { Removal } from './account/removal.ts'
import { Setup } from './account/setup.ts'
import { UserAdmin } from './account/user-admin.ts'
import { Users } from './account/users.ts'
import { AuditLog } from './audit/audit-log.ts'
import { AuthService } from './auth-service.ts'
import { ApiKeys } from './keys/api-keys.ts'
import { openOAuth } from './oauth/open-oauth.ts'
import type { ProviderSettings } from './oauth/provider-settings.ts'
import { ChangeFeed } from './service/change-feed.ts'
import { Removals } from './service/removals.ts'
import { Services } from './service/services.ts'
import { AccessTokens } from './session/access-token.ts'
import { Authenticator } from './session/authenticator.ts'
import { openSecrets } from './session/key-files.ts'
import { RefreshTokens } from './session/refresh-tokens.ts'
import { SessionList } from './session/session-list.ts'
import { SessionStart } from './session/session-start.ts'
import { SessionUse } from './session/session-use.ts'
import { Sessions } from './session/sessions.ts'
import { SigningKeys } from './session/signing-keys.ts'
import { Tickets } from './session/tickets.ts'
import { AuthDatabase } from './store/auth-database.ts'
import { openTables, repair } from './store/tables.ts'
import { TestUsers, type TestUserSettings } from './test-users/test-users.ts'

export { AuthError, type AuthErrorCode } from './auth-error.ts'
export type { AttemptLimits } from './account/attempts.ts'
export { randomSecret as newDeviceSecret } from './store/secret-text.ts'
export type { Login, NewAccount, Origin, Registration } from './account/accounts.ts'
export type { SignedIn, TokenAnswer } from './auth-service.ts'
export type { Invitation } from './account/invitations.ts'
export type { ListedUser, User } from './account/users.ts'
export type { AuditEntry } from './audit/audit-log.ts'
export { exportAudit, shownEntry } from './audit/audit-export.ts'
export type { ApiKey } from './keys/api-keys.ts'
export type { ListedSession } from './session/session-list.ts'
export { OAuthFailure, type OAuthFailureCode } from './oauth/oauth-failure.ts'
export type { Onward } from './oauth/oauth.ts'
export { providersOf } from './oauth/provider-settings.ts'
export type { Service, ServiceScope } from './service/services.ts'
export type { TestUserSettings } from './test-users/test-users.ts'

export interface AuthOptions extends AccountSettings {
  /** The data folder: `auth.db` and `keys/` lie in it. */
  folder: string
  /** Where browsers reach Netra; https makes the cookie a `__Host-` one. */
  publicUrl: string
  /** Life of an access token; 15 minutes unless given. */
  accessTokenSeconds?: number
  /** Where people may sign in elsewhere than here. */
  providers?: readonly ProviderSettings[]
  /** Other processes have the same folder open. */
  shared?: boolean
  limits?: Partial<AttemptLimits>
  /** Given: who may make test users; what is off ends those that there are. */
  testUsers?: TestUserSettings
  clock?: Clock
  logger?: Logger
  metrics?: Metrics | undefined
  /** Of the whole process; some of its own unless given. */
  breakers?: Breakers | undefined
}

export type Auth = AuthService

/** Opens the account store below the data folder, making it and its keys the first time. */
export async function openAuth(options: AuthOptions): Promise<Auth> {
  const { folder, publicUrl, clock = systemClock, logger = silentLogger } = options
  const { breakers = new Breakers(clock) } = options
  const secrets = await openSecrets(folder)
  const key = await openKeyFile(join(folder, 'keys', 'two-factor-key'))
  const database = new AuthDatabase(folder, { shared: options.shared ?? false })
  try {
    const { cookieSecret } = secrets
    await openTables(database, async () => {
      const { migrateBetterAuth } = await import('./store/better-auth-schema.ts')
      await migrateBetterAuth(database, logger)
    })
    repair(database, clock.now())
    const audit = new AuditLog(database, clock)
    const keys = new ApiKeys(database, clock, audit, () => sessions.announce())
    const sessions = new Sessions(database, clock, logger, keys)
    const changes = new ChangeFeed(database, clock, logger)
    const signingKeys = new SigningKeys({
      folder,
      keys: secrets.signingKeys,
      database,
      changes,
      clock,
      logger,
    })
    const tokens = new AccessTokens(signingKeys, options.accessTokenSeconds)
    const invitations = new Invitations(database, clock)
    const users = new Users(database, clock)
    const attempts = new Attempts({ ...DEFAULT_LIMITS, ...options.limits }, clock, {
      store: new StoredAttempts(database),
      onLocked: noteLocks({ audit, users, logger, metrics: options.metrics }),
    })
    const testUsers = new TestUsers({
      database,
      clock,
      audit,
      attempts,
      publicUrl,
      cookieSecret,
      settings: options.testUsers,
    })
    const accountParts = openAccounts({
      database,
      clock,
      logger,
      metrics: options.metrics,
      breakers,
      publicUrl,
      key,
      sessions,
      invitations,
      attempts,
      audit,
      settings: options,
    })
    const { rows, rules, links, twoFactor, passwords } = accountParts
    const sessionStart = new SessionStart({ database, clock, cookieSecret, publicUrl })
    const sessionList = new SessionList(database, sessions, clock, audit)
    const userAdmin = new UserAdmin({
      database,
      users,
      rows,
      sessions,
      audit,
      links,
      twoFactor,
      attempts,
    })
    const confirmPassword = (userId: UserId, password: string, address: string) =>
      passwords.confirm(userId, password, { address })
    const needsOfRemoval = { database, users, confirmPassword, sessions, sessionList }
    const use = new SessionUse(database, clock)
    return new AuthService({
      use,
      keys,
      sessionList,
      userAdmin,
      removal: new Removal({ ...needsOfRemoval, userAdmin, audit }),
      accountData: new AccountData({ database, users, sessionList, keys, audit }),
      database,
      clock,
      publicUrl,
      sessions,
      tokens,
      invitations,
      users,
      ...accountParts,
      sessionStart,
      authenticator: new Authenticator({
        sessions,
        tokens,
        testUsers,
        keys,
        use,
        clock,
        publicUrl,
        cookieSecret,
      }),
      refreshTokens: new RefreshTokens(database, clock),
      tickets: new Tickets(database, clock),
      setup: new Setup(database),
      audit,
      signingKeys,
      changes,
      services: new Services({ database, clock, tokens, audit }),
      removals: new Removals(database),
      testUsers,
      attempts,
      oauth: openOAuth({
        providers: options.providers ?? [],
        database,
        publicUrl,
        invitations,
        rules,
        sessions,
        sessionStart,
        audit,
        clock,
        logger,
        metrics: options.metrics,
        breakers,
      }),
    })
  } catch (error) {
    database.close()
    throw error
  }
}
