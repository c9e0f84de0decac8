import { type Clock, systemClock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Journal } from '../journal.ts'
import { connectWriter } from './connection.ts'
import { EPOCH } from './group-transaction.ts'
import { beginEpoch, brokenEnd, lacksMark, reseal } from './integrity.ts'
import { MarkFile, type MarkKeeper, noMarks } from './mark-file.ts'
import { PostgresStore } from './postgres-store.ts'
import { migrate } from './schema.ts'
import { SharedJournal } from './shared-journal.ts'
import type { Epoch, Mark } from './shared-store.ts'

export interface PostgresJournalOptions {
  /** postgres://user:password@host:port/database */
  url: string
  /** A file of this process's own folder, in which it remembers how far the journal had come. */
  markFile?: string
  logger: Logger
  metrics?: Metrics
  clock?: Clock
  pollMs?: number
  scrubMs?: number
}

/**
 * Opens the journal in a PostgreSQL database that any number of processes may use at once, and
 * brings its tables up.
 *
 * @throws StoreLost in words when the database cannot be used.
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const { url, markFile, logger, metrics, clock = systemClock, pollMs, scrubMs } = options
  const marks: MarkKeeper = markFile === undefined ? noMarks : new MarkFile(markFile)
  const { epoch, changed } = await prepare(url, marks.load(), logger)
  const times = {
    ...(pollMs === undefined ? {} : { pollMs }),
    ...(scrubMs === undefined ? {} : { scrubMs }),
  }
  const store = new PostgresStore(url)
  return new SharedJournal({ store, clock, logger, metrics, marks, ...times }, epoch, changed)
}

/** Tables, and whether they still hold what was acknowledged. */
async function prepare(
  url: string,
  mark: Mark | undefined,
  logger: Logger,
): Promise<{ epoch: Epoch; changed: string | undefined }> {
  const client = await connectWriter(url, () => {})
  try {
    await migrate(client)
    const { rows: durable } = await client.query<{ fsync: string }>('show fsync')
    if (durable[0]?.fsync !== 'on') {
      logger.error('PostgreSQL runs with fsync off: what it acknowledged can be lost')
    }
    const { rows } = await client.query<Epoch>(EPOCH)
    const [epoch] = rows
    // A mark of another database proves nothing about a new one, whose epoch is new anyway.
    if (!epoch) {
      return { epoch: await beginEpoch(client, 0, 'the journal was made'), changed: undefined }
    }
    const why = mark && (await lacksMark(client, mark))
    if (why !== undefined) {
      return { epoch: await beginEpoch(client, epoch.number, why), changed: why }
    }
    const stream = await brokenEnd(client)
    if (stream === undefined) return { epoch, changed: undefined }
    const broken = `the end of ${stream} is not what was written`
    return { epoch: await reseal(client, stream, epoch.number, broken), changed: broken }
  } finally {
    await client.end()
  }
}
