import { z } from 'zod'

import { runFields } from './common.ts'

/** Reasoning, or a stated next step where the model says nothing. */
export const agentThinkingSchema = z.object({
  type: z.literal('agent_thinking'),
  ...runFields,
  thought: z.string(),
  /** Model and tool calls of the run, counted from 1. */
  step: z.int().min(1),
  /** From here on the thread's first messages are known by this alone; it is shown to the person. */
  summary: z.object({ messages: z.int().min(1), text: z.string() }).optional(),
  /** From here on another model answers; ids are `<provider>/<model>`, `why` is for the person. */
  fallback: z.object({ from: z.string(), to: z.string(), why: z.string() }).optional(),
})

export type AgentThinking = z.infer<typeof agentThinkingSchema>
