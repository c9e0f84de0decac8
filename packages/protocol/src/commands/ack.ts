import { z } from 'zod'

import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** Flow control only: what was applied, and all frame bytes received on this socket. */
export const ackSchema = z.object({
  type: z.literal('ack'),
  positions: z.partialRecord(streamNameSchema, positionSchema),
  bytes: z.int().min(0),
})

export type Ack = z.infer<typeof ackSchema>
