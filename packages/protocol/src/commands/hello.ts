import { z } from 'zod'

import { deviceIdSchema, instanceIdSchema } from '../ids.ts'
import { MAX_RESUME_STREAMS } from '../limits.ts'
import { claimedPositionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** The first message on a socket: who is there, and where each stream is taken up again. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  /** Any integer parses, so that a version that is not served gets 4505 and not 4500. */
  protocol: z.int(),
  device: deviceIdSchema,
  instance: instanceIdSchema,
  ticket: z.string().min(1).max(3000).optional(),
  token: z.string().min(1).max(3000).optional(),
  resume: z
    .array(z.object({ stream: streamNameSchema, position: claimedPositionSchema }))
    .max(MAX_RESUME_STREAMS)
    .default([]),
})

export type Hello = z.infer<typeof helloSchema>
