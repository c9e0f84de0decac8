import type { Clock } from '../platform/clock.ts'
import type { AuthDatabase } from './database.ts'
import { MAX_SESSION_MS } from './engine.ts'
import type { Role, SessionEnd } from './identity.ts'

export interface LiveSession {
  sessionId: string
  userId: string
  email: string
  name: string
  role: Role
  expiresAtMs: number
}

export type SessionState = { live: true; session: LiveSession } | { live: false; why: SessionEnd }

export type SessionEndListener = (sessionId: string, why: SessionEnd) => void

interface SessionRow {
  userId: string
  createdAt: string
  expiresAt: string
  email: string
  name: string
  role: string | null
  banned: number | null
}

interface EndedRow {
  position: number
  session_id: string
  why: SessionEnd
}

const POLL_MS = 1000
const KEEP_ENDED_MS = 60 * 24 * 3600 * 1000

export const roleOf = (role: string | null): Role =>
  role?.split(',').includes('admin') ? 'admin' : 'user'

/** Whether login sessions live, and the feed of those that ended. Every answer is read from the store. */
export class Sessions {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #listeners = new Set<SessionEndListener>()
  #position: number
  #stopPolling: () => void = () => {}

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
    database.run('DELETE FROM ended_session WHERE ended_at < ?', clock.now() - KEEP_ENDED_MS)
    this.#position =
      database.get<{ head: number | null }>('SELECT max(position) AS head FROM ended_session')
        ?.head ?? 0
    this.#poll()
  }

  state(sessionId: string): SessionState {
    const row = this.#database.get<SessionRow>(
      `SELECT s.userId, s.createdAt, s.expiresAt, u.email, u.name, u.role, u.banned
       FROM session s JOIN user u ON u.id = s.userId WHERE s.id = ?`,
      sessionId,
    )
    if (row === undefined) return { live: false, why: this.#endOf(sessionId) }
    if (row.banned) return { live: false, why: 'disabled' }
    const expiresAtMs = Math.min(
      Date.parse(row.expiresAt),
      Date.parse(row.createdAt) + MAX_SESSION_MS,
    )
    if (expiresAtMs <= this.#clock.now()) return { live: false, why: 'expired' }
    const { userId, email, name } = row
    return {
      live: true,
      session: { sessionId, userId, email, name, role: roleOf(row.role), expiresAtMs },
    }
  }

  idOfToken(sessionToken: string): string | undefined {
    return this.#database.get<{ id: string }>(
      'SELECT id FROM session WHERE token = ?',
      sessionToken,
    )?.id
  }

  /** Why the session with this cookie token ended; undefined when there never was one. */
  endOfToken(sessionToken: string): SessionEnd | undefined {
    return this.#database.get<EndedRow>(
      'SELECT why FROM ended_session WHERE session_token = ? ORDER BY position DESC LIMIT 1',
      sessionToken,
    )?.why
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
      'SELECT position, session_id, why FROM ended_session WHERE position > ? ORDER BY position',
      this.#position,
    )
    for (const { position, session_id: sessionId, why } of ended) {
      this.#position = position
      for (const listener of this.#listeners) listener(sessionId, why)
    }
  }

  close(): void {
    this.#stopPolling()
    this.#listeners.clear()
  }

  #poll(): void {
    this.#stopPolling = this.#clock.after(POLL_MS, () => {
      this.announce()
      this.#poll()
    })
  }

  #endOf(sessionId: string): SessionEnd {
    const row = this.#database.get<EndedRow>(
      'SELECT why FROM ended_session WHERE session_id = ? ORDER BY position DESC LIMIT 1',
      sessionId,
    )
    return row?.why ?? 'revoked'
  }
}
