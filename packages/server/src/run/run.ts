import type { Agents } from '../agent/agent.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { execute, ShuttingDown, Stopped } from './execute.ts'
import { Schedule } from './schedule.ts'
import { isOpen, statesThatAllow } from './state.ts'

export { isOpen, statesThatAllow }

/** A store that could not be written is given so long to come back. */
const RETRY_MS = 2_000

/** Active and waiting runs of one user. */
const MAX_OPEN_PER_USER = 100

/** One agent turn each: started, stopped, taken up again after a restart. */
export interface Runs extends AsyncDisposable {
  /** The agent and model that will answer; undefined when there is no such agent. */
  resolve(wish: {
    agent: string | null
    model: string | null
  }): Promise<{ agent: string; model: string } | undefined>
  /** Begins an accepted run; runs of one thread go one after the other. */
  start(run: { id: string; threadId: string; userId: string }): void
  /** Stops a run wherever it is; resolves once nothing of it can begin any more. */
  cancel(run: { id: string }, by: string): Promise<void>
  /** Resolves when the run is not executing here (any more). */
  settled(runId: string): Promise<void>
  /** False while so many runs of the user wait already that one more must not. */
  hasRoomFor(userId: string): boolean
  /** Takes up what an earlier process left open; answers how many runs. */
  recover(): Promise<number>
  status(): { active: number; queued: number; started: number }
}

export function createRuns(parts: {
  journal: Journal
  agents: Agents
  /** `<provider>/<model>` that answers when none is named. */
  defaultModel: () => Promise<string>
  clock: Clock
  logger: Logger
  limits?: { perUser?: number; perNode?: number }
}): Runs {
  const { journal, agents } = parts
  const aborts = new Map<string, AbortController>()
  const settled = new Map<string, Promise<void>>()
  const running = new Set<string>()
  const schedule = new Schedule({
    perUser: parts.limits?.perUser ?? 16,
    perNode: parts.limits?.perNode ?? 128,
  })
  let closing = false
  let started = 0

  /** At most one attempt at a time: a second one would take the run from the first. */
  async function executeOnce(
    runId: string,
    signal: AbortSignal,
  ): Promise<'settled' | 'unrecorded'> {
    running.add(runId)
    try {
      return await execute(parts, runId, signal)
    } finally {
      running.delete(runId)
    }
  }

  const start: Runs['start'] = (run) => {
    if (closing || aborts.has(run.id)) return
    const abort = new AbortController()
    let isUnrecorded = false
    aborts.set(run.id, abort)
    const done = schedule.add({ threadId: run.threadId, userId: run.userId }, async () => {
      if (abort.signal.reason instanceof ShuttingDown || running.has(run.id)) return
      started += 1
      isUnrecorded = (await executeOnce(run.id, abort.signal)) === 'unrecorded'
    })
    settled.set(
      run.id,
      done.finally(() => {
        aborts.delete(run.id)
        settled.delete(run.id)
        // What this attempt left in the journal is gone on from, as after a restart.
        if (isUnrecorded) parts.clock.after(RETRY_MS, () => start(run))
      }),
    )
  }

  return {
    async resolve(wish) {
      const model = wish.model ?? (await parts.defaultModel())
      const agent = agents.resolve(wish.agent, model)
      return agent === undefined ? undefined : { agent, model }
    },
    start,
    async cancel(run, by) {
      const mark = journal.db
        .updateTable('run')
        .set({ cancel_requested: 1 })
        .where('id', '=', run.id)
      await journal.write([mark.compile()])
      const abort = aborts.get(run.id)
      abort?.abort(new Stopped(by))
      // A run that waits behind others is ended now; when its turn comes it is found ended.
      if (abort && !running.has(run.id)) await executeOnce(run.id, abort.signal)
    },
    settled: async (runId) => (running.has(runId) ? settled.get(runId) : undefined),
    hasRoomFor: (userId) => schedule.countOf(userId) < MAX_OPEN_PER_USER,
    async recover() {
      const open = await journal.db
        .selectFrom('run')
        .select(['id', 'thread_id', 'user_id'])
        .where('state', 'in', statesThatAllow('started'))
        .orderBy('id')
        .execute()
      for (const run of open) start({ id: run.id, threadId: run.thread_id, userId: run.user_id })
      return open.length
    },
    status: () => ({ ...schedule.status(), started }),
    async [Symbol.asyncDispose]() {
      closing = true
      for (const abort of aborts.values()) abort.abort(new ShuttingDown())
      await Promise.all(settled.values())
    },
  }
}
