import type { StreamEvent } from '@netra/protocol'

import type { ClassicServerMessage } from './classic-server-message.ts'

/** What an event's place says of it, and an event of thousands does not repeat. */
export interface Surroundings {
  userId: string
  threadId: string
  /** Of the run, where the event names none. */
  agent: string | null
  eventId: string
  /** ISO 8601, for events that bear no time of their own. */
  now: string
}

/**
 * An event in its classic form: what every event says beside `type`, and the event's own fields both
 * in `payload` and flat beside it. Durations are seconds as `duration` and milliseconds as `duration_ms`.
 */
export function classicEvent(event: StreamEvent, around: Surroundings): ClassicServerMessage {
  const own = 'id' in event ? withoutCommon(event) : fieldsOf(event)
  const payload = classicNames(event.type, own)
  const said = {
    run_id: event.run_id,
    user_id: around.userId,
    thread_id: around.threadId,
    agent_name: ('agent' in event ? event.agent : null) ?? around.agent,
    timestamp: 'at' in event ? event.at : around.now,
    event_id: around.eventId,
  }
  return { type: event.type, ...said, ...payload, payload: { ...payload, ...placeOf(said) } }
}

type Fields = Record<string, unknown>

const placeOf = ({ run_id, thread_id, agent_name }: Fields): Fields => ({
  run_id,
  thread_id,
  agent_name,
})

function withoutCommon(event: Extract<StreamEvent, { id: string }>): Fields {
  const { id: _id, at: _at, user_id: _user, thread_id: _thread, agent: _agent, ...fields } = event
  return fieldsOf(fields)
}

function fieldsOf({ type: _type, run_id: _run, ...fields }: Fields): Fields {
  return fields
}

function classicNames(type: StreamEvent['type'], own: Fields): Fields {
  if (type === 'agent_thinking') return { ...own, reasoning: own['thought'] }
  if (type === 'agent_completed') return { ...own, duration: secondsOf(own) }
  if (type === 'tool_executing') {
    const { arguments: parameters, ...rest } = own
    return { ...rest, parameters }
  }
  if (type !== 'tool_completed') return own
  const { result, ...rest } = own
  return { ...rest, results: result ?? null, duration: secondsOf(own) }
}

const secondsOf = ({ duration_ms }: Fields): number => Number(duration_ms) / 1000
