import type { Role } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import { roleOf } from '../session/sessions.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

export interface User {
  id: UserId
  email: string
  name: string
  role: Role
  disabled: boolean
  /** ISO 8601. */
  createdAt: string
}

/** A user as administrators see one: how the account stands, and nothing of what is in it. */
export interface ListedUser extends User {
  /** ISO 8601, to the minute while a session lives; null when nobody has signed in yet. */
  lastSeenAt: string | null
  emailVerified: boolean
  hasPassword: boolean
  twoFactor: boolean
  /** Login sessions that live. */
  sessions: number
  isTestUser: boolean
}

interface UserRow {
  id: string
  email: string
  name: string
  role: string | null
  banned: number | null
  createdAt: string
}

interface ListedRow extends UserRow {
  emailVerified: number
  hasPassword: number
  twoFactor: number
  sessions: number
  usedAt: number | null
  renewedAt: string | null
  begunAt: string | null
  isTestUser: number
}

const SELECT = 'SELECT id, email, name, role, banned, createdAt FROM user'
const LISTED = `
  SELECT u.id, u.email, u.name, u.role, u.banned, u.createdAt, u.emailVerified,
    EXISTS (SELECT 1 FROM account WHERE userId = u.id AND password IS NOT NULL) AS hasPassword,
    EXISTS (SELECT 1 FROM two_factor WHERE user_id = u.id AND enabled_at IS NOT NULL) AS twoFactor,
    (SELECT count(*) FROM session WHERE userId = u.id AND expiresAt > ?2) AS sessions,
    (SELECT max(v.used_at) FROM session s JOIN volatile.session_use v ON v.session_id = s.id
      WHERE s.userId = u.id) AS usedAt,
    (SELECT max(updatedAt) FROM session WHERE userId = u.id) AS renewedAt,
    (SELECT at FROM audit_entry WHERE user_id = u.id AND action = 'session.began'
      ORDER BY position DESC LIMIT 1) AS begunAt,
    EXISTS (SELECT 1 FROM test_user WHERE user_id = u.id) AS isTestUser
  FROM user u`
const MATCHES = `(lower(u.email) LIKE ?1 ESCAPE '\\' OR lower(u.name) LIKE ?1 ESCAPE '\\')`

export class Users {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  find(id: string): User | undefined {
    const row = this.#database.get<UserRow>(`${SELECT} WHERE id = ?`, id)
    return row && present(row)
  }

  /** The address in any case. */
  findByEmail(email: string): User | undefined {
    const wanted = email.trim().toLowerCase()
    const row = this.#database.get<UserRow>(`${SELECT} WHERE email = ?`, wanted)
    return row && present(row)
  }

  list(): User[] {
    return this.#database.all<UserRow>(`${SELECT} ORDER BY createdAt, id`).map(present)
  }

  /** In the order they came; `search` looks at addresses and names, without regard to case. */
  page({ search, limit, offset }: { search: string; limit: number; offset: number }): {
    users: ListedUser[]
    total: number
  } {
    const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    const found = this.#database.get<{ total: number }>(
      `SELECT count(*) AS total FROM user u WHERE ${MATCHES}`,
      pattern,
    )
    const rows = this.#database.all<ListedRow>(
      `${LISTED} WHERE ${MATCHES} ORDER BY u.createdAt, u.id LIMIT ?3 OFFSET ?4`,
      pattern,
      this.#now(),
      limit,
      offset,
    )
    return { users: rows.map(listed), total: found?.total ?? 0 }
  }

  listed(id: string): ListedUser | undefined {
    const row = this.#database.get<ListedRow>(`${LISTED} WHERE u.id = ?1`, id, this.#now())
    return row && listed(row)
  }

  hasEmail(email: string): boolean {
    return this.#database.get('SELECT 1 FROM user WHERE email = ?', email) !== undefined
  }

  setDisabled(id: string, disabled: boolean): void {
    this.#database.run('UPDATE user SET banned = ? WHERE id = ?', disabled ? 1 : 0, id)
  }

  setRole(id: string, role: Role): void {
    this.#database.run('UPDATE user SET role = ? WHERE id = ?', role, id)
  }

  setName(id: string, name: string): void {
    this.#database.run('UPDATE user SET name = ? WHERE id = ?', name, id)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

const present = ({ id, email, name, role, banned, createdAt }: UserRow): User => ({
  id: asId<UserId>(id),
  email,
  name,
  role: roleOf(role),
  disabled: Boolean(banned),
  createdAt: new Date(createdAt).toISOString(),
})

function listed(row: ListedRow): ListedUser {
  const seen = [row.usedAt, row.renewedAt, row.begunAt]
    .filter((time) => time !== null)
    .map((time) => new Date(time).getTime())
  return {
    ...present(row),
    lastSeenAt: seen.length === 0 ? null : new Date(Math.max(...seen)).toISOString(),
    emailVerified: Boolean(row.emailVerified),
    hasPassword: Boolean(row.hasPassword),
    twoFactor: Boolean(row.twoFactor),
    sessions: row.sessions,
    isTestUser: Boolean(row.isTestUser),
  }
}
