import { z } from 'zod'

import { requestIdSchema } from '../ids.ts'
import { claimedPositionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

export const unsubscribeSchema = z.object({
  type: z.literal('unsubscribe'),
  id: requestIdSchema,
  stream: streamNameSchema,
  /** Where the client stopped reading, if it wants to say. */
  position: claimedPositionSchema.optional(),
})

export type Unsubscribe = z.infer<typeof unsubscribeSchema>
