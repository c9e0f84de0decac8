import { z } from 'zod'

import { errorCodeSchema, retrySchema } from '../errors.ts'
import { requestIdSchema } from '../ids.ts'

export const errorFrameSchema = z.object({
  type: z.literal('error'),
  /** Of the message that was refused; null when it had none or could not be read. */
  id: requestIdSchema.nullable(),
  code: errorCodeSchema,
  message: z.string(),
  retry: retrySchema,
  after_ms: z.int().min(0).optional(),
})

export type ErrorFrame = z.infer<typeof errorFrameSchema>
