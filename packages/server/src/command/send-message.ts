import { makeEvent, type EventContext } from '../journal/journal.ts'
import { isoTime } from '../platform/clock.ts'
import { asId, newId, type MessageId, type ThreadId, type UserId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { acceptRun, alreadyAccepted, payloadHash, wishOf, type Accepted } from './accept.ts'
import { notFound, refuse, withheld, type Outcome } from './outcome.ts'
import type { CommandParts } from './parts.ts'
import { newThreadRow, titleFrom } from './thread-row.ts'

export interface SendMessage {
  client_message_id: string
  thread_id: string | null
  content: { type: 'text'; text: string }[]
  attachments?: { file_id: string }[] | undefined
  agent?: string | null | undefined
  model?: string | null | undefined
  /** The message this one follows; absent: the thread's newest. */
  parent_message_id?: string | null | undefined
  /** W3C Trace Context of the click. */
  traceparent?: string | undefined
}

interface Attached {
  file_id: string
  name: string
  media_type: string
  bytes: number
}

export async function sendMessage(
  parts: CommandParts,
  userId: UserId,
  message: SendMessage,
): Promise<Outcome<Accepted>> {
  const wish = wishOf(userId, message)
  const hash = payloadHash([
    message.thread_id,
    message.content,
    message.attachments ?? [],
    wish.agent,
    wish.model,
    // Null is the start of the thread, absent its newest message: not the same wish.
    message.parent_message_id === null ? ['start'] : (message.parent_message_id ?? null),
  ])
  const before = await alreadyAccepted(parts, wish, hash)
  if (before) return before
  const closed = parts.mode?.writing()
  if (closed) return withheld(closed)
  const wait = parts.messageRate.take(userId)
  if (wait > 0) return refuse('rate_limited', 'Too many messages; wait a moment.', 'after', wait)

  const text = message.content.map((part) => part.text).join('\n')
  const attachments = await attached(parts, userId, message.attachments ?? [])
  if (!attachments) return notFound('file')
  if (text.trim() === '' && attachments.length === 0) {
    return refuse('malformed', 'The message is empty: write something or attach a file.')
  }
  const place = await placeOf(parts, userId, message)
  if (!place) return notFound('thread or message')

  const messageId = newId<MessageId>()
  const title = titleFrom(text || attachments.map((file) => file.name).join(', '))
  return acceptRun(parts, {
    ...wish,
    hash,
    threadId: place.threadId,
    parentMessageId: messageId,
    before: {
      rows: messageRows(parts, { userId, place, messageId, text, attachments, title }),
      expect: place.isNew ? [] : [parts.access.expectThread(userId, place.threadId)],
      threadEvents: (context) => [
        makeEvent(parts.clock, 'message_added', context, {
          message_id: messageId,
          role: 'user',
          content: message.content,
          attachments,
          parent_message_id: place.parentId,
        }),
      ],
      userEvents: (context) => listEvents(parts, context, place, title),
    },
  })
}

interface Place {
  threadId: ThreadId
  parentId: MessageId | null
  isNew: boolean
  titled: boolean
}

/** Undefined when the thread, or the message to follow in it, is not there for this user. */
async function placeOf(
  { access, journal }: CommandParts,
  userId: UserId,
  message: SendMessage,
): Promise<Place | undefined> {
  if (message.thread_id === null) {
    if (message.parent_message_id) return undefined
    return { threadId: newId<ThreadId>(), parentId: null, isNew: true, titled: false }
  }
  const thread = await access.thread(userId, message.thread_id)
  if (!thread) return undefined
  const place = {
    threadId: thread.id,
    isNew: false,
    titled: thread.message_count > 0 || thread.titled === 1,
  }
  if (message.parent_message_id === null) return { ...place, parentId: null }
  const messages = journal.db.selectFrom('message').select('id').where('thread_id', '=', thread.id)
  if (message.parent_message_id === undefined) {
    const newest = await messages.orderBy('id', 'desc').limit(1).executeTakeFirst()
    return { ...place, parentId: newest?.id ?? null }
  }
  const wanted = asId<MessageId>(message.parent_message_id)
  const parent = await messages.where('id', '=', wanted).executeTakeFirst()
  return parent && { ...place, parentId: parent.id }
}

async function attached(
  { files }: CommandParts,
  userId: UserId,
  wanted: readonly { file_id: string }[],
): Promise<Attached[] | undefined> {
  const found = await Promise.all(wanted.map((file) => files.find(userId, file.file_id)))
  const present = found.filter((file) => file !== undefined)
  if (present.length < wanted.length) return undefined
  return present.map((file) => ({
    file_id: file.fileId,
    name: file.name,
    media_type: file.mediaType,
    bytes: file.bytes,
  }))
}

function messageRows(
  { journal, clock }: CommandParts,
  message: {
    userId: UserId
    place: Place
    messageId: MessageId
    text: string
    attachments: Attached[]
    title: string
  },
): Statement[] {
  const { db } = journal
  const { place, userId } = message
  const at = isoTime(clock)
  const count = { message_count: 1, updated_at: at }
  return [
    place.isNew
      ? db
          .insertInto('thread')
          .values({
            ...newThreadRow(clock, { id: place.threadId, userId, title: message.title }),
            ...count,
          })
          .compile()
      : db
          .updateTable('thread')
          .set((eb) => ({
            message_count: eb('message_count', '+', 1),
            updated_at: at,
            ...(!place.titled && { title: message.title }),
          }))
          .where('id', '=', place.threadId)
          .compile(),
    db
      .insertInto('message')
      .values({
        id: message.messageId,
        thread_id: place.threadId,
        user_id: userId,
        run_id: null,
        parent_id: place.parentId,
        role: 'user',
        text: message.text,
        search_text: message.text.toLowerCase(),
        attachments: JSON.stringify(message.attachments),
        created_at: at,
      })
      .compile(),
  ]
}

/** What the user's other devices learn: a new thread, or a thread that got its first title. */
function listEvents({ clock }: CommandParts, context: EventContext, place: Place, title: string) {
  if (place.isNew)
    return [makeEvent(clock, 'thread_created', { ...context, run_id: null }, { title })]
  if (!place.titled)
    return [makeEvent(clock, 'thread_updated', { ...context, run_id: null }, { title })]
  return []
}
