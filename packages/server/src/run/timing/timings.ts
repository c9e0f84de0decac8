import type { Journal, RunRow } from '../../journal/journal.ts'
import type { Clock } from '../../platform/clock.ts'
import type { RunId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Statement } from '../../platform/statement.ts'
import type { SpanWatch } from '../../platform/tracing.ts'
import { RunTimer } from './run-timer.ts'
import type { QueueWhy, StoredTimeline } from './timeline.ts'

/** A last commit that took so long is worth one more, which says so. */
const SLOW_END_MS = 200

type Timed = Pick<RunRow, 'id' | 'thread_id' | 'user_id'>

/** What this process knows of a run before it is begun. */
export interface Beginning {
  acceptedMs: number
  waitedFor: QueueWhy
}

/** The clocks of the runs that this process has, and where their timelines are kept. */
export class Timings {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #watch: SpanWatch | undefined
  readonly #running = new Map<RunId, RunTimer>()
  readonly #late = new Set<Promise<void>>()

  constructor(parts: { journal: Journal; clock: Clock; logger: Logger; watch?: SpanWatch }) {
    this.#journal = parts.journal
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#watch = parts.watch
  }

  /** The clock of one attempt; what earlier ones left goes on in it. */
  async begin(
    run: RunRow,
    { acceptedMs, waitedFor }: { acceptedMs: number; waitedFor: QueueWhy | undefined },
  ): Promise<RunTimer> {
    const earlier = run.attempt === 0 ? undefined : await storedTimeline(this.#journal, run.id)
    const timer = new RunTimer({
      clock: this.#clock,
      run,
      earlier,
      acceptedMs,
      waitedFor,
      watch: this.#watch,
    })
    this.#running.set(run.id, timer)
    return timer
  }

  /** Of a run that goes on here. */
  of(runId: RunId): StoredTimeline | undefined {
    return this.#running.get(runId)?.soFar()
  }

  over(runId: RunId, timer: RunTimer): void {
    if (this.#running.get(runId) === timer) this.#running.delete(runId)
  }

  /** For the commit that ends an attempt: no commit more. */
  rows(run: Timed, stored: StoredTimeline): Statement[] {
    const timeline = JSON.stringify(stored)
    const { id: run_id, thread_id, user_id } = run
    return [
      this.#journal.db
        .insertInto('run_timeline')
        .values({ run_id, thread_id, user_id, timeline })
        .onConflict((conflict) => conflict.column('run_id').doUpdateSet({ timeline }))
        .compile(),
    ]
  }

  /** The end itself took long, which no row of its own commit could say. Nobody waits for it. */
  amend(run: Timed, stored: StoredTimeline, endMs: number): void {
    if (endMs < SLOW_END_MS) return
    const { id: run_id, thread_id } = run
    const write = this.#journal
      // Never brings back what was erased meanwhile.
      .write([
        this.#journal.db
          .updateTable('run_timeline')
          .set({ timeline: JSON.stringify(stored) })
          .where('run_id', '=', run_id)
          .where('thread_id', '=', thread_id)
          .compile(),
      ])
      .catch((error: unknown) => {
        this.#logger.info({ err: error, run_id }, 'a timeline was not corrected')
      })
      .finally(() => this.#late.delete(write))
    this.#late.add(write)
  }

  /** What is still being written. */
  async settled(): Promise<void> {
    await Promise.all(this.#late)
  }
}

/** Undefined when nothing was kept, or by a version that kept something else. */
export async function storedTimeline(
  { db }: Pick<Journal, 'db'>,
  runId: RunId,
): Promise<StoredTimeline | undefined> {
  const row = await db
    .selectFrom('run_timeline')
    .select('timeline')
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return row && readTimeline(row.timeline)
}

export function readTimeline(text: string): StoredTimeline | undefined {
  const timeline = JSON.parse(text) as StoredTimeline
  return timeline.v === 1 ? timeline : undefined
}
