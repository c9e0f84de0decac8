import { z } from 'zod'

import { answerActionSchema } from '../form/question.ts'
import { requestIdSchema, runIdSchema, toolCallIdSchema } from '../ids.ts'

/** A person's answer to `approval_requested`, bound to the request it saw by `fence`. */
export const decideSchema = z.object({
  type: z.literal('decide'),
  id: requestIdSchema,
  run_id: runIdSchema,
  tool_call_id: toolCallIdSchema,
  approved: z.boolean(),
  reason: z.string().max(2000).optional(),
  fence: z.int().min(0),
  /** To a question; absent it follows from `approved`. */
  action: answerActionSchema.optional(),
  /** What was filled in of a form. */
  content: z.record(z.string(), z.unknown()).optional(),
})

export type Decide = z.infer<typeof decideSchema>
