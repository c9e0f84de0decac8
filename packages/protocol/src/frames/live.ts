import { z } from 'zod'

import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** Replay is over: what follows happens now. */
export const liveSchema = z.object({
  type: z.literal('live'),
  stream: streamNameSchema,
  position: positionSchema,
})

export type Live = z.infer<typeof liveSchema>
