import type { z } from 'zod'

import { plainAck } from './commands/ack.ts'
import type { ClientMessage } from './commands/client-message.ts'
import { CLIENT_MESSAGE_TYPES, clientMessageSchema } from './commands/client-message.ts'
import { idOf, readClientObject, refuseFrame, type RefusedFrame } from './read-client-object.ts'

export type ParsedClientFrame = { ok: true; message: ClientMessage } | RefusedFrame

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
  const read = readClientObject(text, limits)
  if (!read.ok) return read
  const { value } = read
  const id = idOf(value)
  if (typeof value.type !== 'string') return refuseFrame('malformed', 'the "type" is missing', id)
  if (!isKnownType(value.type)) {
    return refuseFrame('unknown_type', `"type" is none of: ${CLIENT_MESSAGE_TYPES.join(', ')}`, id)
  }
  const ack = plainAck(value)
  if (ack) return { ok: true, message: ack }
  const parsed = clientMessageSchema.safeParse(value)
  if (!parsed.success) return refuseFrame('malformed', describe(parsed.error), id)
  return { ok: true, message: parsed.data }
}
