import { sql } from 'kysely'

import type { Journal, MessageRow, ThreadRow } from '../journal/journal.ts'
import { asId, type MessageId, type ThreadId, type UserId } from '../platform/ids.ts'

/** A thread as its owner sees it. */
export interface ShownThread {
  id: string
  object: 'thread'
  title: string
  created_at: string
  updated_at: string
  metadata: Record<string, unknown>
  message_count: number
  archived: boolean
  /** Where a search found it, when it was not the title. */
  snippet?: string
}

export interface ShownMessage {
  id: string
  object: 'thread.message'
  thread_id: string
  role: 'user' | 'assistant'
  content: { type: 'text'; text: string }[]
  text: string
  attachments: { file_id: string; name: string; media_type: string; bytes: number }[]
  parent_message_id: string | null
  run_id: string | null
  agent: string | null
  /** The tool calls behind an assistant's message, oldest first. */
  tools: unknown[]
  created_at: string
}

/** What a user may read of threads and messages; everything is asked with the user's id. */
export interface Threads {
  /** Newest activity first; `search` looks at titles and texts, without regard to case. */
  list(
    userId: UserId,
    page: { limit: number; offset: number; search: string; archived: boolean },
  ): Promise<ShownThread[]>
  find(userId: UserId, threadId: string): Promise<ShownThread | undefined>
  /** Oldest first; `before` is the message that the page ends in front of. Undefined: no such thread. */
  messages(
    userId: UserId,
    threadId: string,
    page: { limit: number; before?: string },
  ): Promise<{ messages: ShownMessage[]; before: string | null } | undefined>
  allMessages(userId: UserId, threadId: string): Promise<ShownMessage[]>
  /** As `allMessages`, a page at a time: for what must not hold a whole conversation at once. */
  pages(userId: UserId, threadId: string, limit: number): AsyncGenerator<ShownMessage[]>
  /** From the first thing the user said; undefined: no such thread. */
  suggestTitle(userId: UserId, threadId: string): Promise<string | undefined>
}

export function createThreads({ db }: Pick<Journal, 'db'>): Threads {
  const messagesOf = (userId: UserId, threadId: string) =>
    db
      .selectFrom('message')
      .leftJoin('run', 'run.id', 'message.run_id')
      .selectAll('message')
      .select('run.agent')
      .where('message.thread_id', '=', asId<ThreadId>(threadId))
      .where('message.user_id', '=', userId)

  const threads: Threads = {
    async list(userId, page) {
      let query = db
        .selectFrom('thread')
        .selectAll()
        .where('user_id', '=', userId)
        .where('archived', '=', page.archived ? 1 : 0)
      const pattern = likePattern(page.search)
      if (page.search !== '') {
        query = query.where((eb) =>
          eb.or([
            eb(sql<string>`lower(title)`, 'like', sql<string>`${pattern} escape '\\'`),
            eb(
              'id',
              'in',
              eb
                .selectFrom('message')
                .select('thread_id')
                .where('user_id', '=', userId)
                .where('search_text', 'like', sql<string>`${pattern} escape '\\'`),
            ),
          ]),
        )
      }
      const rows = await query
        .orderBy('updated_at', 'desc')
        .orderBy('id', 'desc')
        .limit(page.limit)
        .offset(page.offset)
        .execute()
      if (page.search === '') return rows.map(shownThread)
      return Promise.all(
        rows.map(async (row) => {
          const hit = await messagesOf(userId, row.id)
            .where('message.search_text', 'like', sql<string>`${pattern} escape '\\'`)
            .orderBy('message.id')
            .limit(1)
            .executeTakeFirst()
          return { ...shownThread(row), ...(hit && { snippet: snippetOf(hit.text, page.search) }) }
        }),
      )
    },
    async find(userId, threadId) {
      const row = await db
        .selectFrom('thread')
        .selectAll()
        .where('id', '=', asId<ThreadId>(threadId))
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row && shownThread(row)
    },
    async messages(userId, threadId, page) {
      if (!(await threads.find(userId, threadId))) return undefined
      let query = messagesOf(userId, threadId)
      if (page.before !== undefined) {
        query = query.where('message.id', '<', asId<MessageId>(page.before))
      }
      const rows = await query
        .orderBy('message.id', 'desc')
        .limit(page.limit + 1)
        .execute()
      const shown = rows.slice(0, page.limit).toReversed().map(shownMessage)
      return { messages: shown, before: rows.length > page.limit ? (shown[0]?.id ?? null) : null }
    },
    async allMessages(userId, threadId) {
      const rows = await messagesOf(userId, threadId).orderBy('message.id').execute()
      return rows.map(shownMessage)
    },
    async *pages(userId, threadId, limit) {
      for (let after = asId<MessageId>(''); ;) {
        const rows = await messagesOf(userId, threadId)
          .where('message.id', '>', after)
          .orderBy('message.id')
          .limit(limit)
          .execute()
        const last = rows.at(-1)
        if (!last) return
        yield rows.map(shownMessage)
        after = last.id
      }
    },
    async suggestTitle(userId, threadId) {
      const thread = await threads.find(userId, threadId)
      if (!thread) return undefined
      const first = await messagesOf(userId, threadId)
        .where('message.role', '=', 'user')
        .orderBy('message.id')
        .limit(1)
        .executeTakeFirst()
      const text = first?.text.replaceAll(/\s+/g, ' ').trim() ?? ''
      return text === '' ? thread.title : text.slice(0, 60).toWellFormed()
    },
  }
  return threads
}

const likePattern = (search: string): string =>
  `%${search.toLowerCase().replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`

const AROUND = 60

function snippetOf(text: string, search: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  const at = line.toLowerCase().indexOf(search.toLowerCase().replaceAll(/\s+/g, ' '))
  const from = Math.max(0, at - AROUND)
  const to = Math.min(line.length, at + search.length + AROUND)
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`
}

const shownThread = (row: ThreadRow): ShownThread => ({
  id: row.id,
  object: 'thread',
  title: row.title,
  created_at: row.created_at,
  updated_at: row.updated_at,
  metadata: JSON.parse(row.metadata) as Record<string, unknown>,
  message_count: row.message_count,
  archived: row.archived === 1,
})

const shownMessage = (row: MessageRow & { agent: string | null }): ShownMessage => ({
  id: row.id,
  object: 'thread.message',
  thread_id: row.thread_id,
  role: row.role,
  content: [{ type: 'text', text: row.text }],
  text: row.text,
  attachments: JSON.parse(row.attachments) as ShownMessage['attachments'],
  parent_message_id: row.parent_id,
  run_id: row.run_id,
  agent: row.agent,
  tools: JSON.parse(row.tools) as unknown[],
  created_at: row.created_at,
})
