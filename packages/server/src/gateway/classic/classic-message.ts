import { readClientObject } from '@netra/protocol'
import { z } from 'zod'

const id = z.string().min(1).max(128)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields by the names they have here, each from the first of the names that clients have used. */
const renamed =
  (names: Record<string, readonly string[]>) =>
  (fields: unknown): unknown => {
    if (!isRecord(fields)) return fields
    const found = Object.entries(names).map(([name, aliases]) => {
      const used = aliases.find((alias) => fields[alias] !== undefined)
      return [name, used === undefined ? undefined : fields[used]]
    })
    return { ...fields, ...(Object.fromEntries(found) as Record<string, unknown>) }
  }

const title = z.string().max(200)
const titleNames = renamed({ title: ['title', 'name', 'new_name'] })
const limit = z.coerce.number().int().min(1).max(200).default(50)

/** What starts a run. */
export const wishSchema = z.preprocess(
  renamed({
    content: ['content', 'user_request', 'text', 'message', 'query'],
    client_message_id: ['client_message_id', 'message_id'],
    agent: ['agent', 'agent_type', 'agent_name'],
  }),
  z.object({
    content: z
      .string()
      .max(60_000)
      .refine((text) => text.trim() !== '', 'the message is empty'),
    client_message_id: id.optional(),
    thread_id: id.nullable().optional(),
    attachments: z
      .array(z.object({ file_id: id }))
      .max(32)
      .optional(),
    agent: id.nullable().optional(),
    model: z.string().min(1).max(256).nullable().optional(),
    traceparent: z.string().max(256).optional().catch(undefined),
  }),
)

export const stopSchema = z.object({ run_id: id.optional(), thread_id: id.optional() })
export const listSchema = z.object({ limit, offset: z.coerce.number().int().min(0).default(0) })
export const historySchema = z.object({
  thread_id: id.optional(),
  limit,
  before: id.nullable().optional(),
})
export const switchSchema = z.object({
  thread_id: id,
  /** `event_id` of the last event that the client has; null: from the thread's beginning. */
  last_event_id: z.string().max(400).nullable().optional(),
})
export const createSchema = z.preprocess(titleNames, z.object({ title: title.optional() }))
export const renameSchema = z.preprocess(titleNames, z.object({ thread_id: id, title }))
export const threadSchema = z.object({ thread_id: id })
export const tokenSchema = z.preprocess(
  renamed({ token: ['token', 'access_token'] }),
  z.object({ token: z.string().min(1).max(4096) }),
)

/** One message of a classic client: its payload's fields, and those beside it, as one record. */
export interface ClassicMessage {
  type: string
  fields: Record<string, unknown>
  /** Repeated in every answer to it; null when it brought none. */
  replyTo: string | null
}

export type ParsedClassic =
  | { ok: true; message: ClassicMessage }
  | { ok: false; code: 'INVALID_JSON' | 'MISSING_TYPE' | 'MESSAGE_TOO_LARGE'; message: string }

const REPLY_NAMES = ['request_id', 'client_message_id', 'message_id', 'id']

/** Reads one frame of a classic client; never throws. */
export function parseClassicFrame(frame: string): ParsedClassic {
  const read = readClientObject(frame)
  if (!read.ok) {
    const code = read.code === 'too_large' ? 'MESSAGE_TOO_LARGE' : 'INVALID_JSON'
    return { ok: false, code, message: `The frame cannot be used: ${read.message}.` }
  }
  const { type, payload, data, ...beside } = read.value
  if (typeof type !== 'string' || type === '') {
    return { ok: false, code: 'MISSING_TYPE', message: 'The message has no "type".' }
  }
  const inner = isRecord(payload) ? payload : isRecord(data) ? data : {}
  const fields = { ...beside, ...inner }
  const names = REPLY_NAMES.map((name) => fields[name])
  const replyTo = names.find((name) => typeof name === 'string' && name.length <= 128)
  return {
    ok: true,
    message: {
      type: type.slice(0, 128),
      fields,
      replyTo: typeof replyTo === 'string' ? replyTo : null,
    },
  }
}

/** What clients may ask; anything else is answered with `ack`. */
export const CLASSIC_CLIENT_TYPES = [
  'user_message',
  'chat_message',
  'start_agent',
  'stop_agent',
  'list_threads',
  'get_threads',
  'get_thread_history',
  'create_thread',
  'switch_thread',
  'rename_thread',
  'delete_thread',
  'authenticate',
  'refresh_token',
  'ping',
  'pong',
  'heartbeat',
  'heartbeat_ack',
] as const

export type ClassicType = (typeof CLASSIC_CLIENT_TYPES)[number]

export const isClassicType = (type: string): type is ClassicType =>
  (CLASSIC_CLIENT_TYPES as readonly string[]).includes(type)
