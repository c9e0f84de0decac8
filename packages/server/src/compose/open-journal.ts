import { join } from 'node:path'

import type { Config } from '../config/config.ts'
import type { Journal } from '../journal/journal.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'

/** SQLite in the data folder, or the database that the settings name. */
export async function openJournal(
  { dataDir, secrets }: Config,
  parts: { clock: Clock; logger: Logger; metrics: Metrics },
): Promise<Journal> {
  if (secrets.databaseUrl === undefined) return openSqliteJournal({ folder: dataDir, ...parts })
  const markFile = join(dataDir, 'postgres.mark')
  // Its client is loaded where it is used: nobody else waits for it at start.
  const { openPostgresJournal } = await import('../journal/postgres/postgres-journal.ts')
  return openPostgresJournal({ url: secrets.databaseUrl, markFile, ...parts })
}
