import { z } from 'zod'

import { costSchema, usageSchema } from '../content.ts'
import { messageIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

/** Terminal: the run went well. */
export const agentCompletedSchema = z.object({
  type: z.literal('agent_completed'),
  ...runFields,
  message_id: messageIdSchema,
  final_response: z.string(),
  usage: usageSchema,
  cost: costSchema,
  duration_ms: z.number().min(0),
  steps: z.int().min(0),
  /** Who gave the answer, as `<provider>/<model>`; absent where a program did without a model. */
  model: z.string().optional(),
  /** The model that was asked for, when another one answered in its stead. */
  instead_of: z.string().optional(),
})

export type AgentCompleted = z.infer<typeof agentCompletedSchema>
