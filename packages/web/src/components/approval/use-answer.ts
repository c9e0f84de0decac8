import type { AnswerAction } from '@netra/protocol'

import { useLive } from '../../live/use-live.ts'
import { useAction } from '../use-action.ts'
import type { AskedCall } from './asked-call.ts'

export interface Said {
  action: AnswerAction
  content?: Record<string, unknown>
  reason?: string
}

/** Answers a call, once; `isSent` from the click until it is known that it failed. */
export function useAnswer(call: AskedCall) {
  const live = useLive()
  return useAction(async ({ action, content, reason = '' }: Said) => {
    await live.decide({
      runId: call.runId,
      toolCallId: call.toolCallId,
      fence: call.fence,
      approved: action === 'accept',
      ...(call.question && { action }),
      ...(content && { content }),
      ...(reason.trim() !== '' && { reason: reason.trim() }),
    })
  })
}
