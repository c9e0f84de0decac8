import { z } from 'zod'

import { runFields } from './common.ts'

/** Terminal: somebody stopped the run. */
export const runCancelledSchema = z.object({
  type: z.literal('run_cancelled'),
  ...runFields,
  by: z.string(),
})

export type RunCancelled = z.infer<typeof runCancelledSchema>
