import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { RunId } from '../platform/ids.ts'
import type { LeaseTimes } from './lease.ts'

const LOOK_MS = 50

/** Resolves when no owner runs it; after two looks of its owner also when one still does. */
export async function settledElsewhere(
  parts: { journal: Pick<Journal, 'db' | 'now'>; clock: Clock; times: LeaseTimes },
  runId: RunId,
): Promise<void> {
  const { journal, clock, times } = parts
  const until = clock.monotonic() + 2 * times.lookEveryMs + LOOK_MS
  const isRunning = async (): Promise<boolean> => {
    const row = await journal.db
      .selectFrom('run')
      .select('id')
      .where('id', '=', runId)
      .where('state', '=', 'running')
      .where('lease_until', '>', journal.now())
      .executeTakeFirst()
    return row !== undefined
  }
  while ((await isRunning()) && clock.monotonic() < until) {
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
  }
}
