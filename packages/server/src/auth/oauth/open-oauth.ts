import type { Breakers } from '../../platform/breakers.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { AccountRows } from '../account/account-rows.ts'
import type { Invitations } from '../account/invitations.ts'
import type { RegistrationRules } from '../account/registration.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { SessionStart } from '../session/session-start.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { AccountChoice } from './account-choice.ts'
import { Flows } from './flows.ts'
import { OAuthReport } from './oauth-report.ts'
import { OAuth } from './oauth.ts'
import { ProviderAccounts } from './provider-accounts.ts'
import { ProviderLogouts } from './provider-logouts.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { Providers } from './providers.ts'

/** Asks nobody anything yet: a provider is discovered when the first person wants to use it. */
export function openOAuth(parts: {
  providers: readonly ProviderSettings[]
  database: AuthDatabase
  publicUrl: string
  invitations: Invitations
  rules: RegistrationRules
  sessions: Sessions
  sessionStart: SessionStart
  audit: AuditLog
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  breakers: Breakers
}): OAuth {
  const { database, clock, rules, invitations, sessions } = parts
  const providers = new Providers(parts.providers, clock, parts.breakers)
  const accounts = new ProviderAccounts(database, clock)
  const report = new OAuthReport(parts)
  const rows = new AccountRows(database, clock)
  return new OAuth({
    ...parts,
    providers,
    accounts,
    report,
    logouts: new ProviderLogouts({ providers, accounts, sessions, report, clock }),
    flows: new Flows(database, clock, parts.publicUrl),
    choice: new AccountChoice({ database, accounts, rows, rules, invitations }),
  })
}
