import { z } from 'zod'

import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** The server cannot prove that nothing was lost. A snapshot follows, and the person is told. */
export const resetSchema = z.object({
  type: z.literal('reset'),
  stream: streamNameSchema,
  position: positionSchema,
  why: z.string(),
})

export type Reset = z.infer<typeof resetSchema>
