import { z } from 'zod'

import { agentFailureCodeSchema, retrySchema } from '../errors.ts'
import { runFields } from './common.ts'

/** Terminal: the run failed. `message` is for the person and says what to do. */
export const agentFailedSchema = z.object({
  type: z.literal('agent_failed'),
  ...runFields,
  code: agentFailureCodeSchema,
  message: z.string(),
  retry: retrySchema,
  breaker: z.enum(['CLOSED', 'OPEN', 'HALF_OPEN']).optional(),
})

export type AgentFailed = z.infer<typeof agentFailedSchema>
