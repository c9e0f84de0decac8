import type { z } from 'zod'

import type { Attachment, Turn } from '../step.ts'

/** What a tool may use of the turn that calls it. Its authority is the turn's user, nobody else's. */
export interface ToolContext {
  userId: string
  threadId: string
  runId: string
  /** Files of this thread; a tool opens no other. */
  files: readonly Attachment[]
  /** Aborted by Stop, by the tool's timeout and at shutdown; children must die with it. */
  signal: AbortSignal
  progress: (update: { progress: number; total?: number; note?: string }) => void
}

export interface Tool {
  /** snake_case, unique. */
  name: string
  description: string
  /** Arguments; unknown keys are refused. */
  input: z.ZodType<Record<string, unknown>>
  timeoutMs: number
  /** Running it twice does no harm: an interrupted call is repeated; of any other a person decides. */
  repeatable: boolean
  /** A person says yes to each call before it runs. */
  needsApproval?: boolean
  /** @throws ToolError when the arguments or the data are at fault: the model reads its message. */
  run(input: Record<string, unknown>, context: ToolContext): Promise<unknown>
}

/** Tools that are not every agent's own: whose they are depends on the person whose turn it is. */
export interface ToolSource {
  /** Must not wait for anything slow: what is not there yet is left out. Names are unique. */
  toolsFor(turn: Turn): Promise<readonly Tool[]>
}

/** A failure that the model, and then the person, can act on. The message says how. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** What the tool needs is not there, whoever asks: its circuit breaker counts it. */
export class ToolUnavailable extends Error {
  override readonly name = 'ToolUnavailable'
}
