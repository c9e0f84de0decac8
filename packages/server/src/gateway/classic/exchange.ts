import type { z } from 'zod'

import type { Refusal } from '../../command/command.ts'
import { threadStream } from '../../hub/hub.ts'
import { hasScope, type Identity } from '../../identity/identity.ts'
import type { ThreadId } from '../../platform/ids.ts'
import { noteLimit, tooFast } from '../carry-out.ts'
import { fromRefusal } from '../http/http-error.ts'
import type { ClassicConnection } from './classic-connection.ts'
import type { ClassicMessage } from './classic-message.ts'

/** One message and who sent it over what. */
export interface Exchange {
  connection: ClassicConnection
  identity: Identity
  message: ClassicMessage
}

/** The message's fields as its schema says, or undefined when it was refused. */
export function read<Schema extends z.ZodType>(
  { connection, message }: Exchange,
  schema: Schema,
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(message.fields)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const place = first?.path.join('.') ?? ''
  connection.refuse({
    code: 'VALIDATION_ERROR',
    message: `${place === '' ? '' : `${place}: `}${first?.message ?? 'not valid'}`,
    isBad: true,
    about: message,
  })
  return undefined
}

export function refuse({ connection, identity, message }: Exchange, refusal: Refusal): void {
  noteLimit(connection.parts.metrics, refusal.code, identity.userId)
  connection.refuse({
    code: fromRefusal(refusal).code,
    message: refusal.message,
    isBad: refusal.code === 'not_found' || refusal.code === 'malformed',
    about: message,
    retryAfterMs: refusal.afterMs,
  })
}

export const absent = (what: string): Refusal => ({
  ok: false,
  code: 'not_found',
  message: `There is no such ${what}.`,
  retry: 'no',
})

/** Commands that cost the store something, beside messages, which have a limit of their own. */
export function isTooFast(exchange: Exchange): boolean {
  const { connection, identity, message } = exchange
  const refusal = tooFast(connection.parts.commandRate, identity.userId, message.replyTo)
  if (refusal?.type !== 'error') return false
  connection.refuse({
    code: 'RATE_LIMITED',
    message: refusal.message,
    isBad: false,
    about: message,
    retryAfterMs: refusal.after_ms,
  })
  return true
}

/**
 * Its events come after `before`, unless the caller may not read them; told when there is no room for
 * one more thread.
 */
export async function follow(
  exchange: Exchange,
  threadId: ThreadId,
  from: { position: string | null; claimed?: boolean },
  before: (head: string) => void,
): Promise<void> {
  const { connection, identity, message } = exchange
  if (!hasScope(identity, 'chat:read')) {
    return before(await connection.parts.headOf(threadStream(threadId)))
  }
  if (await connection.followed.follow(identity.userId, threadId, from, before)) return
  connection.refuse({
    code: 'SERVICE_UNAVAILABLE',
    message: 'Too many threads of this socket have a run under way: use another socket.',
    isBad: false,
    about: message,
  })
}
