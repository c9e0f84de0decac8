import { z } from 'zod'

import { clientMessageIdSchema, messageIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

/** Same commit as the message it answers; the sender's `ok` comes after it. */
export const runAcceptedSchema = z.object({
  type: z.literal('run_accepted'),
  ...runFields,
  client_message_id: clientMessageIdSchema.nullable(),
  /** The model that was chosen; null where a program answers that asks none. */
  model: z.string().nullable(),
  /** The user's message that this run answers. */
  parent_message_id: messageIdSchema.nullable(),
})

export type RunAccepted = z.infer<typeof runAcceptedSchema>
