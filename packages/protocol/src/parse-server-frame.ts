import { z } from 'zod'

import { threadEventSchema } from './events/thread-event.ts'
import { userEventSchema } from './events/user-event.ts'
import { eventFrameSchema } from './frames/event.ts'
import type { ServerMessage } from './frames/server-message.ts'
import { SERVER_MESSAGE_TYPES, serverMessageSchema } from './frames/server-message.ts'
import { threadSnapshotSchema, userSnapshotSchema } from './frames/snapshot.ts'
import { isRecord, parseJson } from './json-shape.ts'

export type ParsedServerFrame =
  | {
      ok: true
      /** In the order of the frame. */
      messages: ServerMessage[]
      /** Types of messages that this version does not know; they are ignored. */
      ignored: string[]
    }
  | { ok: false; message: string }

/** An event's frame before anything is known about its event. */
const envelopeSchema = eventFrameSchema.extend({ event: z.looseObject({ type: z.string() }) })

type Parsed = { message: ServerMessage } | { ignored: string } | { problem: string }

const KNOWN_EVENTS = new Set<string>(
  [...threadEventSchema.options, ...userEventSchema.options].map(
    (option) => option.shape.type.value,
  ),
)

const isKnownType = (type: string): boolean =>
  (SERVER_MESSAGE_TYPES as readonly string[]).includes(type)

const isUserStream = (stream: unknown): boolean =>
  typeof stream === 'string' && stream.startsWith('user:')

/** The stream decides the schema, so that an error names the field and not a whole union. */
function parseOne(value: unknown): Parsed {
  if (!isRecord(value) || typeof value.type !== 'string') {
    return { problem: 'a message is a JSON object with a "type"' }
  }
  if (!isKnownType(value.type)) return { ignored: value.type }
  if (value.type === 'event') return parseEvent(value)
  if (value.type === 'snapshot') return parseSnapshot(value)
  const parsed = serverMessageSchema.safeParse(value)
  if (!parsed.success) return { problem: `${value.type}: ${parsed.error.message}` }
  return { message: parsed.data }
}

function parseEvent(value: Record<string, unknown>): Parsed {
  const frame = envelopeSchema.safeParse(value)
  if (!frame.success) return { problem: `event: ${frame.error.message}` }
  const { event } = frame.data
  if (!KNOWN_EVENTS.has(event.type)) {
    return { message: { ...frame.data, event: { type: 'unknown', of: event.type } } }
  }
  const schema = isUserStream(frame.data.stream) ? userEventSchema : threadEventSchema
  const parsed = schema.safeParse(event)
  if (!parsed.success) return { problem: `event ${event.type}: ${parsed.error.message}` }
  return { message: { ...frame.data, event: parsed.data } }
}

function parseSnapshot(value: Record<string, unknown>): Parsed {
  const schema = isUserStream(value.stream) ? userSnapshotSchema : threadSnapshotSchema
  const parsed = schema.safeParse(value)
  if (!parsed.success) return { problem: `snapshot: ${parsed.error.message}` }
  return { message: parsed.data }
}

/**
 * Reads one frame of a server: one message, or several as an array. Messages and events of a later
 * version are not errors; they come back as `ignored` and as events of type `unknown`.
 */
export function parseServerFrame(text: string): ParsedServerFrame {
  const value = parseJson(text)
  if (value === undefined) return { ok: false, message: 'the frame is no JSON' }
  const messages: ServerMessage[] = []
  const ignored: string[] = []
  for (const item of Array.isArray(value) ? value : [value]) {
    const parsed = parseOne(item)
    if ('problem' in parsed) return { ok: false, message: parsed.problem }
    if ('ignored' in parsed) ignored.push(parsed.ignored)
    else messages.push(parsed.message)
  }
  return { ok: true, messages, ignored }
}
