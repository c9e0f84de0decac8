import type { RegistrationPolicy } from '../../identity/identity.ts'
import type { Breakers } from '../../platform/breakers.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { BREAKER_OPENS } from '../../platform/recovery/recovery-table.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { Outbox } from '../mail/outbox.ts'
import { createSmtp, heldBackBy, type SmtpSettings } from '../mail/smtp.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { StoredSettings } from '../store/stored-settings.ts'
import { AccountRows } from './account-rows.ts'
import { Accounts } from './accounts.ts'
import type { Attempts } from './attempts.ts'
import { EmailVerification, mailComposer } from './email-verification.ts'
import type { Invitations } from './invitations.ts'
import { MailRequests } from './mail-requests.ts'
import { OneTimeLinks } from './one-time-links.ts'
import { PasswordHashes } from './password-hashes.ts'
import { Passwords } from './password.ts'
import { Profiles } from './profiles.ts'
import { RegistrationRules } from './registration.ts'
import { TwoFactor } from './two-factor.ts'

/** What the operator has settled about accounts. */
export interface AccountSettings {
  registration?: RegistrationPolicy | undefined
  registrationDomains?: readonly string[] | undefined
  /** Without it no e-mail is sent, and administrators hand out one-time links. */
  mail?: SmtpSettings | undefined
  /** Where links for people lead; without it to the public address. */
  webUrl?: (() => string) | undefined
}

interface Needs {
  database: AuthDatabase
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  breakers: Breakers
  publicUrl: string
  /** Seals the secrets of two-factor sign-in. */
  key: Uint8Array
  sessions: Sessions
  invitations: Invitations
  attempts: Attempts
  audit: AuditLog
  settings: AccountSettings
}

/** Everything about accounts that hangs together: passwords, links, e-mails, second factors. */
export interface AccountParts {
  rows: AccountRows
  accounts: Accounts
  passwords: Passwords
  emails: EmailVerification
  links: OneTimeLinks
  twoFactor: TwoFactor
  rules: RegistrationRules
  profiles: Profiles
  outbox: Outbox | undefined
}

export function openAccounts(needs: Needs): AccountParts {
  const { database, clock, logger, metrics, settings, sessions, attempts, audit } = needs
  const rows = new AccountRows(database, clock)
  const webUrl = settings.webUrl ?? (() => needs.publicUrl)
  const links = new OneTimeLinks({ database, clock, webUrl })
  const outbox =
    settings.mail &&
    new Outbox({
      database,
      clock,
      logger,
      metrics,
      send: heldBackBy(createSmtp(settings.mail), {
        breaker: needs.breakers.of('service', 'smtp', BREAKER_OPENS.smtp),
        clock,
      }),
      compose: mailComposer(rows, links),
    })
  const mailRequests = new MailRequests(outbox, clock)
  const hashes = new PasswordHashes()
  const shared = { database, clock, rows, attempts, audit, links, outbox, mailRequests }
  const passwords = new Passwords({ ...shared, hashes, sessions })
  const twoFactor = new TwoFactor({ ...shared, passwords, key: needs.key })
  const rules = new RegistrationRules(new StoredSettings(database), {
    policy: settings.registration,
    domains: settings.registrationDomains,
  })
  const { invitations } = needs
  return {
    rows,
    links,
    outbox,
    passwords,
    twoFactor,
    rules,
    emails: new EmailVerification(shared),
    accounts: new Accounts({ ...shared, hashes, rules, invitations, twoFactor }),
    profiles: new Profiles({ database, rows, twoFactor, audit }),
  }
}
