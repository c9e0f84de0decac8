import type { RunState } from '../journal/journal.ts'

export type RunEvent = 'started' | 'parked' | 'decided' | 'completed' | 'failed' | 'cancelled'

/**
 * What may become of a run. An absent entry means that the event is refused in that state, so a run
 * can end only once. A run that waits for a person costs nothing and is started by nobody: the
 * decision queues it again.
 */
export const TRANSITIONS: Record<RunState, Partial<Record<RunEvent, RunState>>> = {
  queued: { started: 'running', failed: 'failed', cancelled: 'cancelled' },
  running: {
    started: 'running',
    parked: 'waiting',
    completed: 'completed',
    failed: 'failed',
    cancelled: 'cancelled',
  },
  waiting: { decided: 'queued', cancelled: 'cancelled' },
  completed: {},
  failed: {},
  cancelled: {},
}

export const isOpen = (state: RunState): boolean => Object.keys(TRANSITIONS[state]).length > 0

/** States in which `event` may happen; a store checks it in the transaction that records the event. */
export const statesThatAllow = (event: RunEvent): RunState[] =>
  (Object.keys(TRANSITIONS) as RunState[]).filter(
    (state) => TRANSITIONS[state][event] !== undefined,
  )

/** @throws when the event is not allowed in the state. */
export function nextState(state: RunState, event: RunEvent): RunState {
  const next = TRANSITIONS[state][event]
  if (!next) throw new Error(`a run that is ${state} cannot be ${event}`)
  return next
}
