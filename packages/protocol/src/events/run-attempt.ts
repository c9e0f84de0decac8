import { z } from 'zod'

import { messageIdSchema, toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

/**
 * A new owner goes on with the run. Journal rows never change, so what the broken attempt streamed
 * is named here, and the fold drops it.
 */
export const runAttemptSchema = z.object({
  type: z.literal('run_attempt'),
  ...runFields,
  attempt: z.int().min(1),
  fence: z.int().min(0),
  why: z.string(),
  superseded: z.array(messageIdSchema),
  interrupted: z.array(toolCallIdSchema),
})

export type RunAttempt = z.infer<typeof runAttemptSchema>
