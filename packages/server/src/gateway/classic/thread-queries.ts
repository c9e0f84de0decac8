import { threadStream } from '../../hub/hub.ts'
import { asId, type ThreadId } from '../../platform/ids.ts'
import {
  createSchema,
  historySchema,
  listSchema,
  renameSchema,
  switchSchema,
  threadSchema,
} from './classic-message.ts'
import { absent, follow, isTooFast, read, refuse, type Exchange } from './exchange.ts'
import { eventIdOf, positionIn } from './followed-thread.ts'
import { historyMessage } from './loaded-thread.ts'

export async function listThreads(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const page = read(exchange, listSchema)
  if (!page || isTooFast(exchange)) return
  const threads = await connection.parts.threads.list(identity.userId, {
    ...page,
    search: '',
    archived: false,
  })
  connection.answer('thread_list', message, { threads, ...page })
}

export async function showHistory(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const page = read(exchange, historySchema)
  if (!page || isTooFast(exchange)) return
  const { threads } = connection.parts
  const { userId } = identity
  const newest = async () =>
    (await threads.list(userId, { limit: 1, offset: 0, search: '', archived: false }))[0]?.id
  const threadId = page.thread_id ?? connection.thread ?? (await newest())
  if (threadId === undefined) return refuse(exchange, absent('thread'))
  const found = await threads.messages(userId, threadId, {
    limit: page.limit,
    ...(page.before != null && { before: page.before }),
  })
  if (!found) return refuse(exchange, absent('thread'))
  connection.answer('thread_history', message, {
    thread_id: threadId,
    messages: found.messages.map(historyMessage),
    before: found.before,
  })
}

export async function createThread(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, createSchema)
  if (!wish || isTooFast(exchange)) return
  const { commands, threads } = connection.parts
  const outcome = await commands.createThread(identity.userId, wish)
  if (!outcome.ok) return refuse(exchange, outcome)
  const threadId = asId<ThreadId>(outcome.answer.thread_id)
  const thread = await threads.find(identity.userId, threadId)
  if (!thread) return refuse(exchange, absent('thread'))
  connection.thread = threadId
  await follow(exchange, threadId, { position: null }, (head) =>
    connection.answer('thread_created', message, {
      thread_id: threadId,
      title: thread.title,
      created_at: thread.created_at,
      last_event_id: eventIdOf(threadStream(threadId), head),
    }),
  )
}

/** With the last event that the client has, what came after it comes first, as on any resume. */
export async function switchThread(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, switchSchema)
  if (!wish || isTooFast(exchange)) return
  const row = await connection.parts.access.thread(identity.userId, wish.thread_id)
  if (!row) return refuse(exchange, absent('thread'))
  const stream = threadStream(row.id)
  const { last_event_id: last } = wish
  const claimed = typeof last === 'string' ? positionIn(stream, last) : null
  const from =
    last === undefined
      ? { position: await connection.parts.headOf(stream) }
      : { position: claimed, claimed: claimed !== null && claimed !== '' }
  connection.thread = row.id
  await follow(exchange, row.id, from, (head) =>
    connection.answer('thread_switched', message, {
      thread_id: row.id,
      title: row.title,
      message_count: row.message_count,
      last_event_id: eventIdOf(stream, head),
    }),
  )
}

export async function renameThread(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, renameSchema)
  if (!wish || isTooFast(exchange)) return
  const { title, thread_id } = wish
  const outcome = await connection.parts.commands.updateThread(identity.userId, thread_id, {
    title,
  })
  if (!outcome.ok) return refuse(exchange, outcome)
  connection.answer('thread_renamed', message, { thread_id, title })
}

export async function removeThread(exchange: Exchange): Promise<void> {
  const { connection, identity, message } = exchange
  const wish = read(exchange, threadSchema)
  if (!wish || isTooFast(exchange)) return
  const { thread_id } = wish
  const outcome = await connection.parts.commands.deleteThread(identity.userId, thread_id)
  if (!outcome.ok) return refuse(exchange, outcome)
  if (connection.thread === thread_id) connection.thread = undefined
  connection.answer('thread_deleted', message, { thread_id })
}
