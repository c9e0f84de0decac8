import { AgentFailure, type Agents } from '../agent/agent.ts'
import { makeEvent, type Journal, type RunRow } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { cancelledBy, type Ending } from './ending.ts'
import { Recorder, RunLost } from './recorder.ts'
import { isOpen, nextState, statesThatAllow } from './state.ts'
import { readPast } from './turn.ts'

/** A run that was interrupted this often is ended instead of tried again. */
const MAX_ATTEMPTS = 3

/** Why a run's signal was aborted. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly by: string
  constructor(by: string) {
    super('stopped')
    this.by = by
  }
}

/** The process is going away; the run goes on at the next start. */
export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown'
}

export interface Execution {
  journal: Journal
  agents: Agents
  clock: Clock
  logger: Logger
}

/**
 * One attempt at a run, from its row to its terminal event. Never throws for what happens to a
 * run. Answers `unrecorded` when the store could not be told: the run is still open, to be tried again.
 */
export async function execute(
  parts: Execution,
  runId: string,
  signal: AbortSignal,
): Promise<'settled' | 'unrecorded'> {
  const { journal } = parts
  const log = parts.logger.child({ run_id: runId })
  try {
    const row = await journal.db
      .selectFrom('run')
      .selectAll()
      .where('id', '=', runId)
      .executeTakeFirst()
    if (row && isOpen(row.state)) await attempt(parts, row, signal)
    return 'settled'
  } catch (error) {
    if (error instanceof RunLost) {
      log.warn({ err: error }, 'run lost to another owner')
      return 'settled'
    }
    log.error({ err: error }, 'run could not be recorded; it is tried again')
    return 'unrecorded'
  }
}

async function attempt(parts: Execution, row: RunRow, signal: AbortSignal): Promise<void> {
  const { journal, agents, clock } = parts
  const past = await readPast(journal, row)
  const run: RunRow = {
    ...row,
    fence: row.fence + 1,
    attempt: row.attempt + 1,
    state: nextState(row.state, 'started'),
  }
  await claim(parts, row, run, past)
  const tools = past.turn.completed.filter((step) => step.kind === 'tool')
  const recorder = new Recorder({ journal, clock, run, tools })
  if (row.cancel_requested) return recorder.end(cancelledBy(row.user_id))
  if (row.attempt >= MAX_ATTEMPTS) return recorder.end(interruptedTooOften)
  try {
    for await (const step of agents.act(past.turn, signal)) {
      if (signal.aborted) throw signal.reason
      await recorder.take(step)
    }
  } catch (error) {
    if (error instanceof RunLost) throw error
    const reason: unknown = signal.aborted ? signal.reason : error
    if (reason instanceof ShuttingDown) return recorder.settle()
    await recorder.end(
      reason instanceof Stopped ? cancelledBy(reason.by) : failureOf(parts, run, reason),
    )
    return
  }
}

/** Makes the run ours: a new fence, so that nothing an older attempt still writes is accepted. */
async function claim(
  { journal, clock }: Execution,
  before: RunRow,
  run: RunRow,
  past: { superseded: string[]; interrupted: string[] },
): Promise<void> {
  const context = {
    user_id: run.user_id,
    thread_id: run.thread_id,
    run_id: run.id,
    agent: run.agent,
    trace_id: run.trace_id,
  }
  const events = [makeEvent(clock, 'agent_started', context, { attempt: run.attempt })]
  if (before.attempt > 0) {
    events.unshift(
      makeEvent(clock, 'run_attempt', context, {
        attempt: run.attempt,
        fence: run.fence,
        why: 'This run was interrupted: the server stopped, or could not store anything.',
        superseded: past.superseded,
        interrupted: past.interrupted,
      }),
    )
  }
  const { db } = journal
  const result = await journal.commit({
    appends: [
      { stream: `thread:${run.thread_id}`, events },
      {
        stream: `user:${run.user_id}`,
        events: [makeEvent(clock, 'run_state_changed', context, { state: 'running' })],
      },
    ],
    expect: [
      {
        name: 'open',
        rows: 'some',
        query: db
          .selectFrom('run')
          .select('id')
          .where('id', '=', run.id)
          .where('fence', '=', before.fence)
          .where('state', 'in', statesThatAllow('started'))
          .compile(),
      },
    ],
    rows: [
      db
        .updateTable('run')
        .set({
          state: run.state,
          fence: run.fence,
          attempt: run.attempt,
          updated_at: isoTime(clock),
        })
        .where('id', '=', run.id)
        .compile(),
    ],
  })
  if (result.status !== 'committed') throw new RunLost(`run ${run.id} was claimed by somebody else`)
}

const interruptedTooOften: Ending = {
  kind: 'failed',
  thought: 'Giving up after several interruptions.',
  fields: {
    code: 'interrupted',
    message: `The server stopped ${MAX_ATTEMPTS} times while this answer was being made. Send the message again to try once more.`,
    retry: 'same',
  },
}

function failureOf({ logger }: Execution, run: RunRow, error: unknown): Ending {
  const log = logger.child({ run_id: run.id, trace_id: run.trace_id })
  if (error instanceof AgentFailure) {
    log.warn({ code: error.code, err: error.cause }, 'run failed')
    return {
      kind: 'failed',
      thought: 'This could not be answered.',
      fields: {
        code: error.code,
        message: error.message,
        retry: error.retry,
        ...(error.breaker && { breaker: error.breaker }),
      },
    }
  }
  log.error({ err: error }, 'run failed for a reason nobody foresaw')
  return {
    kind: 'failed',
    thought: 'This could not be answered.',
    fields: {
      code: 'internal',
      message: `Something went wrong inside Netra. The server's log has the details under trace ${run.trace_id}.`,
      retry: 'same',
    },
  }
}
