import type { Agents } from '../agent/agent.ts'
import { JournalUnavailable, type Journal, type RunRow } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { RunId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { RECOVERY } from '../platform/recovery/recovery-table.ts'
import { inTrace } from '../platform/tracing.ts'
import type { LeftOpen, RunMeter, Spending } from '../spending/spending.ts'
import { stoppingWaiting } from './approval.ts'
import type { Backlog } from './backlog.ts'
import { claim, type AttemptWhy, type ClaimParts } from './claim.ts'
import { cancelledBy, type Ending } from './ending.ts'
import { failureOf, triedInVain } from './failure.ts'
import { LeaseGone, type Lease } from './lease.ts'
import { GIVEN_UP } from './leases.ts'
import { countsOf, countStep, metered, watchTime } from './metered.ts'
import { Recorder, RunLost, StoppedInstead } from './recorder.ts'
import type { RunMetrics } from './run-metrics.ts'
import { isOpen } from './state.ts'
import type { RunTimer } from './timing/run-timer.ts'
import type { QueueWhy } from './timing/timeline.ts'
import type { Beginning, Timings } from './timing/timings.ts'
import { readPast, type Past } from './turn.ts'

/**
 * A run whose process died so often, each time before a step was done, is ended; sooner where the
 * last one had no memory left, because everybody's answers stop with each such death.
 */
export const mostTries = (ranOutOfMemory: boolean): number =>
  RECOVERY[ranOutOfMemory ? 'out_of_memory' : 'process_died'].retry.tries

/** Who stopped a run that an administrator's order ended, as the person reads it. */
export const BY_ORDER = 'administrator'

/** Why a run's signal was aborted. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly by: string
  constructor(by: string) {
    super('stopped')
    this.by = by
  }
}

/** The process is going away; the run goes on elsewhere, or at the next start. */
export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown'
}

export interface Execution extends ClaimParts {
  journal: Journal
  agents: Agents
  clock: Clock
  logger: Logger
  metrics: RunMetrics
  backlog: Backlog
  spending: Spending
  timings: Timings
  /** The process that held this folder before died of a lack of memory. */
  ranOutOfMemory: boolean
}

/**
 * `settled`: ended, waits for a person, or another's now; `unrecorded`: the store could not be told;
 * `blocked`: runs of its thread come first; `handed_over`: shut down in the middle.
 */
export type Executed = 'settled' | 'unrecorded' | 'blocked' | 'handed_over'

export interface Attempt {
  runId: RunId
  /** Aborted by Stop, at shutdown, and here when the lease is gone. */
  abort: AbortController
  /** The fence of an attempt of this process that ended without the process: it was not in vain. */
  retriedFence: number | undefined
  /** The run is ours under this fence. */
  onClaimed: (fence: number) => void
  /** Of a run that this process accepted. */
  beginning: Beginning | undefined
  /** The run has come on by a whole step, so its process did not die of it. */
  onProgress: () => void
}

/** One attempt at a run, from its row to its end. Never throws for what happens to a run. */
export async function execute(parts: Execution, at: Attempt): Promise<Executed> {
  const { journal, leases, metrics } = parts
  let log = parts.logger.child({ run_id: at.runId })
  let executed: Executed = 'unrecorded'
  try {
    const row = await journal.db
      .selectFrom('run')
      .selectAll()
      .where('id', '=', at.runId)
      .executeTakeFirst()
    executed = 'settled'
    if (!row || !isOpen(row.state)) return executed
    log = parts.logger.child({ run_id: row.id, trace_id: row.trace_id })
    if (row.state !== 'waiting') executed = await timedAttempt(parts, { ...at, row, log })
    else if (row.cancel_requested || at.abort.signal.reason instanceof Stopped)
      await stopWaiting(parts, row, log)
  } catch (error) {
    executed = 'unrecorded'
    if (error instanceof LeaseGone && error.why === 'lapsed') {
      metrics.selfFenced.add()
      log.warn({ err: error }, 'run given up: its lease could not be renewed')
    } else if (error instanceof RunLost || error instanceof LeaseGone) {
      executed = 'settled'
      metrics.overtaken.add()
      log.warn({ err: error }, 'run lost to another owner')
    } else {
      log.error({ err: error }, 'run could not be recorded; it is tried again')
    }
  } finally {
    if (executed !== 'blocked') leases.drop(leases.of(at.runId))
  }
  return executed
}

interface Attempting extends Attempt {
  row: RunRow
  log: Logger
  timer: RunTimer
}

/** An attempt that owns its run. */
interface Owning extends Attempting {
  run: RunRow
  lease: Lease
  recorder: Recorder
  meter: RunMeter
  hasProgressed: () => boolean
}

/** An attempt as part of its run's trace, with its time kept. */
async function timedAttempt(parts: Execution, at: Omit<Attempting, 'timer'>): Promise<Executed> {
  const { row } = at
  const timer = await parts.timings.begin(row, {
    acceptedMs: at.beginning?.acceptedMs ?? 0,
    waitedFor: at.beginning?.waitedFor ?? WAITED_FOR[whyOf(row, at.retriedFence)],
  })
  try {
    return await inTrace(timer.trace, () => attempt(parts, { ...at, timer }))
  } finally {
    parts.timings.over(row.id, timer)
  }
}

const WAITED_FOR: Record<AttemptWhy, QueueWhy | undefined> = {
  first: 'turn',
  decided: 'decision',
  retried: undefined,
  taken_over: undefined,
}

async function attempt(parts: Execution, at: Attempting): Promise<Executed> {
  const { row, log } = at
  const past = await pastOf(parts, row)
  const why = whyOf(row, at.retriedFence)
  const claimed = await at.timer.storing(claim(parts, row, { past, why }))
  if (typeof claimed === 'string') {
    log.debug({ why: claimed }, 'run not begun here')
    return claimed === 'blocked' ? 'blocked' : 'settled'
  }
  const owning = own(parts, at, { ...claimed, past, leftOpen: leftOpenBy(row, why, past) })
  using disposables = new DisposableStack()
  disposables.use(owning.meter)
  noteBegin(parts, owning, why)
  if (parts.spending.orders.of(row.user_id)) return end(parts, owning, cancelledBy(BY_ORDER))
  if (row.cancel_requested) return end(parts, owning, cancelledBy(row.user_id))
  if (why !== 'retried' && row.tries >= mostTries(parts.ranOutOfMemory)) {
    return end(parts, owning, triedInVain(row.tries, parts.ranOutOfMemory))
  }
  try {
    if (!past.turn) throw past.error
    await act(parts, owning, past.turn)
    return 'settled'
  } catch (error) {
    return await conclude(parts, owning, error)
  }
}

function own(
  { journal, clock, backlog, spending, timings }: Execution,
  at: Attempting,
  {
    run,
    lease,
    past,
    leftOpen,
  }: { run: RunRow; lease: Lease; past: FoundPast; leftOpen: LeftOpen | undefined },
): Owning {
  at.onClaimed(run.fence)
  lease.gone.catch((reason: unknown) => at.abort.abort(reason))
  let hasProgressed = false
  const meter = spending.meterOf(run, countsOf(past.turn?.completed ?? []), leftOpen)
  const recorder = new Recorder({
    journal,
    clock,
    run,
    lease,
    tools: past.turn?.completed.filter((step) => step.kind === 'tool') ?? [],
    lastMessageId: past.lastMessageId,
    agent: past.turn?.completed.findLast((step) => step.kind === 'handoff')?.to,
    backlog: backlog.share(at.log),
    calls: (agent) => meter.rows(agent),
    timing: { timer: at.timer, timings },
    onProgress() {
      hasProgressed = true
      at.onProgress()
    },
  })
  return { ...at, run, lease, recorder, meter, hasProgressed: () => hasProgressed }
}

function noteBegin({ metrics }: Execution, { log, run }: Owning, why: AttemptWhy): void {
  metrics.attempts.add({ why })
  if (why === 'taken_over') metrics.takeOvers.add()
  if (why !== 'first') log.info({ why, attempt: run.attempt, fence: run.fence }, 'run goes on')
}

async function end(
  { metrics }: Execution,
  { recorder, lease, log, run }: Owning,
  ending: Ending,
): Promise<Executed> {
  await Promise.race([recorder.end(ending), lease.gone])
  const outcome = ending.kind === 'cancelled' ? 'cancelled' : ending.fields.code
  metrics.ended.add({ outcome })
  log.info({ outcome, attempt: run.attempt }, 'run ended')
  return 'settled'
}

/** What becomes of a run whose agent did not come to its end. */
async function conclude(parts: Execution, owning: Owning, error: unknown): Promise<Executed> {
  const { abort, recorder, run, row, log } = owning
  if (isStores(error)) throw error
  const reason: unknown = abort.signal.aborted ? abort.signal.reason : error
  if (isStores(reason)) throw reason
  if (reason instanceof ShuttingDown) {
    await recorder.settle()
    await handOver(parts, owning, owning.hasProgressed() ? 0 : row.tries)
    owning.timer.finished('cancelled')
    log.info({ attempt: run.attempt }, 'run given up in order; another goes on')
    return 'handed_over'
  }
  if (reason instanceof StoppedInstead) return end(parts, owning, cancelledBy(row.user_id))
  if (reason instanceof Stopped) return end(parts, owning, cancelledBy(reason.by))
  return end(parts, owning, failureOf(log, run, reason))
}

/** What cannot be read of a run ends it; a store that cannot be read does not. */
const pastOf = ({ journal }: Execution, row: RunRow): Promise<FoundPast> =>
  readPast(journal, row).catch((error: unknown) => {
    if (isStores(error)) throw error
    return {
      superseded: [],
      supersededCharacters: 0,
      interrupted: [],
      lastMessageId: undefined,
      error,
    }
  })

type FoundPast = Omit<Past, 'turn'> & { turn?: Past['turn']; error?: unknown }

/** What the attempt before may have been in the middle of, unless it was tools or it ended in order. */
function leftOpenBy(row: RunRow, why: AttemptWhy, past: FoundPast): LeftOpen | undefined {
  const broke = why === 'retried' || (why === 'taken_over' && row.lease_until !== GIVEN_UP)
  if (!broke || past.interrupted.length > 0) return undefined
  return { characters: past.supersededCharacters }
}

/** Nobody owns it from here on; an attempt that ends in order was not in vain. */
const handOver = (
  { journal, timings }: Execution,
  { run, timer }: Owning,
  tries: number,
): Promise<void> =>
  journal.write([
    ...timings.rows(run, timer.stored()),
    journal.db
      .updateTable('run')
      .set({ lease_until: GIVEN_UP, tries })
      .where('id', '=', run.id)
      .where('fence', '=', run.fence)
      .compile(),
  ])

/** What says nothing of the run itself: it is not this attempt that may end it. */
const isStores = (error: unknown): boolean =>
  error instanceof RunLost || error instanceof LeaseGone || error instanceof JournalUnavailable

async function act(
  { agents, metrics, clock }: Execution,
  { run, lease, recorder, meter, abort, log, timer }: Owning,
  turn: Past['turn'],
): Promise<void> {
  const { signal } = abort
  let isOver = false
  using disposables = new DisposableStack()
  disposables.use(await watchTime(meter, clock, abort))
  for await (const step of agents.act(turn, signal, metered(meter))) {
    if (signal.aborted) throw signal.reason
    // A store that answers nothing must not keep an attempt alive whose lease is gone.
    await countStep(meter, step)
    const from = timer.now()
    await Promise.race([recorder.take(step), lease.gone])
    timer.stood(from)
    isOver = step.kind === 'done' || step.kind === 'waits'
    if (step.kind === 'done') {
      metrics.ended.add({ outcome: 'completed' })
      log.info({ outcome: 'completed', attempt: run.attempt }, 'run ended')
    } else if (step.kind === 'waits') {
      metrics.waiting.add()
      log.info({ tool: step.call.toolName }, 'run waits for a person')
    }
  }
  if (!isOver) throw new Error('the agent stopped without an end')
}

function whyOf(row: RunRow, retriedFence: number | undefined): AttemptWhy {
  if (row.attempt === 0) return 'first'
  if (row.state === 'queued') return 'decided'
  return row.fence === retriedFence ? 'retried' : 'taken_over'
}

async function stopWaiting(parts: Execution, run: RunRow, log: Logger): Promise<void> {
  const { journal, metrics } = parts
  const by = parts.spending.orders.of(run.user_id) ? BY_ORDER : run.user_id
  const approvals = await journal.db
    .selectFrom('approval')
    .selectAll()
    .where('run_id', '=', run.id)
    .where('state', '=', 'waiting')
    .execute()
  const result = await journal.commit(stoppingWaiting(parts, { run, approvals, by }))
  if (result.status !== 'committed') return
  metrics.ended.add({ outcome: 'cancelled' })
  log.info('run stopped while it waited for a person')
}
