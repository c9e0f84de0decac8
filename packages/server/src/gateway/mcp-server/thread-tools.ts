import type { McpServer } from '@modelcontextprotocol/server'
import { ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server'
import { z } from 'zod'

import type { ShownThread } from '../../access/access.ts'
import { exportThread } from '../http/export.ts'
import type { GatewayParts } from '../parts.ts'
import type { Exchange } from './exchange.ts'
import { failed, told } from './run-tools.ts'

const READS = { readOnlyHint: true, openWorldHint: false }
const limit = z.int().min(1).max(200).default(20)
const threadLine = z.object({
  thread_id: z.string(),
  title: z.string(),
  messages: z.int(),
  updated_at: z.string(),
  archived: z.boolean(),
  snippet: z.string().nullable().describe('Where the words were found, when not in the title'),
})
const MOST_LISTED = 50
/** A conversation as one resource is cut here; read_thread has all of it, page by page. */
const MOST_MESSAGES = 200

/** What the caller has said and been told, to read: as tools and as resources. */
export function addThreadTools(server: McpServer, parts: GatewayParts, exchange: Exchange): void {
  const { threads, agents } = parts
  const { userId } = exchange.identity

  server.registerTool(
    'list_agents',
    {
      title: 'List agents',
      description: 'The agents that ask_agent can ask, with what each is for.',
      inputSchema: z.strictObject({}),
      outputSchema: z.object({ agents: z.array(z.record(z.string(), z.unknown())) }),
      annotations: READS,
    },
    async () => told({ agents: (await agents.list()) as Record<string, unknown>[] }),
  )

  const find = async (page: {
    limit: number
    offset: number
    search: string
    archived: boolean
  }) => {
    const found = await threads.list(userId, page)
    return told({ threads: found.map(lineOf) })
  }

  server.registerTool(
    'list_threads',
    {
      title: 'List conversations',
      description: 'The caller’s conversations, the one with the newest activity first.',
      inputSchema: z.strictObject({
        limit,
        offset: z.int().min(0).default(0),
        archived: z.boolean().default(false),
      }),
      outputSchema: z.object({ threads: z.array(threadLine) }),
      annotations: READS,
    },
    (input) => find({ ...input, search: '' }),
  )

  server.registerTool(
    'search_threads',
    {
      title: 'Search conversations',
      description: 'Conversations with these words in their title or in what was said.',
      inputSchema: z.strictObject({
        query: z.string().min(1).max(200),
        limit,
        archived: z.boolean().default(false),
      }),
      outputSchema: z.object({ threads: z.array(threadLine) }),
      annotations: READS,
    },
    ({ query, ...page }) => find({ ...page, offset: 0, search: query.trim() }),
  )

  server.registerTool(
    'read_thread',
    {
      title: 'Read a conversation',
      description:
        'The newest messages of a conversation, oldest of them first; `before` of the answer gets the ones before.',
      inputSchema: z.strictObject({
        thread_id: z.string().min(1).max(128),
        limit,
        before: z.string().min(1).max(128).optional(),
      }),
      outputSchema: z.object({
        thread_id: z.string(),
        title: z.string(),
        messages: z.array(
          z.object({
            message_id: z.string(),
            role: z.string(),
            agent: z.string().nullable(),
            text: z.string(),
            run_id: z.string().nullable(),
            created_at: z.string(),
          }),
        ),
        before: z.string().nullable(),
      }),
      annotations: READS,
    },
    async ({ thread_id, ...page }) => {
      const thread = await threads.find(userId, thread_id)
      const found = thread && (await threads.messages(userId, thread_id, pageOf(page)))
      if (!found) return failed('There is no such thread.')
      return told({
        thread_id,
        title: thread.title,
        messages: found.messages.map((message) => ({
          message_id: message.id,
          role: message.role,
          agent: message.agent,
          text: message.text,
          run_id: message.run_id,
          created_at: message.created_at,
        })),
        before: found.before,
      })
    },
  )

  server.registerResource(
    'thread',
    new ResourceTemplate('netra://threads/{thread_id}', {
      list: async () => {
        const page = { limit: MOST_LISTED, offset: 0, search: '', archived: false }
        return { resources: (await threads.list(userId, page)).map(resourceOf) }
      },
    }),
    { title: 'Conversation', description: 'A conversation as Markdown', mimeType: 'text/markdown' },
    async (uri, { thread_id }) => {
      const id = typeof thread_id === 'string' ? thread_id : ''
      const thread = await threads.find(userId, id)
      const found = thread && (await threads.messages(userId, id, { limit: MOST_MESSAGES }))
      if (!found) throw new ResourceNotFoundError(uri.href, 'There is no such thread.')
      const { text } = exportThread(thread, found.messages, 'markdown')
      return { contents: [{ uri: uri.href, mimeType: 'text/markdown', text }] }
    },
  )
}

const pageOf = ({ limit: count, before }: { limit: number; before?: string | undefined }) => ({
  limit: count,
  ...(before !== undefined && { before }),
})

const lineOf = (thread: ShownThread) => ({
  thread_id: thread.id,
  title: thread.title,
  messages: thread.message_count,
  updated_at: thread.updated_at,
  archived: thread.archived,
  snippet: thread.snippet ?? null,
})

const resourceOf = (thread: ShownThread) => ({
  uri: `netra://threads/${thread.id}`,
  name: thread.title,
  mimeType: 'text/markdown',
})
