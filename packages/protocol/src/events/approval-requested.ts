import { z } from 'zod'

import { isoTimeSchema } from '../content.ts'
import { changeSchema, questionSchema } from '../form/question.ts'
import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const approvalRequestedSchema = z.object({
  type: z.literal('approval_requested'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  tool_name: z.string(),
  /** Exactly what will run if a person says yes. */
  arguments: z.record(z.string(), z.unknown()),
  fence: z.int().min(0),
  expires_at: isoTimeSchema,
  /** The call has begun and asks this. Absent: whether the call may run. */
  question: questionSchema.optional(),
  /** What the call would change, as its tool says. */
  change: changeSchema.optional(),
  /** Whether the call was cut off in the middle: what became of it is not known. */
  interrupted: z.boolean().optional(),
  /** Whose tool it is, in words; absent: the server's own. */
  server: z.string().optional(),
  /** No choice of the person ends the asking about this tool. */
  asks_always: z.boolean().optional(),
})

export type ApprovalRequested = z.infer<typeof approvalRequestedSchema>
