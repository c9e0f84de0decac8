import { isTerminal, type ThreadEvent } from '@netra/protocol'

import type { Access } from '../../access/access.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ThreadId, UserId } from '../../platform/ids.ts'
import { followRun } from './follow-run.ts'
import { standingOf, standingOfRun, waiting, type Standing } from './run-report.ts'

export interface WaitParts {
  hub: Hub
  clock: Clock
  access: Pick<Access, 'run'>
}

export interface Wait {
  userId: UserId
  run: { thread_id: ThreadId; run_id: string; position: string | null }
  /** Ends the waiting, not the run. */
  signal: AbortSignal
  /** Undefined: as long as it takes. */
  forMs: number | undefined
  /** What the agent does now, in a few words. */
  tell(doing: string): void
}

/**
 * Until the run has ended, waits for a person, or the waiting is over: then it is `running`.
 *
 * @throws when its events cannot be read.
 */
export async function waitForRun(parts: WaitParts, wait: Wait): Promise<Standing> {
  const { clock, hub } = parts
  const { promise, resolve, reject } = Promise.withResolvers<Standing>()
  const stillRunning = (): void => resolve({ status: 'running' })
  // What has happened already is told also to whoever does not wait: then its event is on its way.
  const overTime = (): void => {
    rowStanding(parts, wait).then((standing) => {
      if (!standing) stillRunning()
      else if (standing.problem !== undefined) resolve(standing)
    }, reject)
  }
  const cancelTimer = wait.forMs === undefined ? undefined : clock.after(wait.forMs, overTime)
  wait.signal.addEventListener('abort', stillRunning)
  if (wait.signal.aborted) stillRunning()
  const check = (asked: Parameters<typeof waiting>[0]): void => {
    // An old question may long be answered: the run's row says whether it waits now.
    rowStanding(parts, wait).then(
      (standing) => standing && resolve(standing.status === 'waiting' ? waiting(asked) : standing),
      reject,
    )
  }
  try {
    using reading = new DisposableStack()
    const following = await followRun(hub, wait.run, {
      event(event) {
        if (isTerminal(event)) return resolve(standingOf(event))
        if (event.type === 'approval_requested') check(event)
        const doing = doingOf(event)
        if (doing !== undefined) wait.tell(doing)
      },
      snapshot(run, waitsFor) {
        const standing = run ? standingOfRun(run) : undefined
        if (standing) resolve(standing)
        else check(waitsFor)
      },
      failed: reject,
    })
    reading.use(following)
    return await promise
  } finally {
    cancelTimer?.()
    wait.signal.removeEventListener('abort', stillRunning)
  }
}

const LONGEST_TOLD = 300

/** Of a run that is over or waits; undefined while it goes on. */
async function rowStanding(
  { access }: WaitParts,
  { userId, run }: Wait,
): Promise<Standing | undefined> {
  const row = await access.run(userId, run.run_id)
  if (!row) return { status: 'stopped', problem: 'The conversation was deleted.' }
  const { state, agent } = row
  if (state === 'waiting') return { status: 'waiting', agent }
  if (state === 'completed') return { status: 'completed', agent }
  if (state === 'failed') return { status: 'failed', agent }
  return state === 'cancelled' ? { status: 'stopped', agent } : undefined
}

function doingOf(event: ThreadEvent): string | undefined {
  if (event.type === 'agent_started') return `${event.agent ?? 'The agent'} has begun`
  if (event.type === 'agent_handoff') return `${event.to} takes over: ${event.why}`
  if (event.type === 'agent_thinking') return event.thought.slice(0, LONGEST_TOLD)
  if (event.type === 'tool_executing') return `uses ${event.tool_name}`
  return event.type === 'tool_progress' ? event.note?.slice(0, LONGEST_TOLD) : undefined
}
