import { z } from 'zod'

import { threadFields } from './common.ts'

/** In the thread's stream and in its owner's; what is absent did not change. */
export const threadUpdatedSchema = z.object({
  type: z.literal('thread_updated'),
  ...threadFields,
  title: z.string().optional(),
  archived: z.boolean().optional(),
  deleted: z.boolean().optional(),
  message_count: z.int().min(0).optional(),
})

export type ThreadUpdated = z.infer<typeof threadUpdatedSchema>
