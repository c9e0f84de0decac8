import type { WaitingCall } from '@netra/client'
import type { Approval, Change, Question } from '@netra/protocol'

/** A tool call that a person is asked about, wherever it is shown. */
export interface AskedCall {
  runId: string
  toolCallId: string
  /** An answer names it. */
  fence: number
  tool: string
  /** Whose tool it is, in words; null: Netra's own. */
  server: string | null
  agent: string | null
  arguments: Record<string, unknown>
  question: Question | null
  change: Change | null
  expiresAt: string
  /** A call that was cut off: whether it took effect is not known. */
  isInterrupted: boolean
  /** No choice ends the asking about its tool. */
  asksAlways: boolean
}

/** Whether what its tool says of the change is what the call was given: a server knows no more. */
export const saysNoMore = ({ server, change, arguments: given }: AskedCall): boolean =>
  server !== null &&
  change?.before === undefined &&
  JSON.stringify(change?.after) === JSON.stringify(given)

export const askedInThread = (approval: Approval, isInterrupted: boolean): AskedCall => ({
  runId: approval.run_id,
  toolCallId: approval.tool_call_id,
  fence: approval.fence,
  tool: approval.tool_name,
  server: approval.server ?? null,
  agent: approval.agent ?? null,
  arguments: approval.arguments,
  question: approval.question ?? null,
  change: approval.change ?? null,
  expiresAt: approval.expires_at,
  isInterrupted: approval.interrupted ?? (isInterrupted && approval.question === undefined),
  asksAlways: approval.asks_always ?? false,
})

export const askedElsewhere = (call: WaitingCall): AskedCall => ({
  runId: call.run_id,
  toolCallId: call.tool_call_id,
  fence: call.fence,
  tool: call.tool,
  server: call.server,
  agent: call.agent,
  arguments: call.arguments,
  question: call.question,
  change: call.change,
  expiresAt: call.expires_at,
  isInterrupted: call.interrupted,
  asksAlways: call.asks_always,
})
