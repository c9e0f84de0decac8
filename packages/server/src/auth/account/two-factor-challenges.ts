import type { Clock } from '../../platform/clock.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

export const CHALLENGE_TABLES = `
  CREATE TABLE two_factor_challenge (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX two_factor_challenge_user ON two_factor_challenge (user_id);
`

const CHALLENGE_MS = 5 * 60_000
const MAX_TRIES = 5

/** Proof that somebody knew the password, good for a few tries at the second factor. */
export class TwoFactorChallenges {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** `expires_in` in seconds. */
  create(userId: string): { challenge: string; expires_in: number } {
    const challenge = randomSecret()
    const now = this.#clock.now()
    this.#database.run('DELETE FROM two_factor_challenge WHERE expires_at <= ?', now)
    this.#database.run(
      'INSERT INTO two_factor_challenge (token_hash, user_id, expires_at) VALUES (?, ?, ?)',
      hashSecret(challenge),
      userId,
      now + CHALLENGE_MS,
    )
    return { challenge, expires_in: CHALLENGE_MS / 1000 }
  }

  /** Counts one try, before its outcome is known, so that many at once are no more than these. */
  takeTry(challenge: string): UserId | undefined {
    const row = this.#database.get<{ user_id: string }>(
      `UPDATE two_factor_challenge SET tries = tries + 1
       WHERE token_hash = ? AND expires_at > ? AND tries < ? RETURNING user_id`,
      hashSecret(challenge),
      this.#clock.now(),
      MAX_TRIES,
    )
    return row && asId<UserId>(row.user_id)
  }

  /** True for exactly one caller: of two right answers at once, one begins a session. */
  spend(challenge: string): boolean {
    return (
      this.#database.run(
        'DELETE FROM two_factor_challenge WHERE token_hash = ?',
        hashSecret(challenge),
      ) === 1
    )
  }

  endAllOf(userId: string): void {
    this.#database.run('DELETE FROM two_factor_challenge WHERE user_id = ?', userId)
  }
}
