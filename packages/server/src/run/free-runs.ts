import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { isoTime } from '../platform/clock.ts'
import type { RunId, ThreadId, UserId } from '../platform/ids.ts'
import { statesThatAllow } from './state.ts'

/** A run as the schedule knows it. */
export interface KnownRun {
  id: RunId
  threadId: ThreadId
  userId: UserId
  /** Tries in vain so far. */
  tries?: number
}

/** At most so many are taken up at one look; the next one finds the rest. */
const AT_ONCE = 500

type Store = Pick<Journal, 'db' | 'now'>

/**
 * Runs that nobody owns, oldest first: accepted and not begun, begun by an owner whose lease is over,
 * or stopped while they waited for a person.
 */
export async function freeRuns(journal: Store): Promise<KnownRun[]> {
  const rows = await journal.db
    .selectFrom('run')
    .select(['id', 'thread_id', 'user_id', 'tries'])
    .where((eb) =>
      eb.or([
        eb.and([
          eb('state', 'in', statesThatAllow('started')),
          eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', journal.now())]),
        ]),
        eb.and([eb('state', '=', 'waiting'), eb('cancel_requested', '=', 1)]),
      ]),
    )
    .orderBy('id')
    .limit(AT_ONCE)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    threadId: row.thread_id,
    userId: row.user_id,
    tries: row.tries,
  }))
}

/** Runs that are open and that no owner could stop: of nobody, or waiting for a person. */
export async function openUnowned(journal: Store): Promise<KnownRun[]> {
  const rows = await journal.db
    .selectFrom('run')
    .select(['id', 'thread_id', 'user_id'])
    .where('state', 'in', statesThatAllow('cancelled'))
    .where((eb) =>
      eb.or([
        eb('state', '=', 'waiting'),
        eb('lease_until', 'is', null),
        eb('lease_until', '<=', journal.now()),
      ]),
    )
    .execute()
  return rows.map((row) => ({ id: row.id, threadId: row.thread_id, userId: row.user_id }))
}

/** Questions to a person that nobody answered in time, with their runs. */
export async function overdueApprovals({ db }: Store, clock: Clock) {
  const approvals = await db
    .selectFrom('approval')
    .selectAll('approval')
    .select((eb) =>
      eb
        .selectFrom('approval_asked as asked')
        .select('asked.question')
        .whereRef('asked.run_id', '=', 'approval.run_id')
        .whereRef('asked.tool_call_id', '=', 'approval.tool_call_id')
        .whereRef('asked.fence', '=', 'approval.fence')
        .as('question'),
    )
    .where('state', '=', 'waiting')
    .where('expires_at', '<=', isoTime(clock))
    .orderBy('expires_at')
    .limit(AT_ONCE)
    .execute()
  const ids = approvals.map(({ run_id }) => run_id)
  const runs =
    ids.length === 0 ? [] : await db.selectFrom('run').selectAll().where('id', 'in', ids).execute()
  return approvals.flatMap((approval) => {
    const run = runs.find(({ id }) => id === approval.run_id)
    const isQuestion = (approval.question ?? null) !== null
    return run ? [{ approval, run, isQuestion }] : []
  })
}
