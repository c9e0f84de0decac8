import { z } from 'zod'

import { runFields } from './common.ts'

export const agentStartedSchema = z.object({
  type: z.literal('agent_started'),
  ...runFields,
  attempt: z.int().min(1),
})

export type AgentStarted = z.infer<typeof agentStartedSchema>
