import { z } from 'zod'

import { clientMessageIdSchema, messageIdSchema, requestIdSchema, threadIdSchema } from '../ids.ts'
import { traceparentSchema } from '../traceparent.ts'

/** Answers a user's message once more; adds no message, and the old answer stays as a branch. */
export const regenerateSchema = z.object({
  type: z.literal('regenerate'),
  id: requestIdSchema,
  client_message_id: clientMessageIdSchema,
  thread_id: threadIdSchema,
  /** The user's message. */
  message_id: messageIdSchema,
  agent: z.string().min(1).max(128).nullable().optional(),
  model: z.string().min(1).max(256).nullable().optional(),
  traceparent: traceparentSchema,
})

export type Regenerate = z.infer<typeof regenerateSchema>
