import { z } from 'zod'

import { isoTimeSchema } from '../content.ts'
import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const approvalWaitingSchema = z.object({
  type: z.literal('approval_waiting'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  tool_name: z.string(),
  expires_at: isoTimeSchema,
})

export type ApprovalWaiting = z.infer<typeof approvalWaitingSchema>
