import { z } from 'zod'

import { requestIdSchema, runIdSchema, threadIdSchema } from '../ids.ts'
import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** A message was carried out. Which fields come depends on the message; see PROTOCOL.md. */
export const okSchema = z.object({
  type: z.literal('ok'),
  id: requestIdSchema,
  /** subscribe, unsubscribe */
  stream: streamNameSchema.optional(),
  head: positionSchema.optional(),
  /** send_message, regenerate: durable now; `position` is the thread's, just before the message. */
  thread_id: threadIdSchema.optional(),
  run_id: runIdSchema.optional(),
  position: positionSchema.optional(),
  /** This is the first answer again: the same message had come before. */
  duplicate: z.boolean().optional(),
})

export type Ok = z.infer<typeof okSchema>
