import type { Clock } from '../platform/clock.ts'
import { isoTime } from '../platform/clock.ts'
import { type RunId, type ThreadId, type TraceId, type UserId, uuidv7 } from '../platform/ids.ts'

export interface NewEvent {
  type: string
  /** The whole event as it goes on the wire: one JSON object. */
  payload: string
}

/** What every event of a run carries (protocol.md §2). */
export interface EventContext {
  user_id: UserId
  thread_id: ThreadId | null
  run_id: RunId | null
  agent: string | null
  trace_id: TraceId | null
}

/** One event as it is stored and sent: common fields first, then its own. */
export function makeEvent(
  clock: Clock,
  type: string,
  context: EventContext,
  fields: Record<string, unknown>,
): NewEvent {
  const common = { id: uuidv7(clock.now()), type, at: isoTime(clock), ...context }
  return { type, payload: JSON.stringify({ ...common, ...fields }) }
}

/** On the wire a delta is only what its stream and run do not already say. */
export const makeDelta = (fields: {
  run_id: string
  message_id: string
  part: number
  offset: number
  text: string
}): NewEvent => ({
  type: 'message_delta',
  payload: JSON.stringify({ type: 'message_delta', ...fields }),
})
