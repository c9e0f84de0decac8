import { z } from 'zod'

import type { ReceivedEvent } from '../events/stream-event.ts'
import { streamEventSchema } from '../events/stream-event.ts'
import { streamNameSchema } from '../stream-name.ts'

/** One event of one stream. `seq` is contiguous from 1; a reader that sees a hole subscribes again. */
export const eventFrameSchema = z.object({
  type: z.literal('event'),
  stream: streamNameSchema,
  seq: z.int().min(1),
  event: streamEventSchema,
})

export type EventFrame = Omit<z.infer<typeof eventFrameSchema>, 'event'> & { event: ReceivedEvent }
