import { z } from 'zod'

import { requestIdSchema, runIdSchema } from '../ids.ts'

export const cancelRunSchema = z.object({
  type: z.literal('cancel_run'),
  id: requestIdSchema,
  run_id: runIdSchema,
})

export type CancelRun = z.infer<typeof cancelRunSchema>
