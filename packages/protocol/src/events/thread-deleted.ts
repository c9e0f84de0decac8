import { z } from 'zod'

import { threadFields } from './common.ts'

export const threadDeletedSchema = z.object({
  type: z.literal('thread_deleted'),
  ...threadFields,
})

export type ThreadDeleted = z.infer<typeof threadDeletedSchema>
