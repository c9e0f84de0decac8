import { z } from 'zod'

import { attachmentSchema, contentSchema, roleSchema } from '../content.ts'
import { messageIdSchema } from '../ids.ts'
import { threadFields } from './common.ts'

export const messageAddedSchema = z.object({
  type: z.literal('message_added'),
  ...threadFields,
  message_id: messageIdSchema,
  /** The message it follows; null at the start of the thread. */
  parent_message_id: messageIdSchema.nullable(),
  role: roleSchema,
  content: contentSchema,
  attachments: z.array(attachmentSchema),
})

export type MessageAdded = z.infer<typeof messageAddedSchema>
