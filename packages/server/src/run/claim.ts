import {
  makeEvent,
  threadStream,
  userStream,
  type Expectation,
  type Journal,
  type RunRow,
} from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { contextOf } from './approval.ts'
import type { Lease } from './lease.ts'
import type { Leases } from './leases.ts'
import { nextState, statesThatAllow } from './state.ts'
import type { Past } from './turn.ts'

export interface ClaimParts {
  journal: Journal
  clock: Clock
  leases: Leases
}

/** How an attempt comes about. */
export type AttemptWhy = 'first' | 'taken_over' | 'retried' | 'decided'

const WHY: Record<AttemptWhy, string> = {
  first: '',
  taken_over: 'The server that made this answer stopped, or lost its store; another goes on.',
  retried: 'The store could not be written for a while; the answer goes on.',
  decided: 'Somebody decided about a tool call; the answer goes on.',
}

/**
 * Makes the run ours: a new fence, so that nothing an older attempt still writes is accepted, and a
 * lease. Answers why not: `taken` by another owner, or `blocked` by a run of the same thread.
 */
export async function claim(
  parts: ClaimParts,
  before: RunRow,
  { past, why }: { past: Pick<Past, 'superseded' | 'interrupted'>; why: AttemptWhy },
): Promise<{ run: RunRow; lease: Lease } | 'taken' | 'blocked'> {
  const { journal, clock, leases } = parts
  const { db } = journal
  const waiting = leases.of(before.id)
  // Under the fence of an attempt of this process that is over, nobody else has had the run.
  const isMine = waiting?.state === 'held' || why === 'retried'
  const run: RunRow = {
    ...before,
    fence: before.fence + 1,
    attempt: before.attempt + 1,
    tries: why === 'retried' ? before.tries : before.tries + 1,
    state: nextState(before.state, 'started'),
  }
  const context = contextOf(run)
  const events = [makeEvent(clock, 'agent_started', context, { attempt: run.attempt })]
  if (before.attempt > 0) {
    events.unshift(
      makeEvent(clock, 'run_attempt', context, {
        attempt: run.attempt,
        fence: run.fence,
        why: WHY[why],
        superseded: past.superseded,
        interrupted: past.interrupted,
      }),
    )
  }
  const lease = leases.hold(run, clock.monotonic())
  const result = await journal
    .commit({
      appends: [
        { stream: threadStream(run.thread_id), events },
        {
          stream: userStream(run.user_id),
          events: [makeEvent(clock, 'run_state_changed', context, { state: 'running' })],
        },
      ],
      // One that is stopped says nothing more than that: it need not wait for its turn.
      expect: [
        free(parts, before, isMine),
        ...(before.cancel_requested ? [] : [alone(parts, run)]),
      ],
      rows: [
        db
          .updateTable('run')
          .set({
            state: run.state,
            fence: run.fence,
            attempt: run.attempt,
            tries: run.tries,
            lease_until: leases.ending(),
            updated_at: isoTime(clock),
          })
          .where('id', '=', run.id)
          .compile(),
      ],
    })
    .catch((error: unknown) => {
      leases.drop(lease)
      throw error
    })
  if (result.status === 'committed') return { run, lease }
  const isBlocked = result.status === 'unexpected' && result.name === 'alone'
  leases.drop(lease)
  if (isBlocked && waiting) leases.keep(waiting)
  return isBlocked ? 'blocked' : 'taken'
}

const free = ({ journal }: ClaimParts, before: RunRow, isMine: boolean): Expectation => {
  const same = journal.db
    .selectFrom('run')
    .select('id')
    .where('id', '=', before.id)
    .where('fence', '=', before.fence)
    .where('state', 'in', statesThatAllow('started'))
  const query = isMine
    ? same
    : same.where((eb) =>
        eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', journal.now())]),
      )
  return { name: 'free', rows: 'some', query: query.compile() }
}

/**
 * Answers of one thread never interleave, wherever they are made: a run waits for the open ones that
 * came before it, and for any that runs.
 */
const alone = ({ journal }: ClaimParts, run: RunRow): Expectation => ({
  name: 'alone',
  rows: 'none',
  query: journal.db
    .selectFrom('run')
    .select('id')
    .where('thread_id', '=', run.thread_id)
    .where('id', '!=', run.id)
    .where('state', 'in', statesThatAllow('started'))
    .where((eb) =>
      eb.or([
        eb('id', '<', run.id),
        eb.and([eb('state', '=', 'running'), eb('lease_until', '>', journal.now())]),
      ]),
    )
    .compile(),
})
