import type { ThreadEvent } from '../events/thread-event.ts'
import { threadEventSchema } from '../events/thread-event.ts'
import type { UserEvent } from '../events/user-event.ts'
import { userEventSchema } from '../events/user-event.ts'

let count = 0

const common = () => ({
  id: `event-${++count}`,
  at: '2026-01-02T03:04:05.000Z',
  user_id: 'u',
  thread_id: 't',
  run_id: 'run',
  agent: 'data',
  trace_id: null,
})

/** An event with common fields filled in. */
export const threadEvent = (
  type: ThreadEvent['type'],
  fields: Record<string, unknown>,
): ThreadEvent => threadEventSchema.parse({ ...common(), type, ...fields })

export const userEvent = (type: UserEvent['type'], fields: Record<string, unknown>): UserEvent =>
  userEventSchema.parse({ ...common(), type, ...fields })

export const delta = (message_id: string, offset: number, text: string, part = 0): ThreadEvent =>
  threadEventSchema.parse({ type: 'message_delta', run_id: 'run', message_id, part, offset, text })

export const accepted = (run_id = 'run'): ThreadEvent =>
  threadEvent('run_accepted', {
    run_id,
    client_message_id: 'c',
    model: 'm/x',
    parent_message_id: 'q',
  })
