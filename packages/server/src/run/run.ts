import { sql, type RawBuilder } from 'kysely'

import type { Agents } from '../agent/agent.ts'
import {
  JournalUnavailable,
  type ApprovalRow,
  type Journal,
  type RunRow,
} from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { RunId, ThreadId, UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { SpanWatch } from '../platform/tracing.ts'
import { Spending, userScope, type StopScope } from '../spending/spending.ts'
import { deciding } from './approval.ts'
import type { Decided } from './asked.ts'
import { Backlog, type BacklogLimits } from './backlog.ts'
import { finishWithin } from './drain.ts'
import { BY_ORDER, execute, mostTries, ShuttingDown, Stopped, type Executed } from './execute.ts'
import { freeRuns, openUnowned, overdueApprovals, type KnownRun } from './free-runs.ts'
import { LEASE_TIMES, type LeaseTimes } from './lease.ts'
import { Leases } from './leases.ts'
import { repeat } from './repeat.ts'
import { createRunMetrics } from './run-metrics.ts'
import { Schedule } from './schedule.ts'
import { settledElsewhere } from './settled-elsewhere.ts'
import { isOpen, statesThatAllow } from './state.ts'
import type { StoredTimeline } from './timing/timeline.ts'
import { Timings, type Beginning } from './timing/timings.ts'

export { isOpen, statesThatAllow }
export { shownTimeline, type Seen, type StoredTimeline, type Timeline } from './timing/timeline.ts'
export { readTimeline } from './timing/timings.ts'

/** A store that could not be written is given so long to come back. */
const RETRY_MS = 2_000
const EXPIRY_EVERY_MS = 30_000

/** A lease that was over before it began. */
const NO_LEASE: RawBuilder<number> = sql<number>`0`

/** Active and waiting runs of one user. */
const MAX_OPEN_PER_USER = 100

/**
 * What kills its process may be any of the runs that were running. One that would have only one try
 * left runs alone among such runs, so that the next death counts for the one that caused it.
 */
const SUSPECT = 'suspect'

/** One agent turn each: started, stopped, taken up where another process left it. */
export interface Runs extends AsyncDisposable {
  /** The agent and model that will answer; undefined when there is no such agent. */
  resolve(wish: {
    agent: string | null
    model: string | null
  }): Promise<{ agent: string; model: string } | undefined>
  /** `lease_until` of a run that this process accepts: nobody else begins it meanwhile. */
  firstLease(): RawBuilder<number>
  /** Begins a run accepted with `firstLease`; runs of one thread go one after the other. */
  start(run: {
    id: RunId
    threadId: ThreadId
    userId: UserId
    /** How long accepting it waited for the store. */
    acceptedMs?: number
  }): void
  /** Stops a run wherever it is; resolves once nothing of it can begin here any more. */
  cancel(run: { id: RunId }, by: UserId): Promise<void>
  /** Answers what a run waits for; false when it was answered, or does not wait any more. */
  decide(run: RunRow, approval: ApprovalRow, decision: Decided): Promise<boolean>
  /** Resolves when the run is not executing anywhere (any more), or its owner does not say so. */
  settled(runId: RunId): Promise<void>
  /** False while so many runs of the user wait already that one more must not. */
  hasRoomFor(userId: UserId): boolean
  /** Stops all that is open in the scope: here at once, and what nobody owns; others stop their own. */
  stopAll(scope: StopScope): Promise<void>
  /** Takes up what nobody owns, and goes on looking for such; answers how many runs. */
  recover(): Promise<number>
  /** What the time of a run that goes on in this process went to. */
  timing(runId: RunId): StoredTimeline | undefined
  status(): { active: number; queued: number; started: number }
  /**
   * Nothing begins here any more, and what has not begun is free for others at once; what runs has
   * so long to end. Of what is silent for `quietMs` another goes on.
   */
  drain(window: { withinMs: number; quietMs: number }): Promise<void>
}

export interface RunsOptions {
  journal: Journal
  agents: Agents
  /** `<provider>/<model>` that answers when none is named. */
  defaultModel: () => Promise<string>
  clock: Clock
  logger: Logger
  metrics: Metrics
  /** The store belongs to this process alone: leases from before its start are void. */
  isSoleOwner: boolean
  /** The process that held this folder before died of a lack of memory. */
  ranOutOfMemory?: boolean
  limits?: { perUser?: number; perNode?: number }
  times?: LeaseTimes
  backlog?: BacklogLimits
  /** Counts what models use, and says when it is enough; without it nothing is enough. */
  spending?: Spending
  /** Told of spans, where somebody listens. */
  spans?: SpanWatch | undefined
  /** Told of each answer to what a run waits for, once it holds: for a lasting record of who said what. */
  onDecided?: (decided: DecidedCall) => void
}

export interface DecidedCall {
  userId: UserId
  runId: RunId
  tool: string
  /** A user id, or `expiry`. */
  by: string
  action: 'accept' | 'decline' | 'cancel'
}

export function createRuns(options: RunsOptions): Runs {
  const { journal, agents, clock, logger, times = LEASE_TIMES } = options
  const metrics = createRunMetrics(options.metrics)
  const aborts = new Map<RunId, AbortController>()
  const settled = new Map<RunId, Promise<void>>()
  const running = new Set<RunId>()
  /** Of the runs that are here. */
  const threads = new Map<RunId, ThreadId>()
  const users = new Map<RunId, UserId>()
  /** Runs that were wanted again before their last attempt here was over. */
  const wantedAgain = new Map<RunId, KnownRun>()
  /** The fences of attempts that ended here, in a process that lives on. */
  const endedFences = new Map<RunId, number>()
  const schedule = new Schedule({
    perUser: options.limits?.perUser ?? 16,
    perNode: options.limits?.perNode ?? 128,
  })
  const leases = new Leases({
    journal,
    clock,
    times,
    logger,
    metrics,
    onCancel: (runId, userId) => void stop(runId, userId),
  })
  const { spending = new Spending({ journal, clock, logger }) } = options
  const parts = {
    journal,
    agents,
    clock,
    logger,
    metrics,
    leases,
    backlog: new Backlog(metrics, options.backlog),
    spending,
    ranOutOfMemory: options.ranOutOfMemory ?? false,
    timings: new Timings({
      journal,
      clock,
      logger,
      ...(options.spans && { watch: options.spans }),
    }),
  }
  /** Of runs accepted here that have not begun. */
  const beginnings = new Map<RunId, Beginning>()
  let closing = false
  /** Accepts runs still, for others. */
  let draining = false
  let started = 0
  /** Of a process that is gone, leases hold nothing up. */
  let areOthersVoid = !options.isSoleOwner

  /** At most one attempt at a time: a second one would take the run from the first. */
  async function executeOnce(
    runId: RunId,
    abort: AbortController,
    onProgress = (): void => undefined,
  ): Promise<Executed> {
    running.add(runId)
    let fence: number | undefined
    const onClaimed = (claimed: number): void => {
      fence = claimed
    }
    try {
      const retriedFence = endedFences.get(runId)
      const beginning = beginnings.get(runId)
      const at = { runId, abort, retriedFence, onClaimed, onProgress, beginning }
      const executed = await execute(parts, at)
      if (executed !== 'blocked') beginnings.delete(runId)
      else if (beginning) beginnings.set(runId, { ...beginning, waitedFor: 'thread' })
      if (executed !== 'unrecorded') endedFences.delete(runId)
      else if (fence !== undefined) endedFences.set(runId, fence)
      return executed
    } finally {
      running.delete(runId)
    }
  }

  function begin(run: KnownRun): void {
    if (closing || draining) return
    if (aborts.has(run.id)) {
      wantedAgain.set(run.id, run)
      return
    }
    const abort = new AbortController()
    let executed: Executed = 'settled'
    aborts.set(run.id, abort)
    threads.set(run.id, run.threadId)
    users.set(run.id, run.userId)
    const isSuspect = (run.tries ?? 0) >= mostTries(parts.ranOutOfMemory) - 1
    const keys = isSuspect ? [run.threadId, SUSPECT] : [run.threadId]
    noteHoldUp(run)
    const done = schedule.add({ keys, userId: run.userId }, async (release) => {
      if (abort.signal.reason instanceof ShuttingDown || running.has(run.id)) return
      started += 1
      executed = await executeOnce(run.id, abort, () => release(SUSPECT))
      // Stopped in the moment in which it began to wait: nothing of the attempt was left to see it.
      if (executed === 'settled' && abort.signal.reason instanceof Stopped)
        executed = await executeOnce(run.id, abort)
    })
    settled.set(
      run.id,
      done.finally(() => {
        aborts.delete(run.id)
        threads.delete(run.id)
        users.delete(run.id)
        settled.delete(run.id)
        if (executed !== 'blocked') beginnings.delete(run.id)
        const again = wantedAgain.get(run.id)
        wantedAgain.delete(run.id)
        // What this attempt left in the journal is gone on from, as after a restart.
        if (executed === 'unrecorded') clock.after(RETRY_MS, () => begin(run))
        else if (executed === 'blocked') clock.after(times.lookEveryMs, () => begin(run))
        else if (again) begin(again)
      }),
    )
  }

  /** Why a run waits is known when it comes: later others may be in its way. */
  function noteHoldUp({ id, threadId, userId }: KnownRun): void {
    const beginning = beginnings.get(id)
    const holdUp = schedule.holdUp({ keys: [threadId], userId })
    if (!beginning || holdUp === undefined) return
    beginnings.set(id, { ...beginning, waitedFor: holdUp === 'key' ? 'thread' : holdUp })
  }

  async function stop(runId: RunId, by: string): Promise<void> {
    const abort = aborts.get(runId)
    abort?.abort(new Stopped(by))
    // One that waits for its turn is ended now, as one that nobody owns; another's owner will see it.
    if (!running.has(runId)) await executeOnce(runId, abort ?? new AbortController())
  }

  /** What is here, and what nobody owns: of what others own, they hear by the same order. */
  async function stopAll(scope: StopScope): Promise<void> {
    const isMeant = (userId: UserId): boolean => scope === 'everyone' || scope === userScope(userId)
    const here = [...users].filter(([, userId]) => isMeant(userId)).map(([id]) => id)
    const stopped = await Promise.allSettled([
      ...here.map((id) => stop(id, BY_ORDER)),
      ...here.flatMap((id) => settled.get(id) ?? []),
      stopUnowned(isMeant),
    ])
    for (const each of stopped)
      if (each.status === 'rejected')
        logger.error({ err: each.reason as unknown }, 'a run was not stopped by an order')
  }

  async function stopUnowned(isMeant: (userId: UserId) => boolean): Promise<void> {
    const open = await openUnowned(journal)
    const meant = open.filter(({ id, userId }) => isMeant(userId) && !aborts.has(id))
    await Promise.all(meant.map(({ id }) => stop(id, BY_ORDER)))
  }

  async function decide(run: RunRow, approval: ApprovalRow, decision: Decided): Promise<boolean> {
    const result = await journal.commit(deciding({ journal, clock }, { run, approval, decision }))
    if (result.status !== 'committed') return false
    metrics.decided.add({ by: decision.by === 'expiry' ? 'expiry' : 'person' })
    logger.info(
      { run_id: run.id, trace_id: run.trace_id, approved: decision.approved },
      'approval decided',
    )
    tellDecided(run, approval, decision)
    begin({ id: run.id, threadId: run.thread_id, userId: run.user_id })
    return true
  }

  function tellDecided(
    run: RunRow,
    approval: ApprovalRow,
    { by, approved, answer }: Decided,
  ): void {
    const action = answer?.action ?? (approved ? 'accept' : 'decline')
    const tool = approval.tool_name
    try {
      options.onDecided?.({ userId: run.user_id, runId: run.id, tool, by, action })
    } catch (error) {
      // The decision holds; that it is not on record elsewhere must not undo it.
      logger.error({ err: error, run_id: run.id }, 'a decision could not be put on record')
    }
  }

  async function takeUpFree(): Promise<number> {
    if (!areOthersVoid) await leases.voidOthers()
    areOthersVoid = true
    const free = await freeRuns(journal)
    const unknown = free.filter(({ id }) => !aborts.has(id) && !running.has(id))
    for (const run of unknown) begin(run)
    return unknown.length
  }

  async function expireApprovals(): Promise<void> {
    for (const { run, approval, isQuestion } of await overdueApprovals(journal, clock)) {
      const answer = isQuestion ? ({ action: 'cancel' } as const) : undefined
      await decide(run, approval, { approved: false, by: 'expiry', answer })
    }
  }

  const looks = [
    repeat({ clock, everyMs: times.sweepEveryMs, work: takeUpFree, onError: sweepFailed }),
    repeat({ clock, everyMs: EXPIRY_EVERY_MS, work: expireApprovals, onError: sweepFailed }),
  ]

  function sweepFailed(error: unknown): void {
    metrics.sweepsFailed.add()
    logger.warn({ err: error }, 'runs without an owner could not be looked for')
  }

  const forgetOrders = spending.orders.onOrder((scope) => void stopAll(scope))

  return {
    async resolve(wish) {
      const model =
        agents.fixedModelOf(wish.agent) ??
        wish.model ??
        agents.ownModelOf(wish.agent) ??
        (await options.defaultModel())
      const agent = agents.resolve(wish.agent, model)
      return agent === undefined ? undefined : { agent, model }
    },
    firstLease: () => (draining ? NO_LEASE : leases.ending()),
    start({ acceptedMs = 0, ...run }) {
      beginnings.set(run.id, { acceptedMs, waitedFor: 'turn' })
      if (!closing && !aborts.has(run.id)) leases.hold({ id: run.id, fence: 0 }, clock.monotonic())
      if (draining) void leases.giveUp([run.id])
      begin(run)
    },
    async cancel(run, by) {
      const mark = journal.db
        .updateTable('run')
        .set({ cancel_requested: 1 })
        .where('id', '=', run.id)
      await journal.write([mark.compile()])
      await stop(run.id, by)
    },
    stopAll,
    decide,
    async settled(runId) {
      if (running.has(runId)) await settled.get(runId)
      else await settledElsewhere({ journal, clock, times }, runId)
    },
    hasRoomFor: (userId) => schedule.countOf(userId) < MAX_OPEN_PER_USER,
    async recover() {
      for (const look of looks) look.start()
      try {
        return await takeUpFree()
      } catch (error) {
        // A store without room still serves readers: what it holds is taken up once it has some.
        if (!(error instanceof JournalUnavailable)) throw error
        sweepFailed(error)
        return 0
      }
    },
    timing: (runId) => parts.timings.of(runId),
    status: () => ({ ...schedule.status(), started }),
    async drain(window) {
      draining = true
      for (const look of looks) look.stop()
      const waiting = [...aborts].filter(([id]) => !running.has(id))
      for (const [, abort] of waiting) abort.abort(new ShuttingDown())
      await leases.giveUp(waiting.map(([id]) => id))
      const handOn = (id: RunId) => () => aborts.get(id)?.abort(new ShuttingDown())
      await finishWithin({
        running: () =>
          [...threads]
            .filter(([id]) => running.has(id))
            .map(([id, threadId]) => ({ threadId, handOn: handOn(id) })),
        journal,
        clock,
        ...window,
      })
    },
    async [Symbol.asyncDispose]() {
      closing = true
      forgetOrders()
      for (const look of looks) look.stop()
      for (const abort of aborts.values()) abort.abort(new ShuttingDown())
      await Promise.all(settled.values())
      await parts.timings.settled()
      await leases.giveUpAll()
      leases[Symbol.dispose]()
    },
  }
}
