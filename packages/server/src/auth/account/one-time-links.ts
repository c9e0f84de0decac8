import type { Clock } from '../../platform/clock.ts'
import { asId, type UserId } from '../../platform/ids.ts'
import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

/**
 * One link of a purpose and way per user: a newer one ends the one before. What a stranger asks to be
 * mailed does not end what an administrator handed over.
 */
export const ONE_TIME_LINK_TABLES = `
  CREATE TABLE one_time_link (
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    way TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose, way)
  ) STRICT, WITHOUT ROWID;
`

export type LinkPurpose = 'verify_email' | 'password_reset'

const HOUR_MS = 3600 * 1000
const MAILED_MS: Record<LinkPurpose, number> = {
  verify_email: 24 * HOUR_MS,
  password_reset: HOUR_MS,
}
/** Handed over by a person, which takes longer than a mail. */
const HANDED_OVER_MS = 72 * HOUR_MS
const PAGE: Record<LinkPurpose, string> = {
  verify_email: 'verify-email',
  password_reset: 'reset-password',
}

/** Good for the user's address as it is now: `email` in the row must still be theirs. */
const VALID = `token_hash = ? AND purpose = ? AND expires_at > ?
  AND email = (SELECT email FROM user WHERE id = user_id AND NOT coalesce(banned, 0))`

/** Links that prove, once, that somebody was given them; kept as hashes. */
export class OneTimeLinks {
  readonly #database: AuthDatabase
  readonly #clock: Clock
  readonly #webUrl: () => string

  constructor(needs: { database: AuthDatabase; clock: Clock; webUrl: () => string }) {
    this.#database = needs.database
    this.#clock = needs.clock
    this.#webUrl = needs.webUrl
  }

  /**
   * Good for 72 hours when an administrator hands it over; mailed, for 24 (`verify_email`) or 1
   * (`password_reset`). `expires_at` is ISO 8601.
   *
   * @throws AuthError `not_found` when there is no such user; test users get no links.
   */
  create(
    userId: string,
    purpose: LinkPurpose,
    way: 'handed_over' | 'mailed' = 'handed_over',
  ): { url: string; expires_at: string } {
    const life = way === 'mailed' ? MAILED_MS[purpose] : HANDED_OVER_MS
    const expiresAt = this.#clock.now() + life
    const token = randomSecret()
    const made = this.#database.run(
      `INSERT OR REPLACE INTO one_time_link (user_id, purpose, way, token_hash, email, expires_at)
       SELECT id, ?, ?, ?, email, ? FROM user
       WHERE id = ? AND id NOT IN (SELECT user_id FROM test_user)`,
      purpose,
      way,
      hashSecret(token),
      expiresAt,
      userId,
    )
    if (made === 0) throw new AuthError('not_found')
    return {
      url: this.page(`${PAGE[purpose]}#token=${token}`),
      expires_at: new Date(expiresAt).toISOString(),
    }
  }

  /** An address of the web app. */
  page(path: string): string {
    return `${this.#webUrl()}/${path}`
  }

  /** Whose link it is, without spending it. */
  ownerOf(token: string, purpose: LinkPurpose): UserId | undefined {
    return this.#owner(`SELECT user_id FROM one_time_link WHERE ${VALID}`, token, purpose)
  }

  /** Spends the link, and others of its purpose: of several at once, one gets the user. */
  redeem(token: string, purpose: LinkPurpose): UserId | undefined {
    const userId = this.ownerOf(token, purpose)
    if (userId === undefined) return undefined
    const spent = this.#database.run(
      'DELETE FROM one_time_link WHERE user_id = ? AND purpose = ?',
      userId,
      purpose,
    )
    return spent > 0 ? userId : undefined
  }

  /** After a change of password or address nothing that was sent before counts. */
  endAllOf(userId: string): void {
    this.#database.run('DELETE FROM one_time_link WHERE user_id = ?', userId)
  }

  #owner(sql: string, token: string, purpose: LinkPurpose): UserId | undefined {
    const row = this.#database.get<{ user_id: string }>(
      sql,
      hashSecret(token),
      purpose,
      this.#clock.now(),
    )
    return row && asId<UserId>(row.user_id)
  }
}
