import type { Access } from '../access/access.ts'
import type { Journal, RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type RunId, type UserId } from '../platform/ids.ts'
import { derivedSpanId, newSpanId, type EndedSpan, type SpanWatch } from '../platform/tracing.ts'
import {
  isOpen,
  readTimeline,
  shownTimeline,
  type Runs,
  type Seen,
  type StoredTimeline,
  type Timeline,
} from '../run/run.ts'

/** Why a run took as long as it did, for its owner. */
export interface ShownRunTimeline extends Timeline {
  run_id: string
  thread_id: string
  trace_id: string
  state: string
  started_at: string
}

export interface Timelines {
  /** Undefined: there is no such run of this user. */
  of(userId: UserId, runId: string): Promise<ShownRunTimeline | undefined>
  /**
   * What one browser says its person waited; the first of a device counts. False when there is no
   * such run of this user.
   */
  seen(userId: UserId, runId: string, told: { device: string; seen: Seen }): Promise<boolean>
  /** All of a user's, oldest first, a page at a time. */
  pages(userId: UserId, limit: number): AsyncGenerator<ShownRunTimeline[]>
}

/** More would be somebody who makes them up. */
const MAX_DEVICES = 8

export function createTimelines(parts: {
  access: Pick<Access, 'run'>
  journal: Journal
  runs: Pick<Runs, 'timing'>
  clock: Clock
  /** Told of what people waited, where somebody listens. */
  spans?: SpanWatch | undefined
}): Timelines {
  const { access, journal, runs, clock, spans } = parts
  const { db } = journal

  async function shown(
    run: RunRow,
    kept: StoredTimeline | undefined,
    live?: StoredTimeline,
  ): Promise<ShownRunTimeline> {
    const open = isOpen(run.state)
    const seen = await firstSeen(run.id)
    const timeline = live ?? closed(run, kept, clock.now())
    const { id, thread_id, trace_id, state, created_at } = run
    const head = { run_id: id, thread_id, trace_id, state, started_at: created_at }
    return { ...head, ...shownTimeline(timeline, open ? undefined : seen, open) }
  }

  async function firstSeen(runId: RunId): Promise<Seen | undefined> {
    const row = await db
      .selectFrom('run_seen')
      .select('seen')
      .where('run_id', '=', runId)
      .orderBy('at')
      .limit(1)
      .executeTakeFirst()
    return row && (JSON.parse(row.seen) as Seen)
  }

  return {
    async of(userId, runId) {
      const run = await access.run(userId, runId)
      if (!run) return undefined
      const row = await db
        .selectFrom('run_timeline')
        .select('timeline')
        .where('run_id', '=', run.id)
        .executeTakeFirst()
      return shown(run, row && readTimeline(row.timeline), runs.timing(run.id))
    },
    async seen(userId, runId, { device, seen }) {
      const run = await access.run(userId, runId)
      if (!run) return false
      const devices = await db
        .selectFrom('run_seen')
        .select('device')
        .where('run_id', '=', run.id)
        .execute()
      if (devices.length >= MAX_DEVICES || devices.some((row) => row.device === device)) return true
      spans?.ended(spanOfSeen(run, seen))
      // Only while the run is there: nothing is kept of what was erased meanwhile.
      await journal.commit({
        appends: [],
        expect: [
          {
            name: 'run',
            rows: 'some',
            query: db.selectFrom('run').select('id').where('id', '=', run.id).compile(),
          },
        ],
        rows: [
          db
            .insertInto('run_seen')
            .values({
              run_id: run.id,
              device,
              thread_id: run.thread_id,
              seen: JSON.stringify(seen),
              at: isoTime(clock),
            })
            .onConflict((conflict) => conflict.columns(['run_id', 'device']).doNothing())
            .compile(),
        ],
      })
      return true
    },
    async *pages(userId, limit) {
      for (let after = asId<RunId>(''); ;) {
        const rows = await db
          .selectFrom('run_timeline')
          .innerJoin('run', 'run.id', 'run_timeline.run_id')
          .selectAll('run')
          .select('run_timeline.timeline')
          .where('run_timeline.user_id', '=', userId)
          .where('run_timeline.run_id', '>', after)
          .orderBy('run_timeline.run_id')
          .limit(limit)
          .execute()
        const last = rows.at(-1)
        if (!last) return
        yield await Promise.all(rows.map((row) => shown(row, readTimeline(row.timeline))))
        after = last.id
      }
    },
  }
}

/** Of a run that waits, or that nothing was noted of, up to now or to its end. */
function closed(run: RunRow, kept: StoredTimeline | undefined, now: number): StoredTimeline {
  const until = isOpen(run.state) ? now : Date.parse(run.updated_at)
  const lived = Math.max(0, until - Date.parse(run.created_at))
  const stored = kept ?? NOTHING_NOTED
  const gap = lived - stored.total
  // The end of a run is noted a moment before its row says so.
  if (gap < (kept ? SETTLES_WITHIN_MS : 1)) return stored
  const isWaiting = run.state === 'queued' || run.state === 'waiting'
  const why = run.state === 'queued' ? 'turn' : 'decision'
  // A run that was stopped while it waited for a person was ended by nobody's attempt.
  const waits = isWaiting || (kept !== undefined && run.state === 'cancelled')
  return {
    ...stored,
    total: lived,
    parts: {
      ...stored.parts,
      queue_ms: stored.parts.queue_ms + (waits ? gap : 0),
      other_ms: stored.parts.other_ms + (waits ? 0 : gap),
    },
    facts:
      waits && gap > (stored.facts.queue?.ms ?? 0)
        ? { ...stored.facts, queue: { why, ms: gap } }
        : stored.facts,
  }
}

/** From the click to the last pixel, by the browser's own clock. */
const spanOfSeen = (run: RunRow, seen: Seen): EndedSpan => ({
  traceId: run.trace_id,
  spanId: newSpanId(),
  parentId: derivedSpanId('accept', run.id),
  name: 'click to screen',
  kind: 'network',
  // What it took until the server had it is about half of what it took to hear so.
  startedAt: Date.parse(run.created_at) - seen.click_to_ok_ms / 2,
  durationMs: seen.click_to_end_ms,
  ...(seen.click_to_first_text_ms !== null && { firstMs: seen.click_to_first_text_ms }),
  heldMs: 0,
  status: 'ok',
  attributes: {
    'netra.run.id': run.id,
    'netra.click_to_ok_ms': seen.click_to_ok_ms,
    'netra.click_to_first_event_ms': seen.click_to_first_event_ms,
  },
})

const SETTLES_WITHIN_MS = 1_000

const NOTHING_NOTED: StoredTimeline = {
  v: 1,
  total: 0,
  parts: { queue_ms: 0, model_ms: 0, tool_ms: 0, store_ms: 0, other_ms: 0 },
  facts: {},
  spans: [],
}
