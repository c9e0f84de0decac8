import type { Clock } from '../../platform/clock.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

const REFRESH_MS = 30 * 24 * 3600 * 1000
/** Two tabs, or a client that lost the answer, may show the same token again this soon. */
const GRACE_MS = 10_000

export type Redeemed =
  | { ok: true; sessionId: string }
  | { ok: false; reusedSessionId: string | undefined }

interface RefreshRow {
  session_id: string
  expires_at: number
  used_at: number
}

/** Refresh tokens of a login session: each is good for one rotation; they end with the session. */
export class RefreshTokens {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  issue(sessionId: string): string {
    const token = randomSecret()
    const now = this.#clock.now()
    this.#database.run(
      'DELETE FROM refresh_token WHERE session_id = ? AND expires_at <= ?',
      sessionId,
      now,
    )
    this.#database.run(
      'INSERT INTO refresh_token (token_hash, session_id, expires_at) VALUES (?, ?, ?)',
      hashSecret(token),
      sessionId,
      now + REFRESH_MS,
    )
    return token
  }

  /** Marks the token used. One shown again after the grace was stolen: its session is named. */
  redeem(token: string): Redeemed {
    const now = this.#clock.now()
    const row = this.#database.get<RefreshRow>(
      `UPDATE refresh_token SET used_at = coalesce(used_at, ?) WHERE token_hash = ?
       RETURNING session_id, expires_at, used_at`,
      now,
      hashSecret(token),
    )
    if (row === undefined || row.expires_at <= now) return { ok: false, reusedSessionId: undefined }
    return now - row.used_at < GRACE_MS
      ? { ok: true, sessionId: row.session_id }
      : { ok: false, reusedSessionId: row.session_id }
  }
}
