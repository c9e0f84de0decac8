import { z } from 'zod'

import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const toolExecutingSchema = z.object({
  type: z.literal('tool_executing'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  tool_name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
})

export type ToolExecuting = z.infer<typeof toolExecutingSchema>
