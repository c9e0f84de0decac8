import type { Clock } from '../platform/clock.ts'
import type { RunId, ThreadId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { foldedDeltas, type RunEvent } from './fold-deltas.ts'
import { type Journal, threadStream } from './journal.ts'

export interface UpkeepOptions {
  journal: Journal
  clock: Clock
  logger: Logger
  /** From a run's end to its compaction. */
  afterMs?: number
  everyMs?: number
}

const AFTER_MS = 10 * 60_000
const EVERY_MS = 30_000
const RUNS_PER_ROUND = 20
const STEP = { events: 500, bytes: 4_000_000 }
/** A run that spoke often is folded in several transactions, none of which holds the writer long. */
const RANGES_AT_ONCE = 200
const ENDED = ['completed', 'failed', 'cancelled'] as const

/**
 * Folds what runs streamed, some while after they ended, whether or not anybody comes by again.
 * Several processes may do it at once: what one has removed is removed for the other too, and one
 * alone marks the run as done.
 */
export function startUpkeep(options: UpkeepOptions): AsyncDisposable {
  const { clock, logger, everyMs = EVERY_MS } = options
  let closed = false
  let cancel: (() => void) | undefined
  let round: Promise<void> = Promise.resolve()

  const schedule = (): void => {
    if (closed) return
    cancel = clock.after(everyMs, () => {
      round = compactEndedRuns(options, () => closed)
        .catch((error: unknown) => {
          if (!closed) logger.warn({ err: error }, 'ended runs could not be compacted')
        })
        .then(schedule)
    })
  }
  schedule()

  return {
    async [Symbol.asyncDispose]() {
      closed = true
      cancel?.()
      await round
    },
  }
}

/** Compacts every run that ended long enough ago; one that fails does not keep back the others. */
export async function compactEndedRuns(
  { journal, clock, logger, afterMs = AFTER_MS }: UpkeepOptions,
  closed: () => boolean = () => false,
): Promise<void> {
  const failed = new Set<RunId>()
  for (;;) {
    const runs = await journal.db
      .selectFrom('run')
      .select(['id', 'thread_id'])
      .where('compacted', '=', 0)
      .where('state', 'in', ENDED)
      .where('updated_at', '<=', new Date(clock.now() - afterMs).toISOString())
      .orderBy('updated_at')
      .limit(RUNS_PER_ROUND + failed.size)
      .execute()
    const next = runs.filter(({ id }) => !failed.has(id))
    if (next.length === 0) return
    for (const run of next) {
      if (closed()) return
      try {
        await compactRun(journal, run)
      } catch (error) {
        failed.add(run.id)
        logger.warn({ err: error, run_id: run.id }, 'a run could not be compacted')
      }
    }
  }
}

async function compactRun(
  journal: Journal,
  run: { id: RunId; thread_id: ThreadId },
): Promise<void> {
  const stream = threadStream(run.thread_id)
  const ranges = foldedDeltas(await eventsOf(journal, run))
  for (let from = 0; from < ranges.length; from += RANGES_AT_ONCE) {
    await journal.compact({ stream, ranges: ranges.slice(from, from + RANGES_AT_ONCE) })
  }
  const { db } = journal
  await journal.commit({
    appends: [],
    rows: [db.updateTable('run').set({ compacted: 1 }).where('id', '=', run.id).compile()],
    expect: [
      {
        name: 'not compacted yet',
        query: db
          .selectFrom('run')
          .select('id')
          .where('id', '=', run.id)
          .where('compacted', '=', 0)
          .compile(),
        rows: 'some',
      },
    ],
  })
}

async function eventsOf(
  journal: Journal,
  run: { id: RunId; thread_id: ThreadId },
): Promise<RunEvent[]> {
  const stream = threadStream(run.thread_id)
  const head = await journal.head(stream)
  const found: RunEvent[] = []
  for (let at = 0; at < head;) {
    const { events, through } = await journal.readKept(stream, at, STEP)
    if (through <= at) break
    at = through
    for (const { seq, payload } of events) {
      if (!payload.includes(run.id)) continue
      const event: Omit<RunEvent, 'seq' | 'payload'> & { run_id?: string } = JSON.parse(payload)
      if (event.run_id === run.id) found.push({ ...event, seq, payload })
    }
  }
  return found
}
