import { randomUUID } from 'node:crypto'

import {
  makeDelta,
  makeEvent,
  type EventContext,
  type NewEvent,
} from '../../packages/server/src/journal/journal.ts'
import { systemClock } from '../../packages/server/src/platform/clock.ts'
import {
  newId,
  type MessageId,
  type RunId,
  type TraceId,
} from '../../packages/server/src/platform/ids.ts'
import type { Follower } from '../support/people.ts'

const WORDS = 'the median request waits far longer for its first token than for all others '.split(
  /(?<=\s)/,
)

/** A person's message and the answer to it, still under way: so many events, a word a delta. */
export function openTurn({ userId, threadId }: Follower, count: number): NewEvent[] {
  const runId = newId<RunId>()
  const context: EventContext = {
    user_id: userId,
    thread_id: threadId,
    run_id: runId,
    agent: 'assistant',
    trace_id: newId<TraceId>(),
  }
  const event = (type: string, fields: Record<string, unknown>): NewEvent =>
    makeEvent(systemClock, type, context, fields)
  const question = newId<MessageId>()
  const events = [
    event('message_added', {
      message_id: question,
      parent_message_id: null,
      role: 'user',
      content: [{ type: 'text', text: 'Which requests wait longest?' }],
      attachments: [],
    }),
    event('run_accepted', {
      client_message_id: randomUUID(),
      model: null,
      parent_message_id: question,
    }),
    event('agent_started', { attempt: 1 }),
    event('agent_thinking', { thought: 'Looking at the workload.', step: 1 }),
  ]
  const ids = { run_id: runId, message_id: newId<MessageId>(), part: 0 }
  for (let offset = 0; events.length < count;) {
    const text = WORDS[events.length % WORDS.length] ?? ''
    events.push(makeDelta({ ...ids, offset, text }))
    offset += text.length
  }
  return events
}
