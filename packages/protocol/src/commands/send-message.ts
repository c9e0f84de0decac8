import { z } from 'zod'

import { textPartSchema } from '../content.ts'
import {
  clientMessageIdSchema,
  fileIdSchema,
  messageIdSchema,
  requestIdSchema,
  threadIdSchema,
} from '../ids.ts'
import { traceparentSchema } from '../traceparent.ts'

/** Idempotent on the sender and `client_message_id`: an unknown outcome is retried with the same. */
export const sendMessageSchema = z
  .object({
    type: z.literal('send_message'),
    id: requestIdSchema,
    client_message_id: clientMessageIdSchema,
    /** Null: a new thread. */
    thread_id: threadIdSchema.nullable(),
    content: z.array(textPartSchema).max(32),
    attachments: z
      .array(z.object({ file_id: fileIdSchema }))
      .max(32)
      .optional(),
    /**
     * The message this one follows. Absent: the thread's newest leaf. Null: the start of the thread.
     * An edited message is sent with the parent of the message it replaces.
     */
    parent_message_id: messageIdSchema.nullable().optional(),
    agent: z.string().min(1).max(128).nullable().optional(),
    model: z.string().min(1).max(256).nullable().optional(),
    traceparent: traceparentSchema,
  })
  .refine(
    (message) =>
      message.content.some((part) => part.text.trim() !== '') ||
      (message.attachments?.length ?? 0) > 0,
    { path: ['content'], message: 'a message needs text or an attachment' },
  )

export type SendMessage = z.infer<typeof sendMessageSchema>
