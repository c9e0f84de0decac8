import { z } from 'zod'

import { isoTimeSchema } from '../content.ts'
import { connectionIdSchema, userIdSchema } from '../ids.ts'
import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

export const heartbeatSettingsSchema = z.object({
  interval_ms: z.int().min(1),
  timeout_ms: z.int().min(1),
})

/** What this server allows on a socket; a client that keeps to it is never refused for size. */
export const limitsSchema = z.object({
  max_frame_bytes: z.int().min(1),
  window_bytes: z.int().min(1),
  window_events: z.int().min(1),
})

export const resumedStreamSchema = z.object({
  stream: streamNameSchema,
  /** What follows: the events since the position, a snapshot, or nothing (not there, or not yours). */
  status: z.enum(['replay', 'snapshot', 'not_found']),
  head: positionSchema.nullable(),
})

/** The answer to `hello`. */
export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  connection_id: connectionIdSchema,
  node: z.string(),
  user_id: userIdSchema,
  /** When the credentials of this socket expire. */
  expires_at: isoTimeSchema,
  now: isoTimeSchema,
  heartbeat: heartbeatSettingsSchema,
  limits: limitsSchema,
  streams: z.array(resumedStreamSchema),
})

export type Welcome = z.infer<typeof welcomeSchema>
export type SocketLimits = z.infer<typeof limitsSchema>
