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

const STREAM = /^(?:thread|user):[^]{1,128}$/
const POSITION = /^[^:\s]{1,64}:(?:0|[1-9]\d{0,15})$/

/**
 * An acknowledgement as clients write it, read without the schema, which costs a server of many
 * readers a twentieth of its time. Undefined: let the schema judge. It never takes what the schema
 * refuses.
 */
export function plainAck(value: Record<string, unknown>): Ack | undefined {
  const { type, positions, bytes } = value
  if (type !== 'ack' || !Number.isSafeInteger(bytes) || (bytes as number) < 0) return undefined
  if (typeof positions !== 'object' || positions === null || Array.isArray(positions)) {
    return undefined
  }
  for (const [stream, position] of Object.entries(positions)) {
    if (!STREAM.test(stream) || typeof position !== 'string' || !POSITION.test(position)) {
      return undefined
    }
  }
  return { type, positions, bytes: bytes as number }
}
