import type { Identity } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Origin } from '../session/session-start.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import type { AccountRows } from './account-rows.ts'
import type { Attempts } from './attempts.ts'
import type { MailRequests } from './mail-requests.ts'
import type { OneTimeLinks } from './one-time-links.ts'
import type { PasswordHashes } from './password-hashes.ts'
import { checkNewPassword, MAX_PASSWORD_CHARS } from './password-policy.ts'

interface Needs {
  database: AuthDatabase
  rows: AccountRows
  hashes: PasswordHashes
  sessions: Sessions
  links: OneTimeLinks
  attempts: Attempts
  audit: AuditLog
  mailRequests: MailRequests
  outbox: Outbox | undefined
}

/** Changing a password, and choosing one anew when it is forgotten. */
export class Passwords {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /**
   * Proves by the password that this is the person; begins no session.
   *
   * @throws AuthError `invalid_credentials`, `no_password`, `rate_limited` or `busy`.
   */
  async confirm(userId: UserId, password: string, origin: Origin): Promise<void> {
    await this.#prove(userId, password, origin)
  }

  /**
   * Ends every other login session of the user, and every token that this one was given before.
   *
   * @throws AuthError as `confirm` and `checkNewPassword`.
   */
  async change(
    identity: Identity,
    { current, wanted, ...origin }: Origin & { current: string; wanted: string },
  ): Promise<void> {
    const { database, rows, hashes, sessions, audit } = this.#needs
    const { userId, sessionId } = identity
    checkNewPassword(wanted, identity.email)
    const proved = await this.#prove(userId, current, origin)
    const hash = await hashes.hash(wanted)
    database.transaction(() => {
      const state = sessions.state(sessionId)
      if (!state.live) throw new AuthError('session_ended')
      // Of two changes at once, or beside a reset, the later one has proved an old password only.
      if (rows.byId(userId)?.passwordHash !== proved) throw new AuthError('wrong_password')
      this.#set(userId, hash)
      database.run('DELETE FROM session WHERE userId = ? AND id <> ?', userId, sessionId)
      database.run('DELETE FROM refresh_token WHERE session_id = ?', sessionId)
      audit.record({
        actor: { kind: 'user', id: userId },
        action: 'password.changed',
        userId,
        address: origin.address,
      })
      this.#needs.outbox?.enqueue('password_changed', identity.email)
    })
    sessions.announce()
  }

  /**
   * Asks for a link by e-mail. Answers nothing, and takes as long, whether or not there is such a
   * user.
   *
   * @throws AuthError `rate_limited`
   */
  forgot(email: string, origin: Origin): void {
    this.#needs.mailRequests.request('password_reset', email, origin)
  }

  /**
   * Chooses a password by a link, which ends every login session and proves the address.
   *
   * @throws AuthError `link_invalid`, `rate_limited` and as `checkNewPassword`.
   */
  async reset({ token, password, ...origin }: Origin & { token: string; password: string }) {
    const { database, rows, hashes, sessions, links, attempts, audit } = this.#needs
    await attempts.run(
      { address: origin.address },
      async () => {
        const owner = links.ownerOf(token, 'password_reset')
        const account = owner && rows.byId(owner)
        if (account === undefined) throw new AuthError('link_invalid')
        checkNewPassword(password, account.email)
        const hash = await hashes.hash(password)
        return database.transaction(() => {
          const spent = links.redeem(token, 'password_reset')
          if (spent === undefined) throw new AuthError('link_invalid')
          this.#set(spent, hash)
          rows.confirmEmail(spent)
          database.run('DELETE FROM session WHERE userId = ?', spent)
          audit.record({
            actor: { kind: 'user', id: spent },
            action: 'password.reset',
            userId: spent,
            address: origin.address,
          })
          this.#needs.outbox?.enqueue('password_changed', account.email)
        })
      },
      (error) => error instanceof AuthError && error.code === 'link_invalid',
    )
    sessions.announce()
  }

  /** Answers the hash that the password was compared with. */
  async #prove(userId: UserId, password: string, origin: Origin): Promise<string> {
    const { rows, hashes, attempts, audit } = this.#needs
    const account = rows.byId(userId)
    if (account === undefined) throw new AuthError('not_found')
    const { email, passwordHash } = account
    if (passwordHash === null) throw new AuthError('no_password')
    return attempts.run(
      { ...origin, account: email },
      async () => {
        const isShort = password.length <= MAX_PASSWORD_CHARS
        if (isShort && (await hashes.matches(passwordHash, password))) return passwordHash
        const why = 'wrong_password'
        audit.record({
          actor: { kind: 'user', id: userId },
          action: 'session.refused',
          outcome: 'refused',
          userId,
          address: origin.address,
          details: { why },
        })
        throw new AuthError(why)
      },
      (error) => error instanceof AuthError && error.code === 'wrong_password',
    )
  }

  /** Everything that was begun with the old password ends with it. */
  #set(userId: UserId, hash: string): void {
    const { database, rows, links } = this.#needs
    rows.setPassword(userId, hash)
    links.endAllOf(userId)
    database.run('DELETE FROM two_factor_challenge WHERE user_id = ?', userId)
  }
}
