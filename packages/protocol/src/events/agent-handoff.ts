import { z } from 'zod'

import { runFields } from './common.ts'

export const agentHandoffSchema = z.object({
  type: z.literal('agent_handoff'),
  ...runFields,
  from: z.string(),
  to: z.string(),
  why: z.string(),
})

export type AgentHandoff = z.infer<typeof agentHandoffSchema>
