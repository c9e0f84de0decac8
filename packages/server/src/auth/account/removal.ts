import type { Identity } from '../../identity/identity.ts'
import type { UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { SessionList } from '../session/session-list.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { refuseLastAdmin } from './last-admin.ts'
import type { UserAdmin } from './user-admin.ts'
import type { Users } from './users.ts'

/** Somebody without a password proves by having just signed in that it is them. */
const JUST_SIGNED_IN_MS = 10 * 60_000

/**
 * Removes the user and all that names them. The file is small, so it is written anew as a whole:
 * nothing of what was removed stays in its free pages or its WAL.
 */
export function removeUser(database: AuthDatabase, userId: string): void {
  const user = database.get<{ email: string }>('SELECT email FROM user WHERE id = ?', userId)
  if (!user) return
  database.transaction(() => {
    database.run('DELETE FROM session WHERE userId = ?', userId)
    database.run('DELETE FROM account WHERE userId = ?', userId)
    // An address may hold what LIKE takes for a pattern.
    database.run('DELETE FROM verification WHERE instr(identifier, ?) > 0', user.email)
    database.run('DELETE FROM invitation WHERE used_by = ? OR email = ?', userId, user.email)
    database.run('DELETE FROM user WHERE id = ?', userId)
  })
  rewrite(database)
}

function rewrite(database: AuthDatabase): void {
  database.exec('VACUUM main')
  database.exec('PRAGMA main.wal_checkpoint(TRUNCATE)')
}

interface Needs {
  database: AuthDatabase
  users: Users
  /** @throws AuthError unless it is the user's. */
  confirmPassword: (userId: UserId, password: string, address: string) => Promise<void>
  sessions: Sessions
  sessionList: SessionList
  userAdmin: UserAdmin
  audit: AuditLog
}

/**
 * The end of an account. What nodes hold of the user is theirs to erase: before it, and once more
 * after it, when no session is left that could ask for anything new.
 */
export class Removal {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /**
   * Proves by the password, or by a sign-in just now, that this is the person, before anything of
   * theirs is erased.
   *
   * @throws AuthError `last_admin`, `invalid_credentials`, `sign_in_again` or `rate_limited`.
   */
  async confirm(
    identity: Identity,
    { password, address }: { password: string | undefined; address: string },
  ): Promise<void> {
    const { database, confirmPassword, users, sessionList } = this.#needs
    if (!users.find(identity.userId)) throw new AuthError('not_found')
    refuseLastAdmin(database, identity.userId)
    if (password !== undefined) {
      await confirmPassword(identity.userId, password, address)
    } else if (!sessionList.isYoung(identity.sessionId, JUST_SIGNED_IN_MS)) {
      throw new AuthError('sign_in_again')
    }
  }

  /** The person's own wish, confirmed before. */
  removeSelf({ userId }: Identity, address: string): void {
    this.#remove(userId, () =>
      this.#needs.audit.record({
        actor: { kind: 'user', id: userId },
        action: 'user.removed',
        userId,
        address,
      }),
    )
  }

  /**
   * Before an administrator removes somebody: from here on the user starts nothing new.
   *
   * @throws AuthError `forbidden`, `own_account`, `not_found` or `last_admin`.
   */
  prepare(admin: Identity, userId: string, address: string): UserId {
    const { database, userAdmin, users, sessions, audit } = this.#needs
    userAdmin.requireOther(admin, userId)
    const user = users.find(userId)
    if (!user) throw new AuthError('not_found')
    database.transaction(() => {
      refuseLastAdmin(database, userId)
      users.setDisabled(userId, true)
      // The removal may fail half-way; then this is what says who disabled the account.
      audit.record({
        actor: { kind: 'user', id: admin.userId },
        action: 'user.disabled',
        userId: user.id,
        address,
        details: { why: 'removal' },
      })
      database.run('DELETE FROM session WHERE userId = ?', userId)
    })
    sessions.announce()
    return user.id
  }

  removeOther(admin: Identity, userId: UserId, address: string): void {
    this.#needs.userAdmin.requireOther(admin, userId)
    this.#remove(userId, () =>
      this.#needs.audit.record({
        actor: { kind: 'user', id: admin.userId },
        action: 'user.removed',
        userId,
        address,
      }),
    )
  }

  #remove(userId: UserId, record: () => void): void {
    const { database, sessions, audit } = this.#needs
    database.transaction(() => {
      refuseLastAdmin(database, userId)
      record()
      audit.forget(userId)
    })
    removeUser(database, userId)
    sessions.announce()
  }
}
