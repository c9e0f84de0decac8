import { asId, type UserId } from '../../platform/ids.ts'
import type { AuthDatabase } from '../store/auth-database.ts'

/**
 * Accounts that are gone while their conversations may still be there. A removal stays until whoever
 * holds the conversations has erased them, however often processes die in between.
 */
export class Removals {
  readonly #database: AuthDatabase

  constructor(database: AuthDatabase) {
    this.#database = database
  }

  /** Oldest first. */
  async pending(): Promise<UserId[]> {
    return this.#database
      .all<{ user_id: string }>('SELECT user_id FROM user_removal ORDER BY removed_at LIMIT 100')
      .map((row) => asId<UserId>(row.user_id))
  }

  /** Until it is confirmed its id must not be given again. */
  isPending(userId: string): boolean {
    return this.#database.get('SELECT 1 FROM user_removal WHERE user_id = ?', userId) !== undefined
  }

  async done(userId: string): Promise<void> {
    this.#database.run('DELETE FROM user_removal WHERE user_id = ?', userId)
  }
}
