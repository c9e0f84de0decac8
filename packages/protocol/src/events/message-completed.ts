import { z } from 'zod'

import { contentSchema, costSchema, usageSchema } from '../content.ts'
import { messageIdSchema, toolCallIdSchema } from '../ids.ts'
import { runFields } from './common.ts'

/** The whole text of one step's message; what the deltas said is replaced by it. */
export const messageCompletedSchema = z.object({
  type: z.literal('message_completed'),
  ...runFields,
  message_id: messageIdSchema,
  content: contentSchema,
  usage: usageSchema,
  /** What this model call cost; `usd` is null where no price is known. */
  cost: costSchema.optional(),
  /** Who said it, as `<provider>/<model>`. */
  model: z.string().optional(),
  /** The tools the model asked for with this message, in its order. */
  tool_calls: z
    .array(
      z.object({
        tool_call_id: toolCallIdSchema,
        tool_name: z.string(),
        arguments: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
})

export type MessageCompleted = z.infer<typeof messageCompletedSchema>
