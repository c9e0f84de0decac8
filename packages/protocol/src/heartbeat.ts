import { z } from 'zod'

import { positionSchema } from './position.ts'
import { streamNameSchema } from './stream-name.ts'

const nonceSchema = z.string().min(1).max(64)

export const clientPingSchema = z.object({ type: z.literal('ping'), nonce: nonceSchema })

/** `heads` are the streams' heads at the ping before: a client still below one subscribes again. */
export const serverPingSchema = z.object({
  type: z.literal('ping'),
  nonce: nonceSchema,
  heads: z.partialRecord(streamNameSchema, positionSchema).default({}),
})

/** Either side's answer to a ping. */
export const pongSchema = z.object({ type: z.literal('pong'), nonce: nonceSchema })

export type ClientPing = z.infer<typeof clientPingSchema>
export type ServerPing = z.infer<typeof serverPingSchema>
export type Pong = z.infer<typeof pongSchema>
