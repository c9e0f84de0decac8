import { z } from 'zod'

import { runStateSchema } from '../content.ts'
import { runFields } from './common.ts'

export const runStateChangedSchema = z.object({
  type: z.literal('run_state_changed'),
  ...runFields,
  state: runStateSchema,
})

export type RunStateChanged = z.infer<typeof runStateChangedSchema>
