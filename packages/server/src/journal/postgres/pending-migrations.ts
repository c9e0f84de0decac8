import { rowMigrations } from '../migrations/migrations.ts'
import { pendingOf } from '../sqlite/pending-migrations.ts'
import { connected } from './restored.ts'
import { eventMigrations } from './schema.ts'

/** As `pendingJournalMigrations`, of the database that the address chooses. */
export const pendingDatabaseMigrations = (url: string): Promise<string[]> =>
  connected(url, async (client) => {
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('schema_version') is not null as there",
    )
    if (!rows[0]?.there) return []
    const found = await client.query<{ part: string; version: number }>(
      'select part, version from schema_version',
    )
    const versions = new Map(found.rows.map(({ part, version }) => [part, version]))
    return pendingOf({ events: eventMigrations, rows: rowMigrations }, versions)
  })
