import { unreachable } from '../../platform/unreachable.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import { mailFor, type Mail, type MailKind } from '../mail/messages.ts'
import type { Origin } from '../session/session-start.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import type { Account, AccountRows } from './account-rows.ts'
import type { Attempts } from './attempts.ts'
import type { MailRequests } from './mail-requests.ts'
import type { OneTimeLinks } from './one-time-links.ts'

interface Needs {
  database: AuthDatabase
  rows: AccountRows
  links: OneTimeLinks
  attempts: Attempts
  audit: AuditLog
  mailRequests: MailRequests
}

/** Proof that an address is the person's own. */
export class EmailVerification {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** @throws AuthError `link_invalid` or `rate_limited`. */
  async verify({ token, address }: Origin & { token: string }): Promise<void> {
    const { database, rows, links, attempts, audit } = this.#needs
    await attempts.run(
      { address },
      async () =>
        database.transaction(() => {
          const userId = links.redeem(token, 'verify_email')
          if (userId === undefined) throw new AuthError('link_invalid')
          rows.confirmEmail(userId)
          audit.record({
            actor: { kind: 'user', id: userId },
            action: 'email.verified',
            userId,
            address,
          })
        }),
      (error) => error instanceof AuthError && error.code === 'link_invalid',
    )
  }

  /**
   * Asks for the link again. Answers nothing, and takes as long, whether or not there is such a user.
   *
   * @throws AuthError `rate_limited`
   */
  resend(email: string, origin: Origin): void {
    this.#needs.mailRequests.request('verify_email', email, origin)
  }
}

/** What is sent for each kind, decided when it is sent; undefined when nobody is to be told. */
export const mailComposer =
  (rows: AccountRows, links: OneTimeLinks) =>
  (kind: MailKind, recipient: string): Mail | undefined => {
    const account = rows.byEmail(recipient)
    if (account === undefined || account.disabled || account.isTestUser) return undefined
    const url = addressFor(kind, account, links)
    return url === undefined ? undefined : mailFor(kind, { to: recipient, url })
  }

function addressFor(kind: MailKind, account: Account, links: OneTimeLinks): string | undefined {
  switch (kind) {
    case 'verify_email':
      return account.emailVerified
        ? undefined
        : links.create(account.userId, 'verify_email', 'mailed').url
    case 'password_reset':
      return links.create(account.userId, 'password_reset', 'mailed').url
    case 'already_registered':
    case 'password_changed':
      return links.page('sign-in')
    default:
      return unreachable(kind)
  }
}
