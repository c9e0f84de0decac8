import { z } from 'zod'

import { messageIdSchema, runIdSchema } from '../ids.ts'

/**
 * A piece of a message's text. Carries only what its stream and run do not already say: there are
 * thousands of them.
 */
export const messageDeltaSchema = z.object({
  type: z.literal('message_delta'),
  run_id: runIdSchema,
  message_id: messageIdSchema,
  /** Index into the message's content. */
  part: z.int().min(0),
  /** UTF-16 units of the part before this piece. */
  offset: z.int().min(0),
  text: z.string(),
})

export type MessageDelta = z.infer<typeof messageDeltaSchema>
