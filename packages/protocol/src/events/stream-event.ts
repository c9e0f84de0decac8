import { z } from 'zod'

import { threadEventSchema } from './thread-event.ts'
import { userEventSchema } from './user-event.ts'

/** Any event of any stream. */
export const streamEventSchema = z.union([threadEventSchema, userEventSchema])

export type StreamEvent = z.infer<typeof streamEventSchema>

/** An event of a later version: its `seq` counts, its content is ignored. */
export interface UnknownEvent {
  type: 'unknown'
  /** The type as it came. */
  of: string
}

export type ReceivedEvent = StreamEvent | UnknownEvent
