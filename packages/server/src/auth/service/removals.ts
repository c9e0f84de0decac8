import { asId, type UserId } from '../../platform/ids.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import type { ChangeFeed } from './change-feed.ts'

/**
 * Accounts that are gone while their conversations may still be there. A removal stays until whoever
 * holds the conversations has erased them, however often processes die in between.
 */
export class Removals {
  readonly #database: AuthDatabase
  readonly #changes: ChangeFeed

  constructor(database: AuthDatabase, changes: ChangeFeed) {
    this.#database = database
    this.#changes = changes
  }

  /** Oldest first. */
  async pending(): Promise<UserId[]> {
    return this.#database
      .all<{ user_id: string }>('SELECT user_id FROM user_removal ORDER BY removed_at LIMIT 100')
      .map((row) => asId<UserId>(row.user_id))
  }

  async done(userId: string): Promise<void> {
    this.#database.run('DELETE FROM user_removal WHERE user_id = ?', userId)
  }

  /** Called when there may be a new one. */
  onRemoved(listener: () => void): () => void {
    return this.#changes.onChange(listener)
  }
}
