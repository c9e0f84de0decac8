import type { Clock } from '../../platform/clock.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import type { LogoutClaims } from './provider.ts'

/**
 * `account` is Better Auth's: one row a way to sign in. The index keeps two sign-ins at once from
 * giving one subject two accounts.
 */
export const PROVIDER_TABLES = `
  CREATE UNIQUE INDEX account_of_provider ON account (providerId, accountId);

  CREATE TABLE provider_session (
    session_id TEXT PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    sid TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX provider_session_subject ON provider_session (provider, subject);

  CREATE TABLE provider_logout (
    provider TEXT NOT NULL,
    jti TEXT NOT NULL,
    subject TEXT,
    sid TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (provider, jti)
  ) STRICT, WITHOUT ROWID;
`

/** Longer than a logout token is taken, and than a sign-in may be under way. */
const KEEP_LOGOUT_MS = 20 * 60_000

export interface LocalUser {
  id: string
  emailVerified: boolean
  disabled: boolean
  twoFactor: boolean
}

interface UserRow {
  id: string
  emailVerified: number | null
  banned: number | null
  two_factor: number
}

const SELECT = `
  SELECT u.id, u.emailVerified, u.banned, EXISTS (
    SELECT 1 FROM two_factor WHERE user_id = u.id AND enabled_at IS NOT NULL
  ) AS two_factor
  FROM user u`

/** Which account here belongs to which subject of a provider, and which login session to its session. */
export class ProviderAccounts {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  bySubject(provider: string, subject: string): LocalUser | undefined {
    return localUser(
      this.#database.get<UserRow>(
        `${SELECT} JOIN account a ON a.userId = u.id WHERE a.providerId = ? AND a.accountId = ?`,
        provider,
        subject,
      ),
    )
  }

  byEmail(email: string): LocalUser | undefined {
    return localUser(this.#database.get<UserRow>(`${SELECT} WHERE u.email = ?`, email))
  }

  /** @throws when the subject belongs to somebody already. */
  link(userId: string, provider: string, subject: string): void {
    const now = new Date(this.#clock.now()).toISOString()
    this.#database.run(
      `INSERT INTO account (id, accountId, providerId, userId, createdAt, updatedAt)
       VALUES (?, ?, ?, ?, ?, ?)`,
      uuidv7(),
      subject,
      provider,
      userId,
      now,
      now,
    )
  }

  /** When the user linked which provider (ISO 8601); a password is none. */
  linkedTo(userId: string): { provider: string; linkedAt: string }[] {
    return this.#database.all(
      `SELECT providerId AS provider, createdAt AS linkedAt FROM account
       WHERE userId = ? AND providerId <> 'credential' ORDER BY createdAt`,
      userId,
    )
  }

  /**
   * Takes the provider away from the user, unless it is their last way in; of the others only those
   * of `configured` count.
   *
   * @returns the sessions that were begun through it, or why nothing was done.
   */
  unlink(
    userId: string,
    provider: string,
    configured: ReadonlySet<string>,
  ): string[] | 'not_linked' | 'last_way_in' {
    const ways = this.#database.all<{ providerId: string; password: string | null }>(
      'SELECT providerId, password FROM account WHERE userId = ?',
      userId,
    )
    if (!ways.some(({ providerId }) => providerId === provider)) return 'not_linked'
    const others = ways.filter(
      ({ providerId, password }) =>
        providerId !== provider && (configured.has(providerId) || password !== null),
    )
    if (others.length === 0) return 'last_way_in'
    this.#database.run('DELETE FROM account WHERE userId = ? AND providerId = ?', userId, provider)
    return this.#database
      .all<{ id: string }>(
        `SELECT s.id FROM session s JOIN provider_session p ON p.session_id = s.id
         WHERE s.userId = ? AND p.provider = ?`,
        userId,
        provider,
      )
      .map(({ id }) => id)
  }

  noteSession(
    sessionId: string,
    of: { provider: string; subject: string; sid: string | undefined },
  ): void {
    this.#database.run(
      'INSERT INTO provider_session (session_id, provider, subject, sid) VALUES (?, ?, ?, ?)',
      sessionId,
      of.provider,
      of.subject,
      of.sid ?? null,
    )
  }

  /** The login sessions that a logout is about, with whose they are. */
  sessionsOf(
    provider: string,
    { subject, sid }: Pick<LogoutClaims, 'subject' | 'sid'>,
  ): { sessionId: string; userId: string }[] {
    return this.#database.all(
      `SELECT p.session_id AS sessionId, s.userId FROM provider_session p
       JOIN session s ON s.id = p.session_id
       WHERE p.provider = ? AND p.subject = coalesce(?, p.subject)
         AND (? IS NULL OR p.sid = ?)`,
      provider,
      subject ?? null,
      sid ?? null,
      sid ?? null,
    )
  }

  /** Keeps a logout in mind; false when this very token came before. */
  noteLogout(provider: string, { jti, subject, sid }: LogoutClaims): boolean {
    this.#forgetLogouts()
    const added = this.#database.run(
      `INSERT INTO provider_logout (provider, jti, subject, sid, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      provider,
      jti,
      subject ?? null,
      sid ?? null,
      this.#clock.now(),
    )
    return added === 1
  }

  /** Whether the provider ended that session of its own while the sign-in was under way. */
  loggedOutSince(
    startedAtMs: number,
    of: { provider: string; subject: string; sid: string | undefined },
  ): boolean {
    this.#forgetLogouts()
    const found = this.#database.get(
      `SELECT 1 FROM provider_logout
       WHERE provider = ? AND at >= ? AND coalesce(subject, ?) = ? AND (sid IS NULL OR sid = ?)`,
      of.provider,
      startedAtMs,
      of.subject,
      of.subject,
      of.sid ?? null,
    )
    return found !== undefined
  }

  #forgetLogouts(): void {
    const before = this.#clock.now() - KEEP_LOGOUT_MS
    this.#database.run('DELETE FROM provider_logout WHERE at < ?', before)
  }
}

const localUser = (row: UserRow | undefined): LocalUser | undefined =>
  row && {
    id: row.id,
    emailVerified: Boolean(row.emailVerified),
    disabled: Boolean(row.banned),
    twoFactor: Boolean(row.two_factor),
  }
