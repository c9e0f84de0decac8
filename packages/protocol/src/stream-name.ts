import { z } from 'zod'

/** `thread:<id>`: all of one conversation. `user:<id>`: what a person's devices share. */
export const streamNameSchema = z.templateLiteral([
  z.enum(['thread', 'user']),
  ':',
  z.string().min(1).max(128),
])

export type StreamName = z.infer<typeof streamNameSchema>

export const threadStream = (threadId: string): StreamName => `thread:${threadId}`
export const userStream = (userId: string): StreamName => `user:${userId}`

export type ParsedStreamName = { kind: 'thread' | 'user'; id: string }

/** Splits a stream name at its first colon: ids may hold colons. Undefined for anything else. */
export function parseStreamName(text: string): ParsedStreamName | undefined {
  const parsed = streamNameSchema.safeParse(text)
  if (!parsed.success) return undefined
  const colon = text.indexOf(':')
  return { kind: text.startsWith('thread:') ? 'thread' : 'user', id: text.slice(colon + 1) }
}
