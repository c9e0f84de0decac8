import type { z } from 'zod'

import { plainAck } from './commands/ack.ts'
import type { ClientMessage } from './commands/client-message.ts'
import { CLIENT_MESSAGE_TYPES, clientMessageSchema } from './commands/client-message.ts'
import { hasPrototypeKey, isRecord, jsonDepth, parseJson, utf8Length } from './json-shape.ts'
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH } from './limits.ts'

/** Why a client's frame was refused. `id` is the message's own, so that the error can name it. */
export interface RefusedFrame {
  ok: false
  code: 'malformed' | 'unknown_type' | 'too_large'
  message: string
  id: string | null
}

export type ParsedClientFrame = { ok: true; message: ClientMessage } | RefusedFrame

const refuse = (
  code: RefusedFrame['code'],
  message: string,
  id: string | null = null,
): RefusedFrame => ({ ok: false, code, message, id })

const idOf = (value: Record<string, unknown>): string | null => {
  const { id } = value
  return typeof id === 'string' && id.length > 0 && id.length <= 128 ? id : null
}

const isKnownType = (type: string): boolean =>
  (CLIENT_MESSAGE_TYPES as readonly string[]).includes(type)

/** The first problem, with its place: enough to mend the message, and it never repeats its values. */
function describe(error: z.core.$ZodError): string {
  const issue = error.issues[0]
  if (!issue) return 'the message does not fit its schema'
  const place = issue.path.map(String).join('.')
  return place === '' ? issue.message : `${place}: ${issue.message}`
}

/**
 * Reads one frame of a client. Never throws: whatever the text is, the answer is a message that fits
 * its schema or a refusal that says why.
 */
export function parseClientFrame(
  text: string,
  limits: { maxBytes?: number } = {},
): ParsedClientFrame {
  const maxBytes = limits.maxBytes ?? MAX_CLIENT_FRAME_BYTES
  if (text.length > maxBytes || utf8Length(text) > maxBytes) {
    return refuse('too_large', `a frame may have ${maxBytes} bytes`)
  }
  if (jsonDepth(text) > MAX_JSON_DEPTH) {
    return refuse('malformed', `nested deeper than ${MAX_JSON_DEPTH} levels`)
  }
  const value = parseJson(text)
  if (!isRecord(value)) return refuse('malformed', 'a frame is one JSON object with a "type"')
  const id = idOf(value)
  if (hasPrototypeKey(value)) {
    return refuse('malformed', 'a key named __proto__, constructor or prototype is not allowed', id)
  }
  if (typeof value.type !== 'string') return refuse('malformed', 'the "type" is missing', id)
  if (!isKnownType(value.type)) {
    return refuse('unknown_type', `"type" is none of: ${CLIENT_MESSAGE_TYPES.join(', ')}`, id)
  }
  const ack = plainAck(value)
  if (ack) return { ok: true, message: ack }
  const parsed = clientMessageSchema.safeParse(value)
  if (!parsed.success) return refuse('malformed', describe(parsed.error), id)
  return { ok: true, message: parsed.data }
}
