import type { Ticket } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

const TICKET_MS = 30_000

/** One-time proofs with which a browser opens a socket (S4). */
export class Tickets {
  readonly #database: AuthDatabase
  readonly #clock: Clock

  constructor(database: AuthDatabase, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  issue(sessionId: string): Ticket {
    const ticket = randomSecret()
    const now = this.#clock.now()
    const expiresAt = now + TICKET_MS
    this.#database.run('DELETE FROM volatile.ticket WHERE expires_at <= ?', now)
    this.#database.run(
      'INSERT INTO volatile.ticket (token_hash, session_id, expires_at) VALUES (?, ?, ?)',
      hashSecret(ticket),
      sessionId,
      expiresAt,
    )
    return { ticket, expires_at: new Date(expiresAt).toISOString() }
  }

  /**
   * Consumes the ticket, whoever shows it, and answers the session it was made for: shown with a
   * foreign cookie it is spent all the same, since somebody else has it.
   */
  redeem(ticket: string): string | undefined {
    const row = this.#database.get<{ session_id: string; expires_at: number }>(
      'DELETE FROM volatile.ticket WHERE token_hash = ? RETURNING session_id, expires_at',
      hashSecret(ticket),
    )
    return row !== undefined && row.expires_at > this.#clock.now() ? row.session_id : undefined
  }
}
