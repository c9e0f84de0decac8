import type { AuthDatabase } from '../store/auth-database.ts'
import { hashSecret, randomSecret } from '../store/secret-text.ts'

/** The way to the first administrator: one token at a time, only while there is no administrator. */
export class Setup {
  readonly #database: AuthDatabase

  constructor(database: AuthDatabase) {
    this.#database = database
  }

  required(): boolean {
    const row = this.#database.get(
      "SELECT 1 FROM user WHERE ',' || role || ',' LIKE '%,admin,%' LIMIT 1",
    )
    return row === undefined
  }

  /** Makes a new token, which ends the one before; undefined once there is an administrator. */
  newToken(): string | undefined {
    if (!this.required()) return undefined
    const token = randomSecret()
    this.#database.run(
      'INSERT OR REPLACE INTO setup_token (one, token_hash) VALUES (1, ?)',
      hashSecret(token),
    )
    return token
  }

  /** True for exactly one caller. */
  consume(token: string): boolean {
    return (
      this.#database.run('DELETE FROM setup_token WHERE token_hash = ?', hashSecret(token)) === 1
    )
  }

  /** Gives back a token whose set-up failed, unless a newer one was made meanwhile. */
  restore(token: string): void {
    this.#database.run(
      'INSERT OR IGNORE INTO setup_token (one, token_hash) VALUES (1, ?)',
      hashSecret(token),
    )
  }
}
