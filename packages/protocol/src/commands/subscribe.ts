import { z } from 'zod'

import { requestIdSchema } from '../ids.ts'
import { claimedPositionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** Starts one stream on this socket, or moves its one cursor. */
export const subscribeSchema = z.object({
  type: z.literal('subscribe'),
  id: requestIdSchema,
  stream: streamNameSchema,
  /** Absent is null: before the first event. */
  position: claimedPositionSchema.default(null),
})

export type Subscribe = z.infer<typeof subscribeSchema>
