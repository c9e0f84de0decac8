import type { Clock } from '../../platform/clock.ts'
import { asId, uuidv7, type SessionId, type UserId } from '../../platform/ids.ts'
import type { Origin } from '../session/session-start.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/** How a test user came to be: by the demonstration, by the key, or by a token of a test suite. */
export type TestUserKind = 'demo' | 'e2e' | 'token'

export interface TestUserRow {
  user_id: string
  kind: TestUserKind
  /** Milliseconds since the epoch. */
  expires_at: number
  erased_at: number | null
}

const MAX_NAME_CHARS = 200
const MAX_USER_AGENT_CHARS = 500
const PAGE = 100

/** Test users as the store has them. */
export class TestUserRows {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  find(userId: string): TestUserRow | undefined {
    return this.#database.get<TestUserRow>('SELECT * FROM test_user WHERE user_id = ?', userId)
  }

  count(kind: TestUserKind): number {
    const row = this.#database.get<{ count: number }>(
      'SELECT count(*) AS count FROM test_user WHERE kind = ?',
      kind,
    )
    return row?.count ?? 0
  }

  /** False when somebody has this id, or had it and left things behind: nobody is ever taken over. */
  add(user: { userId: string; kind: TestUserKind; name: string; expiresAt: number }): boolean {
    const at = new Date(this.#clock.now()).toISOString()
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const added = this.#database.run(
        `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, role)
         SELECT ?1, ?2, ?3, 0, ?4, ?4, 'user'
         WHERE NOT EXISTS (SELECT 1 FROM user_removal WHERE user_id = ?1)
         ON CONFLICT (id) DO NOTHING`,
        user.userId,
        user.name.slice(0, MAX_NAME_CHARS),
        // Of nobody, so that no account is ever found by it (RFC 2606, 2).
        `test-user-${uuidv7()}@netra.invalid`,
        at,
      )
      if (added > 0) {
        this.#database.run(
          'INSERT INTO test_user (user_id, kind, expires_at) VALUES (?, ?, ?)',
          user.userId,
          user.kind,
          user.expiresAt,
        )
      }
      this.#database.exec('COMMIT')
      return added > 0
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  addSession(session: {
    sessionId: SessionId
    userId: string
    token: string
    expiresAtMs: number
    origin?: Origin
  }): void {
    const at = new Date(this.#clock.now()).toISOString()
    this.#database.run(
      `INSERT INTO session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      session.sessionId,
      new Date(session.expiresAtMs).toISOString(),
      session.token,
      at,
      at,
      session.origin?.address ?? null,
      session.origin?.userAgent?.slice(0, MAX_USER_AGENT_CHARS) ?? null,
      session.userId,
    )
  }

  /** Whether there is such a session, or was one. */
  hasSeen(sessionId: SessionId): boolean {
    const row = this.#database.get(
      `SELECT 1 FROM session WHERE id = ?1
       UNION ALL SELECT 1 FROM ended_session WHERE session_id = ?1 LIMIT 1`,
      sessionId,
    )
    return row !== undefined
  }

  endSessions(userId: string): void {
    this.#database.run('DELETE FROM session WHERE userId = ?', userId)
  }

  /** All of a kind are at their end now. */
  expireAll(kind: TestUserKind): void {
    const now = this.#clock.now()
    this.#database.run(
      'DELETE FROM session WHERE userId IN (SELECT user_id FROM test_user WHERE kind = ?)',
      kind,
    )
    this.#database.run(
      'UPDATE test_user SET expires_at = ? WHERE kind = ? AND expires_at > ?',
      now,
      kind,
      now,
    )
  }

  expired(): UserId[] {
    return this.#ids(
      'SELECT user_id FROM test_user WHERE expires_at <= ? AND erased_at IS NULL LIMIT ?',
      this.#clock.now(),
    )
  }

  erased(userId: string): void {
    const now = this.#clock.now()
    this.#database.run('UPDATE test_user SET erased_at = ? WHERE user_id = ?', now, userId)
  }

  /** Erased before this moment, and confirmed by whoever holds what was theirs. */
  settledBefore(ms: number): UserId[] {
    return this.#ids(
      `SELECT user_id FROM test_user WHERE erased_at <= ?
       AND user_id NOT IN (SELECT user_id FROM user_removal) LIMIT ?`,
      ms,
    )
  }

  remove(userId: string): void {
    this.#database.run('DELETE FROM test_user WHERE user_id = ? AND erased_at IS NOT NULL', userId)
  }

  #ids(sql: string, ms: number): UserId[] {
    return this.#database
      .all<Pick<TestUserRow, 'user_id'>>(sql, ms, PAGE)
      .map((row) => asId<UserId>(row.user_id))
  }
}
