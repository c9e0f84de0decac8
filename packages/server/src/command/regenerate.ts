import { asId, type MessageId, type UserId } from '../platform/ids.ts'
import { acceptRun, alreadyAccepted, payloadHash, wishOf, type Accepted } from './accept.ts'
import { notFound, refuse, withheld, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'

export interface Regenerate {
  client_message_id: string
  thread_id: string
  /** The user's message to answer again; the earlier answer stays beside the new one. */
  message_id: string
  agent?: string | null | undefined
  model?: string | null | undefined
  /** W3C Trace Context of the click. */
  traceparent?: string | undefined
}

export async function regenerate(
  parts: CommandParts,
  userId: UserId,
  message: Regenerate,
): Promise<Outcome<Accepted>> {
  const wish = wishOf(userId, message)
  const hash = payloadHash([
    'regenerate',
    message.thread_id,
    message.message_id,
    wish.agent,
    wish.model,
  ])
  const before = await alreadyAccepted(parts, wish, hash)
  if (before) return before
  const closed = parts.mode?.writing()
  if (closed) return withheld(closed)
  const wait = parts.messageRate.take(userId)
  if (wait > 0) return refuse('rate_limited', 'Too many messages; wait a moment.', 'after', wait)
  const thread = await parts.access.thread(userId, message.thread_id)
  if (!thread) return notFound('thread or message')
  const question = await parts.journal.db
    .selectFrom('message')
    .select('id')
    .where('id', '=', asId<MessageId>(message.message_id))
    .where('thread_id', '=', thread.id)
    .where('role', '=', 'user')
    .executeTakeFirst()
  if (!question) return notFound('thread or message')
  return acceptRun(parts, {
    ...wish,
    hash,
    threadId: thread.id,
    parentMessageId: question.id,
    before: {
      rows: [],
      expect: [parts.access.expectThread(userId, thread.id)],
      threadEvents: () => [],
      userEvents: () => [],
    },
  })
}
