import { z } from 'zod'

import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

/** Decided, expired, or its run ended. */
export const approvalClosedSchema = z.object({
  type: z.literal('approval_closed'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
})

export type ApprovalClosed = z.infer<typeof approvalClosedSchema>
