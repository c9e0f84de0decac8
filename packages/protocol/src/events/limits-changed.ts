import { z } from 'zod'

import { commonFields } from './common.ts'

export const limitsChangedSchema = z.object({
  type: z.literal('limits_changed'),
  ...commonFields,
  limits: z.record(z.string(), z.number().nullable()),
})

export type LimitsChanged = z.infer<typeof limitsChangedSchema>
