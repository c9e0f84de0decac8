import type { Role } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { asId, newId, type UserId } from '../../platform/ids.ts'
import { AuthError } from '../auth-error.ts'
import { roleOf } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/**
 * Whoever has a row here must confirm the address before signing in. `emailVerified` alone does not
 * say so: accounts from before e-mails were sent have never been asked. `repeated_registration`: with
 * which password somebody registered the address once more. It opens nothing, and is answered as that
 * of a new account is: else whoever registers would learn by signing in whether an account was made.
 */
export const UNCONFIRMED_TABLES = `
  CREATE TABLE unconfirmed_account (
    user_id TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE repeated_registration (
    user_id TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    password TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** What signing in by password asks of the store. */
export interface Account {
  userId: UserId
  email: string
  name: string
  role: Role
  /**
   * Null when the person signs in through a provider only, has not chosen one yet, or has not
   * confirmed the address.
   */
  passwordHash: string | null
  disabled: boolean
  emailVerified: boolean
  /** The address must be confirmed before the first sign-in. */
  unconfirmed: boolean
  /** Of whoever registered the address last and has not proved that it is theirs. */
  claimHash: string | null
  /** Has no password, and gets none. */
  isTestUser: boolean
}

export interface NewRow {
  email: string
  name: string
  role: Role
  passwordHash: string | null
  emailVerified: boolean
  unconfirmed: boolean
}

interface Row {
  id: string
  email: string
  name: string
  role: string | null
  password: string | null
  banned: number | null
  emailVerified: number
  unconfirmed: number
  repeated: string | null
  isTestUser: number
}

const SELECT = `
  SELECT u.id, u.email, u.name, u.role, u.banned, u.emailVerified, a.password,
    EXISTS (SELECT 1 FROM unconfirmed_account WHERE user_id = u.id) AS unconfirmed,
    (SELECT password FROM repeated_registration WHERE user_id = u.id) AS repeated,
    EXISTS (SELECT 1 FROM test_user WHERE user_id = u.id) AS isTestUser
  FROM user u LEFT JOIN account a ON a.userId = u.id AND a.providerId = 'credential'`

/** Users and their passwords, in Better Auth's tables; a write is whole or not at all. */
export class AccountRows {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The address in lower case. */
  byEmail(email: string): Account | undefined {
    const row = this.#database.get<Row>(`${SELECT} WHERE u.email = ?`, email)
    return row && present(row)
  }

  byId(userId: string): Account | undefined {
    const row = this.#database.get<Row>(`${SELECT} WHERE u.id = ?`, userId)
    return row && present(row)
  }

  /** To be called in a transaction. @throws AuthError `email_taken` */
  insert({ email, name, role, passwordHash, emailVerified, unconfirmed }: NewRow): UserId {
    const database = this.#database
    if (database.get('SELECT 1 FROM user WHERE email = ?', email)) {
      throw new AuthError('email_taken')
    }
    const userId = newId<UserId>()
    const now = new Date(this.#clock.now()).toISOString()
    database.run(
      `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, role, banned)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
      userId,
      name,
      email,
      emailVerified ? 1 : 0,
      now,
      now,
      role,
    )
    this.#insertPassword(userId, passwordHash)
    if (unconfirmed) {
      database.run(
        'INSERT INTO unconfirmed_account (user_id, created_at) VALUES (?, ?)',
        userId,
        this.#clock.now(),
      )
    }
    return userId
  }

  setPassword(userId: string, passwordHash: string): void {
    const changed = this.#database.run(
      "UPDATE account SET password = ?, updatedAt = ? WHERE userId = ? AND providerId = 'credential'",
      passwordHash,
      new Date(this.#clock.now()).toISOString(),
      userId,
    )
    if (changed === 0) this.#insertPassword(userId, passwordHash)
    this.#forgetRepeated(userId)
  }

  /** Takes from whoever registered an address what could open it once its owner confirms it. */
  disown(userId: string): void {
    this.#database.run('UPDATE account SET password = NULL WHERE userId = ?', userId)
    this.#database.run('DELETE FROM one_time_link WHERE user_id = ?', userId)
  }

  /** The address is proved to be this person's. */
  confirmEmail(userId: string): void {
    this.#database.run('UPDATE user SET emailVerified = 1 WHERE id = ?', userId)
    this.#database.run('DELETE FROM unconfirmed_account WHERE user_id = ?', userId)
    this.#forgetRepeated(userId)
  }

  /** Somebody registers an address that an account has. */
  noteRepeated(userId: string, passwordHash: string): void {
    this.#database.run(
      'INSERT OR REPLACE INTO repeated_registration (user_id, password, created_at) VALUES (?, ?, ?)',
      userId,
      passwordHash,
      this.#clock.now(),
    )
  }

  /** Removes what registrations left that nobody confirmed, so that it does not pile up. */
  removeUnconfirmed(olderThanMs: number): void {
    const before = this.#clock.now() - olderThanMs
    this.#database.run(
      'DELETE FROM user WHERE id IN (SELECT user_id FROM unconfirmed_account WHERE created_at < ?)',
      before,
    )
    this.#database.run('DELETE FROM repeated_registration WHERE created_at < ?', before)
  }

  #forgetRepeated(userId: string): void {
    this.#database.run('DELETE FROM repeated_registration WHERE user_id = ?', userId)
  }

  #insertPassword(userId: string, passwordHash: string | null): void {
    const now = new Date(this.#clock.now()).toISOString()
    this.#database.run(
      `INSERT INTO account (id, accountId, providerId, userId, password, createdAt, updatedAt)
       VALUES (?, ?, 'credential', ?, ?, ?, ?)`,
      newId(),
      userId,
      userId,
      passwordHash,
      now,
      now,
    )
  }
}

const present = (row: Row): Account => ({
  userId: asId<UserId>(row.id),
  email: row.email,
  name: row.name,
  role: roleOf(row.role),
  passwordHash: row.unconfirmed ? null : row.password,
  disabled: Boolean(row.banned),
  emailVerified: Boolean(row.emailVerified),
  unconfirmed: Boolean(row.unconfirmed),
  claimHash: row.repeated ?? (row.unconfirmed ? row.password : null),
  isTestUser: Boolean(row.isTestUser),
})
