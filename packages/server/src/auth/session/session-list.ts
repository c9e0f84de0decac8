import type { Clock } from '../../platform/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { deviceName } from './device-name.ts'
import type { Sessions } from './sessions.ts'

/** A login session as its owner sees it; times are ISO 8601. */
export interface ListedSession {
  id: string
  createdAt: string
  /** To the minute while the process lives, else to the hour. */
  lastUsedAt: string
  expiresAt: string
  address: string | null
  userAgent: string | null
  device: string
}

interface Row {
  id: string
  createdAt: string
  updatedAt: string
  ipAddress: string | null
  userAgent: string | null
  used_at: number | null
}

/** A person's login sessions, one by one. */
export class SessionList {
  readonly #database: AuthDatabase
  readonly #sessions: Sessions
  readonly #clock: Clock
  readonly #audit: AuditLog

  constructor(database: AuthDatabase, sessions: Sessions, clock: Clock, audit: AuditLog) {
    this.#audit = audit
    this.#database = database
    this.#sessions = sessions
    this.#clock = clock
  }

  /** Those that live, the last used first. */
  of(userId: string): ListedSession[] {
    const rows = this.#database.all<Row>(
      `SELECT s.id, s.createdAt, s.updatedAt, s.ipAddress, s.userAgent, v.used_at
       FROM session s LEFT JOIN volatile.session_use v ON v.session_id = s.id
       WHERE s.userId = ?`,
      userId,
    )
    return rows
      .flatMap((row) => {
        const state = this.#sessions.state(row.id)
        return state.live ? [shown(row, state.session.expiresAtMs)] : []
      })
      .toSorted((a, b) => b.lastUsedAt.localeCompare(a.lastUsedAt))
  }

  /** False when the user has no such session. Its sockets are told before this returns. */
  end(userId: string, sessionId: string, address: string): boolean {
    const isEnded = this.#database.transaction(() => {
      const ended = this.#database.run(
        'DELETE FROM session WHERE id = ? AND userId = ?',
        sessionId,
        userId,
      )
      if (ended === 0) return false
      this.#audit.record({
        actor: { kind: 'user', id: userId },
        action: 'session.ended',
        userId,
        address,
        details: { why: 'chosen', session: sessionId },
      })
      return true
    })
    this.#sessions.announce()
    return isEnded
  }

  /** Whether the session was begun at most so long ago; false of one that has ended. */
  isYoung(sessionId: string, ms: number): boolean {
    const row = this.#database.get<{ createdAt: string }>(
      'SELECT createdAt FROM session WHERE id = ?',
      sessionId,
    )
    return row !== undefined && this.#clock.now() - Date.parse(row.createdAt) <= ms
  }
}

const iso = (time: string | number): string => new Date(time).toISOString()

function shown(row: Row, expiresAtMs: number): ListedSession {
  const usedAt = Math.max(Date.parse(row.updatedAt), row.used_at ?? 0)
  return {
    id: row.id,
    createdAt: iso(row.createdAt),
    lastUsedAt: iso(usedAt),
    expiresAt: iso(expiresAtMs),
    address: row.ipAddress || null,
    userAgent: row.userAgent || null,
    device: deviceName(row.userAgent),
  }
}
