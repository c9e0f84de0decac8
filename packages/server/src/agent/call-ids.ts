import { randomUUID } from 'node:crypto'

import type { ModelReply } from './model/call-model.ts'
import type { Turn } from './step.ts'

/** Every id of a tool call that the thread holds so far. */
export const knownCallIds = ({ history, completed }: Turn): Set<string> =>
  new Set([
    ...history.flatMap((message) => message.tools.map(({ call }) => call.callId)),
    ...completed.flatMap((step) =>
      step.kind === 'spoken' ? step.calls.map((call) => call.callId) : [],
    ),
  ])

/**
 * Some servers number tool calls anew in every answer (`call_0`). In a thread an id names one call
 * for ever, so one that is taken is replaced, also in what the model is shown of its own answer.
 */
export function withOwnCallIds(reply: ModelReply, taken: Set<string>): ModelReply {
  const calls = reply.calls.map((call) => {
    const isFree = call.toolCallId !== '' && !taken.has(call.toolCallId)
    const toolCallId = isFree ? call.toolCallId : `call_${randomUUID().replaceAll('-', '')}`
    taken.add(toolCallId)
    return { ...call, toolCallId }
  })
  // The parts of the content that are calls stand in the order of the calls.
  let index = 0
  const content = reply.content.map((part) =>
    part.type === 'tool-call'
      ? { ...part, toolCallId: calls[index++]?.toolCallId ?? part.toolCallId }
      : part,
  )
  return { ...reply, calls, content }
}
