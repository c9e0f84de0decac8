import { utf8Length } from '../json-shape.ts'
import { MAX_SNAPSHOT_BYTES, SNAPSHOT_MESSAGES } from '../limits.ts'
import type { Run, ThreadMessage, ThreadState, ToolCall } from './thread-state.ts'
import type { UserState } from './user-state.ts'

const isOpen = (run: Run): boolean => run.outcome === null

/** Index of the first message kept, so that `count` complete messages and all later ones stay. */
function firstKept(messages: readonly ThreadMessage[], count: number): number {
  let complete = 0
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    if (messages[index]?.status !== 'streaming') complete += 1
    if (complete === count) return index
  }
  return 0
}

/**
 * The newest messages of a thread with the runs, tool calls and approvals that belong to them, and
 * every open run. Law: a window of (a window + later events) is the window of all events. That is why
 * streaming messages do not count: a later attempt may drop them.
 */
export function windowThread(state: ThreadState, count: number = SNAPSHOT_MESSAGES): ThreadState {
  const first = firstKept(state.messages, count)
  if (first === 0) return state
  const messages = state.messages.filter(
    (message, index) => index >= first || message.status === 'streaming',
  )
  const kept = new Set<string | null>(messages.map((message) => message.id))
  const spoken = new Set<string | null>(messages.map((message) => message.run_id))
  const runs = state.runs.filter(
    (run) => isOpen(run) || spoken.has(run.id) || kept.has(run.parent_message_id),
  )
  const runIds = new Set<string>(runs.map((run) => run.id))
  return {
    ...state,
    messages,
    runs,
    tool_calls: state.tool_calls.filter((call) => runIds.has(call.run_id)),
    approvals: state.approvals.filter((approval) => runIds.has(approval.run_id)),
    before: state.messages[first]?.id ?? state.before,
  }
}

const sizeOf = (state: ThreadState): number => utf8Length(JSON.stringify(state))

/** Tool results that may be left out, largest first. */
function withoutResults(state: ThreadState, bytes: number): ThreadState {
  let excess = sizeOf(state) - bytes
  const bySize = state.tool_calls
    .map((call) => ({ call, size: utf8Length(JSON.stringify(call.result ?? null)) }))
    .toSorted((a, b) => b.size - a.size)
  const omitted = new Set<ToolCall>()
  for (const { call, size } of bySize) {
    if (excess <= 0) break
    omitted.add(call)
    excess -= size
  }
  return {
    ...state,
    tool_calls: state.tool_calls.map((call) =>
      omitted.has(call) ? { ...call, result: null, result_omitted: true } : call,
    ),
  }
}

/**
 * A thread small enough to be sent as a snapshot: fewer and fewer messages, then without the largest
 * tool results. One message larger than the limit still goes out whole.
 */
export function snapshotOfThread(
  state: ThreadState,
  bytes: number = MAX_SNAPSHOT_BYTES,
): ThreadState {
  let count = SNAPSHOT_MESSAGES
  let snapshot = windowThread(state, count)
  while (count > 6 && sizeOf(snapshot) > bytes) {
    count = Math.floor(count / 2)
    snapshot = windowThread(state, count)
  }
  return sizeOf(snapshot) > bytes ? withoutResults(snapshot, bytes) : snapshot
}

/** How many threads a person's snapshot lists; the rest comes by HTTP. */
const SNAPSHOT_THREADS = 200

/** The most recently changed threads, in the order in which they were made. */
export function snapshotOfUser(state: UserState, count: number = SNAPSHOT_THREADS): UserState {
  if (state.threads.length <= count) return state
  const newest = new Set(
    state.threads
      .toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
      .slice(0, count)
      .map((thread) => thread.id),
  )
  return {
    ...state,
    threads: state.threads.filter((thread) => newest.has(thread.id)),
    more_threads: true,
  }
}
