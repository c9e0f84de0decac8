import type { ApprovalDecided } from '../events/approval-decided.ts'
import type { ApprovalRequested } from '../events/approval-requested.ts'
import type { ToolCompleted } from '../events/tool-completed.ts'
import type { ToolExecuting } from '../events/tool-executing.ts'
import type { ToolProgress } from '../events/tool-progress.ts'
import { changeRun, changeToolCall, noteInTimeline, type ToolCallKey } from './change.ts'
import type { Approval, ThreadState, ToolCall } from './thread-state.ts'

type Named = ToolExecuting | ToolCompleted | ApprovalRequested

const hasToolCall = (state: ThreadState, key: ToolCallKey): boolean =>
  state.tool_calls.some((call) => call.id === key.tool_call_id && call.run_id === key.run_id)

const isFor = (approval: Approval, key: ToolCallKey): boolean =>
  approval.tool_call_id === key.tool_call_id && approval.run_id === key.run_id

/** The tool call is in its list, its run and the timeline, each once. */
function knowToolCall(state: ThreadState, event: Named): ThreadState {
  if (hasToolCall(state, event)) return state
  const call: ToolCall = {
    id: event.tool_call_id,
    run_id: event.run_id,
    name: event.tool_name,
    arguments: 'arguments' in event ? event.arguments : {},
    status: 'waiting',
    result: null,
    result_ref: null,
    result_omitted: false,
    started_at: event.at,
    duration_ms: null,
    progress: null,
  }
  const added = { ...state, tool_calls: [...state.tool_calls, call] }
  const listed = changeRun(added, event.run_id, (run) => ({
    ...run,
    tool_call_ids: [...run.tool_call_ids, event.tool_call_id],
  }))
  return noteInTimeline(listed, event.run_id, { kind: 'tool', id: event.tool_call_id })
}

export function toolExecuting(state: ThreadState, event: ToolExecuting): ThreadState {
  return changeToolCall(knowToolCall(state, event), event, (call) => ({
    ...call,
    arguments: event.arguments,
    status: 'running',
    started_at: event.at,
    progress: null,
  }))
}

export function toolProgress(state: ThreadState, event: ToolProgress): ThreadState {
  return changeToolCall(state, event, (call) => ({
    ...call,
    progress: { progress: event.progress, total: event.total ?? null, note: event.note ?? null },
  }))
}

export function toolCompleted(state: ThreadState, event: ToolCompleted): ThreadState {
  return changeToolCall(knowToolCall(state, event), event, (call) => ({
    ...call,
    status: event.status,
    result: event.result ?? null,
    result_ref: event.result_ref ?? null,
    duration_ms: event.duration_ms,
    progress: null,
  }))
}

export function approvalRequested(state: ThreadState, event: ApprovalRequested): ThreadState {
  const known = changeToolCall(knowToolCall(state, event), event, (call) => ({
    ...call,
    status: 'waiting',
  }))
  const approval: Approval = {
    tool_call_id: event.tool_call_id,
    run_id: event.run_id,
    tool_name: event.tool_name,
    arguments: event.arguments,
    fence: event.fence,
    requested_at: event.at,
    expires_at: event.expires_at,
    status: 'pending',
    decided_by: null,
    ...(event.agent && { agent: event.agent }),
    ...(event.question && { question: event.question }),
    ...(event.change && { change: event.change }),
    ...(event.interrupted !== undefined && { interrupted: event.interrupted }),
    ...(event.server !== undefined && { server: event.server }),
    ...(event.asks_always !== undefined && { asks_always: event.asks_always }),
  }
  const others = state.approvals.filter((item) => !isFor(item, event))
  return changeRun({ ...known, approvals: [...others, approval] }, event.run_id, (run) => ({
    ...run,
    state: 'waiting',
  }))
}

export function approvalDecided(state: ThreadState, event: ApprovalDecided): ThreadState {
  const approvals = state.approvals.map((item) =>
    isFor(item, event) && item.status === 'pending'
      ? {
          ...item,
          status: event.approved ? ('approved' as const) : ('denied' as const),
          decided_by: event.by,
        }
      : item,
  )
  const waits = approvals.some((item) => item.run_id === event.run_id && item.status === 'pending')
  return changeRun({ ...state, approvals }, event.run_id, (run) =>
    run.state === 'waiting' && !waits ? { ...run, state: 'running' } : run,
  )
}

/** Calls whose end a broken attempt did not see. */
export function interruptToolCalls(
  state: ThreadState,
  runId: string,
  toolCallIds: readonly string[],
): ThreadState {
  let changed = state
  for (const id of toolCallIds) {
    changed = changeToolCall(changed, { run_id: runId, tool_call_id: id }, (call) => ({
      ...call,
      status: 'interrupted',
      progress: null,
    }))
  }
  return changed
}

const isUnfinished = (call: ToolCall): boolean =>
  call.status === 'running' || call.status === 'waiting' || call.status === 'interrupted'

/** A run has ended: nothing of it runs or waits any more. */
export function closeToolsOf(state: ThreadState, runId: string): ThreadState {
  const isOpenCall = (call: ToolCall) => call.run_id === runId && isUnfinished(call)
  const isOpenApproval = (item: Approval) => item.run_id === runId && item.status === 'pending'
  const calls = state.tool_calls.some(isOpenCall)
  const approvals = state.approvals.some(isOpenApproval)
  if (!calls && !approvals) return state
  return {
    ...state,
    tool_calls: calls
      ? state.tool_calls.map((call) =>
          isOpenCall(call) ? { ...call, status: 'unknown', progress: null } : call,
        )
      : state.tool_calls,
    approvals: approvals
      ? state.approvals.map((item) => (isOpenApproval(item) ? { ...item, status: 'closed' } : item))
      : state.approvals,
  }
}
