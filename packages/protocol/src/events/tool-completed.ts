import { z } from 'zod'

import { toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

export const toolStatusSchema = z.enum(['ok', 'error', 'denied', 'timeout', 'cancelled', 'unknown'])

export const toolCompletedSchema = z.object({
  type: z.literal('tool_completed'),
  ...runFields,
  tool_call_id: toolCallIdSchema,
  tool_name: z.string(),
  status: toolStatusSchema,
  /** JSON; with `result_ref` only a preview, or absent. */
  result: z.unknown().optional(),
  /** The file that holds a result over 32 KB. */
  result_ref: z.string().optional(),
  duration_ms: z.number().min(0),
})

export type ToolStatus = z.infer<typeof toolStatusSchema>
export type ToolCompleted = z.infer<typeof toolCompletedSchema>
