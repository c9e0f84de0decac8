import type { Clock } from '../../platform/clock.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { AuthError } from '../auth-error.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

const DAY_MS = 24 * 3600 * 1000
const DEFAULT_DAYS = 7
const MAX_DAYS = 365

export interface Invitation {
  id: string
  email: string | null
  created_at: string
  expires_at: string
  state: 'open' | 'used' | 'expired'
}

interface InvitationRow {
  id: string
  email: string | null
  created_at: number
  expires_at: number
  claimed_at: number | null
}

/** Links by which an administrator lets one person register. */
export class Invitations {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The token is in this answer alone; only its hash is kept. */
  create(
    createdBy: string,
    options: { email?: string | undefined; expiresInDays?: number | undefined } = {},
  ): { id: string; token: string; expires_at: string } {
    const days = Math.min(Math.max(options.expiresInDays ?? DEFAULT_DAYS, 1 / 24), MAX_DAYS)
    const now = this.#clock.now()
    const expiresAt = now + days * DAY_MS
    const id = uuidv7(now)
    const token = randomSecret()
    this.#database.run(
      `INSERT INTO invitation (id, token_hash, email, created_by, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      hashSecret(token),
      options.email?.trim().toLowerCase() ?? null,
      createdBy,
      now,
      Math.floor(expiresAt),
    )
    return { id, token, expires_at: new Date(expiresAt).toISOString() }
  }

  list(): Invitation[] {
    const now = this.#clock.now()
    return this.#database
      .all<InvitationRow>(
        'SELECT id, email, created_at, expires_at, claimed_at FROM invitation ORDER BY id DESC',
      )
      .map((row) => ({
        id: row.id,
        email: row.email,
        created_at: new Date(row.created_at).toISOString(),
        expires_at: new Date(row.expires_at).toISOString(),
        state: row.claimed_at !== null ? 'used' : row.expires_at <= now ? 'expired' : 'open',
      }))
  }

  revoke(id: string): void {
    if (this.#database.run('DELETE FROM invitation WHERE id = ?', id) === 0) {
      throw new AuthError('not_found')
    }
  }

  /** Takes the invitation for one registration; of several at once only one gets its id. */
  claim(token: string, email: string): string | undefined {
    const now = this.#clock.now()
    return this.#database.get<{ id: string }>(
      `UPDATE invitation SET claimed_at = ?
       WHERE token_hash = ? AND claimed_at IS NULL AND expires_at > ?
         AND (email IS NULL OR email = ?)
       RETURNING id`,
      now,
      hashSecret(token),
      now,
      email,
    )?.id
  }

  /** The address that a claimed invitation was meant for, which it thereby vouches for. */
  emailOf(id: string): string | undefined {
    return (
      this.#database.get<{ email: string | null }>('SELECT email FROM invitation WHERE id = ?', id)
        ?.email ?? undefined
    )
  }

  /**
   * Ends the claim: with a user it is used up, without one it can be claimed again.
   *
   * @throws AuthError `invitation_invalid` when it was withdrawn since it was claimed.
   */
  settle(id: string, userId: string | undefined): void {
    const isOpen = 'id = ? AND used_by IS NULL'
    if (userId === undefined) {
      this.#database.run(`UPDATE invitation SET claimed_at = NULL WHERE ${isOpen}`, id)
      return
    }
    const used = this.#database.run(`UPDATE invitation SET used_by = ? WHERE ${isOpen}`, userId, id)
    if (used === 0) throw new AuthError('invitation_invalid')
  }
}
