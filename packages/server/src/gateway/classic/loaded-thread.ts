import type { ThreadState } from '@netra/protocol'

import type { ShownMessage } from '../../access/access.ts'
import type { ClassicServerMessage } from './classic-server-message.ts'

/** A message as a thread's history shows it. */
export interface ClassicMessageShown {
  id: string
  role: string
  content: string
  created_at: string | null
  run_id: string | null
  agent_name: string | null
  attachments: readonly object[]
}

const textOf = (content: readonly { text: string }[]): string =>
  content.map(({ text }) => text).join('\n')

export const historyMessage = (message: ShownMessage): ClassicMessageShown => ({
  id: message.id,
  role: message.role,
  content: message.text,
  created_at: message.created_at,
  run_id: message.run_id,
  agent_name: message.agent,
  attachments: message.attachments,
})

/**
 * What stands for the events that cannot be sent one by one: the thread as it is. `event_id` is the
 * place up to which it stands; the events after it follow.
 */
export function loadedThread(
  state: ThreadState,
  around: { threadId: string; why: string; eventId: string | null; now: string },
): ClassicServerMessage {
  const payload = {
    thread_id: around.threadId,
    title: state.title,
    why: around.why,
    messages: state.messages.map((message): ClassicMessageShown => ({
      id: message.id,
      role: message.role,
      content: textOf(message.content.filter((part) => part.type === 'text')),
      created_at: message.at,
      run_id: message.run_id,
      agent_name: message.agent,
      attachments: message.attachments,
    })),
    runs: state.runs.map((run) => ({
      run_id: run.id,
      agent_name: run.agent,
      status: run.state,
      ...(run.outcome?.kind === 'completed' && { final_response: run.outcome.final_response }),
      ...(run.outcome?.kind === 'failed' && { error: run.outcome.message }),
    })),
  }
  return {
    ...payload,
    type: 'thread_loaded',
    timestamp: around.now,
    event_id: around.eventId,
    payload,
  }
}
