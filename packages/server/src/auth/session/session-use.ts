import type { Clock } from '../../platform/clock.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

const NOTED_EVERY_MS = 60_000
const MAX_REMEMBERED = 20_000

/**
 * When login sessions were last used, to the minute. It is kept beside the tickets, where no write
 * waits for the disk; after a restart the store's hourly mark is what is left.
 */
export class SessionUse {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #noted = new Map<string, number>()

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  note(sessionId: string): void {
    const now = this.#clock.now()
    if (now - (this.#noted.get(sessionId) ?? -Infinity) < NOTED_EVERY_MS) return
    if (this.#noted.size >= MAX_REMEMBERED) {
      this.#noted.clear()
      this.#database.run(
        'DELETE FROM volatile.session_use WHERE session_id NOT IN (SELECT id FROM main.session)',
      )
    }
    this.#noted.set(sessionId, now)
    this.#database.run(
      'INSERT OR REPLACE INTO volatile.session_use (session_id, used_at) VALUES (?, ?)',
      sessionId,
      now,
    )
  }
}
