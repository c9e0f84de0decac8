import type { Pool, PoolClient } from 'pg'

/** Longer than any query may take: a client that is out for so long is not given back any more. */
const OVERDUE_MS = 60_000

/** Clients of a pool that somebody has taken, and since when. */
export class TakenClients {
  readonly #since = new Map<PoolClient, number>()

  constructor(pool: Pool) {
    pool.on('acquire', (client) => this.#since.set(client, performance.now()))
    pool.on('release', (_error, client) => this.#since.delete(client))
    pool.on('remove', (client) => this.#since.delete(client))
  }

  get count(): number {
    return this.#since.size
  }

  overdue(): number {
    const before = performance.now() - OVERDUE_MS
    return [...this.#since.values()].filter((since) => since <= before).length
  }
}
