import { isDeepStrictEqual } from 'node:util'

import { windowThread, type ThreadState, type UserState } from '@netra/protocol'

import type { StreamState } from './observation.ts'

/** No snapshot of a longer thread holds fewer finished messages. */
const SMALLEST_WINDOW = 6

/**
 * The first thing in which two states differ; undefined when they are the same, or when one is a
 * window on the other: a snapshot may leave out old messages and large tool results.
 */
export function difference(one: StreamState, other: StreamState): string | undefined {
  if (isThread(one) && isThread(other)) return threadDifference(one, other)
  if (!isThread(one) && !isThread(other)) return userDifference(one, other)
  return 'one is of a thread, the other of a user'
}

const isThread = (state: StreamState): state is ThreadState => 'messages' in state

function threadDifference(one: ThreadState, other: ThreadState): string | undefined {
  const [a, b] = withoutOmitted(one, other)
  if (a.before === null && b.before === null) return firstDifference(a, b)
  const shared = sharedDifference(a, b, ['messages', 'runs', 'tool_calls', 'approvals'])
  return shared ?? firstDifference(smallest(a), smallest(b))
}

const smallest = (state: ThreadState): ThreadState => windowThread(state, SMALLEST_WINDOW)

/** Threads beyond the newest are left out of a snapshot; what both list must be the same. */
function userDifference(one: UserState, other: UserState): string | undefined {
  if (!one.more_threads && !other.more_threads) return firstDifference(one, other)
  const shared = sharedDifference(one, other, ['threads'])
  return shared ?? firstDifference(withoutThreads(one), withoutThreads(other))
}

const withoutThreads = ({ open_runs, approvals, limits }: UserState) => ({
  open_runs,
  approvals,
  limits,
})

/** A result that one of them may leave out counts for neither. */
function withoutOmitted(one: ThreadState, other: ThreadState): [ThreadState, ThreadState] {
  const omitted = new Set<string>()
  for (const call of [...one.tool_calls, ...other.tool_calls]) {
    if (call.result_omitted) omitted.add(JSON.stringify([call.run_id, call.id]))
  }
  if (omitted.size === 0) return [one, other]
  const strip = (state: ThreadState): ThreadState => ({
    ...state,
    tool_calls: state.tool_calls.map((call) =>
      omitted.has(JSON.stringify([call.run_id, call.id]))
        ? { ...call, result: null, result_omitted: true }
        : call,
    ),
  })
  return [strip(one), strip(other)]
}

interface Item {
  id?: string
  run_id?: string | null
  tool_call_id?: string
}

const keyOf = (item: Item): string => JSON.stringify([item.run_id, item.id ?? item.tool_call_id])

function sharedDifference<State extends StreamState>(
  one: State,
  other: State,
  lists: readonly (keyof State & string)[],
): string | undefined {
  for (const list of lists) {
    const theirs = new Map((other[list] as Item[]).map((item) => [keyOf(item), item]))
    for (const item of one[list] as Item[]) {
      const match = theirs.get(keyOf(item))
      if (match && !isDeepStrictEqual(item, match)) {
        return `${list} ${keyOf(item)}: ${firstDifference(item, match)}`
      }
    }
  }
  return undefined
}

/** Where two JSON values first differ, with an excerpt of both. */
function firstDifference(one: unknown, other: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(one, other)) return undefined
  if (isObject(one) && isObject(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const found = firstDifference(one[key], other[key], `${path}.${key}`)
      if (found) return found
    }
  }
  return `${path || 'it'} is ${excerpt(one)}, and the journal says ${excerpt(other)}`
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const excerpt = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 120)
