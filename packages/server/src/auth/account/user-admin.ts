import type { Identity, Role } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { checkedEmail, checkedName } from './account-fields.ts'
import type { AccountRows } from './account-rows.ts'
import type { Attempts } from './attempts.ts'
import { refuseLastAdmin } from './last-admin.ts'
import type { LinkPurpose, OneTimeLinks } from './one-time-links.ts'
import type { TwoFactor } from './two-factor.ts'
import type { ListedUser, User, Users } from './users.ts'

/** An administrator with the address they act from, or whoever owns this machine. */
export type By = { identity: Identity; address: string } | 'operator'

export interface UserChange {
  role?: Role | undefined
  disabled?: boolean | undefined
  name?: string | undefined
}

interface Needs {
  database: AuthDatabase
  users: Users
  rows: AccountRows
  sessions: Sessions
  audit: AuditLog
  links: OneTimeLinks
  twoFactor: Pick<TwoFactor, 'remove' | 'forgive'>
  attempts: Pick<Attempts, 'forgive'>
}

/**
 * What administrators do with accounts. They see how an account stands, never what its owner has:
 * chats and files are not the auth service's, and no route of a node gives them to anybody else.
 */
export class UserAdmin {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** Asks the store, so that an identity from before a change of role opens nothing. */
  requireAdmin(identity: Identity): void {
    const state = this.#needs.sessions.state(identity.sessionId)
    const holds = state.live && state.session.userId === identity.userId
    if (!holds || state.session.scopes !== null || state.session.role !== 'admin') {
      throw new AuthError('forbidden')
    }
  }

  /** As `requireAdmin`; nobody does these things to themselves. */
  requireOther(identity: Identity, userId: string): void {
    this.requireAdmin(identity)
    if (identity.userId === userId) throw new AuthError('own_account')
  }

  page(
    by: By,
    page: { search: string; limit: number; offset: number },
  ): { users: ListedUser[]; total: number } {
    this.#authorize(by)
    return this.#needs.users.page(page)
  }

  find(by: By, userId: string): ListedUser {
    this.#authorize(by)
    return this.#listed(userId)
  }

  findByEmail(by: By, email: string): User | undefined {
    this.#authorize(by)
    return this.#needs.users.findByEmail(email)
  }

  /** Whose address it is, for as long as the account is there. @throws AuthError `forbidden`. */
  addresses(by: By): (userId: string) => string | null {
    this.#authorize(by)
    const known = new Map<string, string | null>()
    return (userId) => {
      const email = known.get(userId) ?? this.#needs.users.find(userId)?.email ?? null
      known.set(userId, email)
      return email
    }
  }

  /**
   * An account without a password: a one-time link lets its owner choose one.
   *
   * @throws AuthError `email_taken`, `invalid_email` or `invalid_name`.
   */
  create(
    by: By,
    wish: { email: string; name?: string | undefined; role?: Role | undefined },
  ): ListedUser {
    this.#authorize(by)
    const { database, rows, users } = this.#needs
    const email = checkedEmail(wish.email)
    const role = wish.role ?? 'user'
    const userId = database.transaction(() => {
      const id = rows.insert({
        email,
        name: checkedName(wish.name, email),
        role,
        passwordHash: null,
        emailVerified: false,
        unconfirmed: false,
      })
      this.#record(by, 'user.created', id, { role })
      return id
    })
    const user = users.listed(userId)
    if (!user) throw new AuthError('not_found')
    return user
  }

  /**
   * A change of role and disabling end all of the user's login sessions, so that nothing with the
   * old rights lives on. A disabled user's API keys rest.
   *
   * @throws AuthError `forbidden`, `own_account`, `not_found`, `last_admin` or `invalid_name`.
   */
  change(by: By, userId: string, change: UserChange): ListedUser {
    this.#authorize(by)
    const { database, users, sessions } = this.#needs
    const isOwn = by !== 'operator' && by.identity.userId === userId
    database.transaction(() => {
      const user = this.#listed(userId)
      const { id } = user
      const name = change.name === undefined ? user.name : checkedName(change.name, user.email)
      if (name !== user.name) {
        users.setName(id, name)
        this.#record(by, 'name.changed', id)
      }
      if (change.role !== undefined && change.role !== user.role) {
        if (isOwn) throw new AuthError('own_account')
        if (user.isTestUser) throw new AuthError('test_user_role')
        if (change.role === 'user') refuseLastAdmin(database, id)
        users.setRole(id, change.role)
        database.run('DELETE FROM session WHERE userId = ?', id)
        this.#record(by, 'role.changed', id, { from: user.role, to: change.role })
      }
      if (change.disabled !== undefined && change.disabled !== user.disabled) {
        if (isOwn) throw new AuthError('own_account')
        if (change.disabled) refuseLastAdmin(database, id)
        users.setDisabled(id, change.disabled)
        if (change.disabled) database.run('DELETE FROM session WHERE userId = ?', id)
        this.#record(by, change.disabled ? 'user.disabled' : 'user.enabled', id)
      }
    })
    sessions.announce()
    return this.#listed(userId)
  }

  /** @throws AuthError `forbidden` or `not_found`. */
  endSessions(by: By, userId: string): void {
    this.#authorize(by)
    const { database, sessions } = this.#needs
    const { id } = this.#listed(userId)
    database.transaction(() => {
      const count = database.run('DELETE FROM session WHERE userId = ?', id)
      this.#record(by, 'session.ended', id, { why: 'administrator', count })
    })
    sessions.announce()
  }

  /** Ends the locks that failed attempts brought upon an account. @throws AuthError `forbidden` or `not_found`. */
  unlock(by: By, userId: string): void {
    this.#authorize(by)
    const { database, twoFactor, attempts } = this.#needs
    const { id, email } = this.#listed(userId)
    database.transaction(() => {
      attempts.forgive(email)
      twoFactor.forgive(id)
      this.#record(by, 'user.unlocked', id)
    })
  }

  /** For whoever lost app and recovery codes. @throws AuthError `forbidden` or `not_found`. */
  removeTwoFactor(by: By, userId: string): void {
    this.#authorize(by)
    const { database, twoFactor } = this.#needs
    const { id } = this.#listed(userId)
    database.transaction(() => {
      if (twoFactor.remove(id)) this.#record(by, 'two_factor.disabled', id)
    })
  }

  /**
   * A one-time link that the administrator hands over.
   *
   * @throws AuthError `forbidden` or `not_found`.
   */
  createLink(by: By, userId: string, purpose: LinkPurpose): { url: string; expires_at: string } {
    this.#authorize(by)
    const { database, links } = this.#needs
    const { id, isTestUser } = this.#listed(userId)
    if (isTestUser) throw new AuthError('test_user_limited')
    return database.transaction(() => {
      this.#record(by, 'link.made', id, { purpose })
      return links.create(id, purpose)
    })
  }

  #listed(userId: string): ListedUser {
    const user = this.#needs.users.listed(userId)
    if (!user) throw new AuthError('not_found')
    return user
  }

  #authorize(by: By): void {
    if (by !== 'operator') this.requireAdmin(by.identity)
  }

  #record(by: By, action: string, userId: UserId, details?: Record<string, string | number>): void {
    const actor: Actor =
      by === 'operator' ? { kind: 'operator' } : { kind: 'user', id: by.identity.userId }
    const address = by === 'operator' ? undefined : by.address
    this.#needs.audit.record({ actor, action, userId, address, details })
  }
}
