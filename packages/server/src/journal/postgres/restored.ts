import pg from 'pg'

import { beginEpoch } from './integrity.ts'

/** One connection for a short errand. */
export async function connected<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Whether no Netra has written into the database that the address chooses. */
export const isEmptyDatabase = (url: string): Promise<boolean> =>
  connected(url, async (client) => {
    const { rows } = await client.query<{ found: string | null }>(
      "select to_regclass('epoch')::text as found",
    )
    return rows[0]?.found === null
  })

/** Every position given out before is void: what is here is a copy of an earlier moment. */
export const beginRestoredEpoch = (url: string, why: string): Promise<void> =>
  connected(url, async (client) => {
    await beginEpoch(client, Number.MAX_SAFE_INTEGER, why)
  })
