import type { RunStateChanged } from '../events/run-state-changed.ts'
import type { ReceivedEvent } from '../events/stream-event.ts'
import type { ThreadUpdated } from '../events/thread-updated.ts'
import type { UserEvent } from '../events/user-event.ts'
import { isUserEvent } from '../events/user-event.ts'
import { unreachable } from '../unreachable.ts'
import type { ListedThread, UserState, WaitingApproval } from './user-state.ts'

const CLOSED = new Set(['completed', 'failed', 'cancelled'])

/** A tool call's id is unique in its run only. */
const isFor = (item: WaitingApproval, key: { run_id: string; tool_call_id: string }): boolean =>
  item.tool_call_id === key.tool_call_id && item.run_id === key.run_id

function updateThread(
  state: UserState,
  threadId: string,
  change: (thread: ListedThread) => ListedThread,
): UserState {
  const index = state.threads.findLastIndex((thread) => thread.id === threadId)
  const thread = state.threads[index]
  return thread ? { ...state, threads: state.threads.with(index, change(thread)) } : state
}

function removeThread(state: UserState, threadId: string): UserState {
  const elsewhere = (item: { thread_id: string }) => item.thread_id !== threadId
  return {
    ...state,
    threads: state.threads.filter((thread) => thread.id !== threadId),
    open_runs: state.open_runs.filter(elsewhere),
    approvals: state.approvals.filter(elsewhere),
  }
}

function threadUpdated(state: UserState, event: ThreadUpdated): UserState {
  if (event.deleted) return removeThread(state, event.thread_id)
  return updateThread(state, event.thread_id, (thread) => ({
    ...thread,
    title: event.title ?? thread.title,
    archived: event.archived ?? thread.archived,
    updated_at: event.at,
  }))
}

function runStateChanged(state: UserState, event: RunStateChanged): UserState {
  const { run_id, thread_id, at } = event
  const others = state.open_runs.filter((run) => run.run_id !== run_id)
  const ended = CLOSED.has(event.state)
  const withRun: UserState = {
    ...state,
    open_runs: ended ? others : [...others, { run_id, thread_id, state: event.state, at }],
    approvals: ended ? state.approvals.filter((item) => item.run_id !== run_id) : state.approvals,
  }
  return updateThread(withRun, thread_id, (thread) => ({
    ...thread,
    updated_at: at,
    last_run: { run_id, state: event.state, at },
  }))
}

/** The state after one more event of the person's stream; events of other streams change nothing. */
export function foldUser(state: UserState, event: ReceivedEvent): UserState {
  return isUserEvent(event) ? foldKnown(state, event) : state
}

function foldKnown(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'thread_created': {
      if (state.threads.some((thread) => thread.id === event.thread_id)) return state
      const thread: ListedThread = {
        id: event.thread_id,
        title: event.title,
        created_at: event.at,
        updated_at: event.at,
        archived: false,
        last_run: null,
      }
      return { ...state, threads: [...state.threads, thread] }
    }
    case 'thread_updated':
      return threadUpdated(state, event)
    case 'thread_deleted':
      return removeThread(state, event.thread_id)
    case 'run_state_changed':
      return runStateChanged(state, event)
    case 'approval_waiting': {
      const { tool_call_id, run_id, thread_id, tool_name, expires_at } = event
      const others = state.approvals.filter((item) => !isFor(item, event))
      const waiting = { tool_call_id, run_id, thread_id, tool_name, expires_at }
      return { ...state, approvals: [...others, waiting] }
    }
    case 'approval_closed':
      return {
        ...state,
        approvals: state.approvals.filter((item) => !isFor(item, event)),
      }
    case 'limits_changed':
      return { ...state, limits: { ...state.limits, ...event.limits } }
    default:
      return unreachable(event)
  }
}
