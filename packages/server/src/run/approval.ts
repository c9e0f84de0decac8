import type { Asking, ToolCall } from '../agent/agent.ts'
import {
  makeEvent,
  threadStream,
  userStream,
  type ApprovalRow,
  type Commit,
  type EventContext,
  type Journal,
  type NewEvent,
  type RunRow,
} from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type ToolCallId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { answered, askedRow, toldOf, type Decided } from './asked.ts'
import { statesThatAllow } from './state.ts'

/** A question nobody answered for so long is answered with no. */
const APPROVAL_MS = 7 * 24 * 60 * 60_000

export const contextOf = (run: RunRow): EventContext => ({
  user_id: run.user_id,
  thread_id: run.thread_id,
  run_id: run.id,
  agent: run.agent,
  trace_id: run.trace_id,
})

/**
 * What asking a person appends and changes; the run waits from then on and nobody owns it: neither
 * memory nor a timer is spent on it.
 */
export function asking(
  { journal, clock }: { journal: Pick<Journal, 'db'>; clock: Clock },
  { run, agent }: { run: RunRow; agent: string | null },
  { call, ...about }: { call: ToolCall } & Asking,
): { thread: NewEvent[]; user: NewEvent[]; rows: Statement[] } {
  const at = isoTime(clock)
  const expires_at = new Date(clock.now() + (about.answerWithinMs ?? APPROVAL_MS)).toISOString()
  const named = { tool_call_id: call.callId, tool_name: call.toolName }
  const event = (type: string, fields: Record<string, unknown>): NewEvent =>
    makeEvent(clock, type, { ...contextOf(run), agent }, fields)
  const row: ApprovalRow = {
    run_id: run.id,
    tool_call_id: asId<ToolCallId>(call.callId),
    thread_id: run.thread_id,
    user_id: run.user_id,
    tool_name: call.toolName,
    arguments: JSON.stringify(call.arguments),
    fence: run.fence,
    state: 'waiting',
    expires_at,
    decided_by: null,
    created_at: at,
  }
  const { run_id: _run, tool_call_id: _call, ...again } = row
  return {
    thread: [
      event('approval_requested', {
        ...named,
        arguments: call.arguments,
        fence: run.fence,
        expires_at,
        ...toldOf(about),
      }),
    ],
    user: [
      event('approval_waiting', { ...named, expires_at }),
      event('run_state_changed', { state: 'waiting' }),
    ],
    rows: [
      journal.db
        .insertInto('approval')
        .values(row)
        .onConflict((conflict) => conflict.columns(['run_id', 'tool_call_id']).doUpdateSet(again))
        .compile(),
      askedRow(journal, clock, { run, agent, call, about }),
      journal.db
        .updateTable('run')
        .set({
          state: 'waiting',
          waiting_for: 'approval',
          lease_until: null,
          tries: 0,
          updated_at: at,
        })
        .where('id', '=', run.id)
        .compile(),
    ],
  }
}

/** The commit that answers a waiting approval and queues its run; it fails when it was answered. */
export function deciding(
  { journal, clock }: { journal: Pick<Journal, 'db'>; clock: Clock },
  { run, approval, decision }: { run: RunRow; approval: ApprovalRow; decision: Decided },
): Commit {
  const { db } = journal
  const { approved, by, reason, answer } = decision
  const context = contextOf(run)
  const named = { tool_call_id: approval.tool_call_id }
  return {
    appends: [
      {
        stream: threadStream(run.thread_id),
        events: [
          makeEvent(clock, 'approval_decided', context, {
            ...named,
            approved,
            by,
            ...(reason !== undefined && { reason }),
            ...(answer && { action: answer.action }),
          }),
        ],
      },
      {
        stream: userStream(run.user_id),
        events: [
          makeEvent(clock, 'approval_closed', context, named),
          makeEvent(clock, 'run_state_changed', context, { state: 'queued' }),
        ],
      },
    ],
    expect: [
      {
        name: 'waiting',
        rows: 'some',
        query: db
          .selectFrom('approval')
          .innerJoin('run', 'run.id', 'approval.run_id')
          .select('approval.run_id')
          .where('approval.run_id', '=', run.id)
          .where('approval.tool_call_id', '=', approval.tool_call_id)
          .where('approval.fence', '=', approval.fence)
          .where('approval.state', '=', 'waiting')
          .where('run.state', 'in', statesThatAllow('decided'))
          .compile(),
      },
    ],
    rows: [
      db
        .updateTable('approval')
        .set({
          state: approved ? 'approved' : by === 'expiry' ? 'expired' : 'denied',
          decided_by: by,
        })
        .where('run_id', '=', run.id)
        .where('tool_call_id', '=', approval.tool_call_id)
        .compile(),
      answered(journal, clock, { approval, decision }),
      db
        .updateTable('run')
        .set({ state: 'queued', waiting_for: null, updated_at: isoTime(clock) })
        .where('id', '=', run.id)
        .compile(),
    ],
  }
}

/** Stops a run that waits for a person: the one commit that ends it; it fails when it waits no more. */
export function stoppingWaiting(
  { journal, clock }: { journal: Pick<Journal, 'db'>; clock: Clock },
  { run, approvals, by }: { run: RunRow; approvals: readonly ApprovalRow[]; by: string },
): Commit {
  const { db } = journal
  const context = contextOf(run)
  const event = (type: string, fields: Record<string, unknown>): NewEvent =>
    makeEvent(clock, type, context, fields)
  return {
    appends: [
      {
        stream: threadStream(run.thread_id),
        events: [
          ...approvals.map(({ tool_call_id, tool_name }) =>
            event('tool_completed', {
              tool_call_id,
              tool_name,
              status: 'cancelled',
              result: null,
              duration_ms: 0,
            }),
          ),
          event('run_cancelled', { by }),
        ],
      },
      {
        stream: userStream(run.user_id),
        events: [
          ...approvals.map(({ tool_call_id }) => event('approval_closed', { tool_call_id })),
          event('run_state_changed', { state: 'cancelled' }),
        ],
      },
    ],
    expect: [
      {
        name: 'waiting',
        rows: 'some',
        query: db
          .selectFrom('run')
          .select('id')
          .where('id', '=', run.id)
          .where('state', '=', 'waiting')
          .compile(),
      },
    ],
    rows: [
      db
        .updateTable('approval')
        .set({ state: 'denied', decided_by: by })
        .where('run_id', '=', run.id)
        .where('state', '=', 'waiting')
        .compile(),
      ...approvals.map((approval) =>
        answered(journal, clock, {
          approval,
          decision: { approved: false, by, answer: { action: 'cancel' } },
        }),
      ),
      db
        .updateTable('run')
        .set({ state: 'cancelled', waiting_for: null, updated_at: isoTime(clock) })
        .where('id', '=', run.id)
        .compile(),
    ],
  }
}
