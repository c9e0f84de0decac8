import { z } from 'zod'

import { answerActionSchema } from '../form/question.ts'
import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const approvalDecidedSchema = z.object({
  type: z.literal('approval_decided'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  approved: z.boolean(),
  /** A user id, or `expiry`. */
  by: z.string(),
  reason: z.string().optional(),
  /** The answer to a question; what was filled in is not told. */
  action: answerActionSchema.optional(),
})

export type ApprovalDecided = z.infer<typeof approvalDecidedSchema>
