import type { LiveSession, Role, SessionEnd, SessionEndListener } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { asId, type SessionId, type UserId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import { keyOfSession } from '../keys/key-text.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { EXTEND_SESSION_AFTER_SECONDS, IDLE_SESSION_SECONDS, MAX_SESSION_MS } from './lifetimes.ts'

/** Of the store, which is always there to be asked. */
export type SessionState = { live: true; session: LiveSession } | { live: false; why: SessionEnd }

interface SessionRow {
  id: string
  userId: string
  createdAt: string
  expiresAt: string
  email: string
  name: string
  role: string | null
  banned: number | null
  /** When the user ends, if it is a test user. */
  testEnd: number | null
}

interface EndedRow {
  position: number
  session_id: string
  user_id: string
  why: SessionEnd
}

const SELECT = `
  SELECT s.id, s.userId, s.createdAt, s.expiresAt, u.email, u.name, u.role, u.banned,
    t.expires_at AS testEnd
  FROM session s JOIN user u ON u.id = s.userId LEFT JOIN test_user t ON t.user_id = u.id`
/** A session that another process ended must be told within a second, with what closing takes. */
const POLL_MS = 250
const SWEEP_EVERY_POLLS = 240
const KEEP_ENDED_MS = 60 * 24 * 3600 * 1000
const LONG_AGO = '1970-01-01T00:00:00.000Z'

export const roleOf = (role: string | null): Role =>
  role?.split(',').includes('admin') ? 'admin' : 'user'

/** Whether login sessions live, and the feed of those that ended; always as the store says now. */
export class Sessions {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Set<SessionEndListener>()
  #position: number
  #polls = 0
  #stopPolling: () => void = () => {}
  readonly #keys: Pick<ApiKeys, 'state'>

  constructor(database: AuthDatabase, clock: Clock, logger: Logger, keys: Pick<ApiKeys, 'state'>) {
    this.#keys = keys
    this.#database = database
    this.#clock = clock
    this.#logger = logger
    this.#sweep()
    this.#position =
      database.get<{ head: number | null }>('SELECT max(position) AS head FROM ended_session')
        ?.head ?? 0
    this.#schedule()
  }

  state(sessionId: string): SessionState {
    const keyId = keyOfSession(sessionId)
    if (keyId !== undefined) return this.#keys.state(keyId)
    const row = this.#database.get<SessionRow>(`${SELECT} WHERE s.id = ?`, sessionId)
    return (
      this.#stateOf(row) ?? { live: false, why: this.#endOf('session_id', sessionId) ?? 'revoked' }
    )
  }

  /** By the token in a cookie; undefined when there never was such a session. */
  stateOfToken(sessionToken: string): SessionState | undefined {
    const row = this.#database.get<SessionRow>(`${SELECT} WHERE s.token = ?`, sessionToken)
    const state = this.#stateOf(row)
    if (state !== undefined) return state
    const why = this.#endOf('session_token', sessionToken)
    return why && { live: false, why }
  }

  /** Whether use should move the session's end by now; at most once an hour, for it is a write. */
  extensionDue({ idleEndMs, isTestUser }: LiveSession): boolean {
    if (isTestUser) return false
    const extendedAt = idleEndMs - IDLE_SESSION_SECONDS * 1000
    return this.#clock.now() - extendedAt >= EXTEND_SESSION_AFTER_SECONDS * 1000
  }

  extend(sessionId: string): void {
    const now = this.#clock.now()
    this.#database.run(
      'UPDATE session SET expiresAt = ?, updatedAt = ? WHERE id = ?',
      new Date(now + IDLE_SESSION_SECONDS * 1000).toISOString(),
      new Date(now).toISOString(),
      sessionId,
    )
  }

  /** Ends one session; its tokens, tickets and sockets fail from here on. */
  end(sessionId: string): void {
    this.#database.run('DELETE FROM session WHERE id = ?', sessionId)
    this.announce()
  }

  endAllOf(userId: string): void {
    this.#database.run('DELETE FROM session WHERE userId = ?', userId)
    this.announce()
  }

  onEnded(listener: SessionEndListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the listeners of every session that ended since the last call, in whatever process. */
  announce(): void {
    const ended = this.#database.all<EndedRow>(
      'SELECT position, session_id, user_id, why FROM ended_session WHERE position > ? ORDER BY position',
      this.#position,
    )
    for (const row of ended) {
      this.#position = row.position
      for (const listener of this.#listeners) this.#tell(listener, row)
    }
  }

  close(): void {
    this.#stopPolling()
    this.#listeners.clear()
  }

  #stateOf(row: SessionRow | undefined): SessionState | undefined {
    if (row === undefined) return undefined
    if (row.banned) return { live: false, why: 'disabled' }
    const idleEndMs = Date.parse(row.expiresAt)
    const isTestUser = row.testEnd !== null
    const ends = [idleEndMs, Date.parse(row.createdAt) + MAX_SESSION_MS, row.testEnd ?? Infinity]
    const expiresAtMs = Math.min(...ends)
    if (!(expiresAtMs > this.#clock.now())) return { live: false, why: 'expired' }
    const { email, name } = row
    const sessionId = asId<SessionId>(row.id)
    const userId = asId<UserId>(row.userId)
    const role = isTestUser ? 'user' : roleOf(row.role)
    const session: LiveSession = {
      sessionId,
      userId,
      email,
      name,
      role,
      scopes: null,
      isTestUser,
      expiresAtMs,
      idleEndMs,
    }
    return { live: true, session }
  }

  #endOf(column: 'session_id' | 'session_token', value: string): SessionEnd | undefined {
    return this.#database.get<EndedRow>(
      `SELECT why FROM ended_session WHERE ${column} = ? ORDER BY position DESC LIMIT 1`,
      value,
    )?.why
  }

  #tell(listener: SessionEndListener, { session_id: id, user_id: userId, why }: EndedRow): void {
    try {
      listener(asId<SessionId>(id), why, asId<UserId>(userId))
    } catch (error) {
      this.#logger.error({ err: error, session_id: id }, 'a session-end listener failed')
    }
  }

  /** A session ended by another process, or by time, is announced by this. */
  #schedule(): void {
    this.#stopPolling = this.#clock.after(POLL_MS, () => {
      try {
        this.#polls += 1
        if (this.#polls % SWEEP_EVERY_POLLS === 0) this.#sweep()
        this.announce()
      } catch (error) {
        this.#logger.error({ err: error }, 'the account store cannot be read')
      }
      this.#schedule()
    })
  }

  /** Moving the end first tells the trigger that time ended these, not a person. */
  #sweep(): void {
    const now = this.#clock.now()
    this.#database.run(
      'UPDATE session SET expiresAt = ? WHERE expiresAt <= ? OR createdAt <= ?',
      LONG_AGO,
      new Date(now).toISOString(),
      new Date(now - MAX_SESSION_MS).toISOString(),
    )
    this.#database.run('DELETE FROM session WHERE expiresAt = ?', LONG_AGO)
    this.#database.run('DELETE FROM ended_session WHERE ended_at < ?', now - KEEP_ENDED_MS)
  }
}
