import { z } from 'zod'

import { threadFields } from './common.ts'

export const threadCreatedSchema = z.object({
  type: z.literal('thread_created'),
  ...threadFields,
  title: z.string(),
})

export type ThreadCreated = z.infer<typeof threadCreatedSchema>
