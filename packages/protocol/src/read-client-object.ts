import { hasPrototypeKey, isRecord, jsonDepth, parseJson, utf8Length } from './json-shape.ts'
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH } from './limits.ts'

/** Why a client's frame was refused. `id` is the message's own, so that the error can name it. */
export interface RefusedFrame {
  ok: false
  code: 'malformed' | 'unknown_type' | 'too_large'
  message: string
  id: string | null
}

export type ReadClientObject = { ok: true; value: Record<string, unknown> } | RefusedFrame

export const refuseFrame = (
  code: RefusedFrame['code'],
  message: string,
  id: string | null = null,
): RefusedFrame => ({ ok: false, code, message, id })

/** The message's own id, where it has one that can be repeated. */
export const idOf = ({ id }: Record<string, unknown>): string | null =>
  typeof id === 'string' && id.length > 0 && id.length <= 128 ? id : null

/**
 * The one JSON object of a client's frame, whatever codec it is of: bounded in size and depth, and
 * without a key that could reach a prototype. Never throws.
 */
export function readClientObject(
  text: string,
  limits: { maxBytes?: number } = {},
): ReadClientObject {
  const maxBytes = limits.maxBytes ?? MAX_CLIENT_FRAME_BYTES
  if (text.length > maxBytes || utf8Length(text) > maxBytes) {
    return refuseFrame('too_large', `a frame may have ${maxBytes} bytes`)
  }
  if (jsonDepth(text) > MAX_JSON_DEPTH) {
    return refuseFrame('malformed', `nested deeper than ${MAX_JSON_DEPTH} levels`)
  }
  const value = parseJson(text)
  if (!isRecord(value)) return refuseFrame('malformed', 'a frame is one JSON object with a "type"')
  if (hasPrototypeKey(value)) {
    const message = 'a key named __proto__, constructor or prototype is not allowed'
    return refuseFrame('malformed', message, idOf(value))
  }
  return { ok: true, value }
}
