import type { Role } from '../../identity/identity.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { checkedName } from './account-fields.ts'
import type { AccountRows } from './account-rows.ts'
import type { TwoFactor } from './two-factor.ts'

export interface Profile {
  userId: UserId
  email: string
  name: string
  role: Role
  emailVerified: boolean
  twoFactor: boolean
  hasPassword: boolean
  /** Ids of the providers that are linked; times are ISO 8601. */
  providers: { id: string; linkedAt: string }[]
  /** When a test user ends (ISO 8601). */
  expiresAt: string | undefined
}

interface Needs {
  database: AuthDatabase
  rows: AccountRows
  twoFactor: TwoFactor
  audit: AuditLog
}

/** What people see of their own account. */
export class Profiles {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** @throws AuthError `not_found` */
  of(userId: string): Profile {
    const { database, rows, twoFactor } = this.#needs
    const account = rows.byId(userId)
    if (account === undefined) throw new AuthError('not_found')
    const providers = database.all<{ providerId: string; createdAt: string }>(
      `SELECT providerId, createdAt FROM account
       WHERE userId = ? AND providerId <> 'credential' ORDER BY createdAt`,
      userId,
    )
    const test = database.get<{ expires_at: number }>(
      'SELECT expires_at FROM test_user WHERE user_id = ?',
      userId,
    )
    return {
      userId: asId<UserId>(userId),
      email: account.email,
      name: account.name,
      role: account.role,
      emailVerified: account.emailVerified,
      twoFactor: twoFactor.isEnabled(userId),
      hasPassword: account.passwordHash !== null,
      providers: providers.map((row) => ({ id: row.providerId, linkedAt: row.createdAt })),
      expiresAt: test && new Date(test.expires_at).toISOString(),
    }
  }

  /** @throws AuthError `invalid_name` */
  rename(userId: UserId, wanted: string, address: string): void {
    const { database, rows, audit } = this.#needs
    const account = rows.byId(userId)
    if (account === undefined) throw new AuthError('not_found')
    const name = checkedName(wanted, account.email)
    database.transaction(() => {
      database.run('UPDATE user SET name = ? WHERE id = ?', name, userId)
      audit.record({ actor: { kind: 'user', id: userId }, action: 'name.changed', userId, address })
    })
  }
}
