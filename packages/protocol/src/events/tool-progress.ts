import { z } from 'zod'

import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const toolProgressSchema = z.object({
  type: z.literal('tool_progress'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  progress: z.number(),
  total: z.number().optional(),
  note: z.string().optional(),
})

export type ToolProgress = z.infer<typeof toolProgressSchema>
