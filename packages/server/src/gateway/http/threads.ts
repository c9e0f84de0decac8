import { z } from 'zod'

import type { UserId } from '../../platform/ids.ts'
import { exportThread } from './export.ts'
import { absent, fromRefusal, parse } from './http-error.ts'
import type { Http } from './http.ts'

export const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
  q: z.string().max(200).optional(),
  archived: z.enum(['true', 'false']).optional(),
})
const byId = z.object({ id: z.string().min(1).max(128) })
const MAX_METADATA_DEPTH = 16
const MAX_METADATA_CHARACTERS = 16_384

const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)))

const metadata = z
  .record(z.string(), z.unknown())
  .refine(
    (value) =>
      isShallow(value, MAX_METADATA_DEPTH) &&
      JSON.stringify(value).length <= MAX_METADATA_CHARACTERS,
    `is longer than ${MAX_METADATA_CHARACTERS} characters or nested deeper than ${MAX_METADATA_DEPTH} levels`,
  )
export const newThread = z.strictObject({
  title: z.string().max(200).optional(),
  metadata: metadata.optional(),
})
export const change = z.strictObject({
  title: z.string().max(200).optional(),
  archived: z.boolean().optional(),
  metadata: metadata.optional(),
})
export const exported = z.strictObject({ format: z.enum(['markdown', 'json']).default('markdown') })

export function addThreadRoutes({ app, parts, user }: Http): void {
  const { commands, threads } = parts

  const shown = async (userId: UserId, threadId: string) => {
    const thread = await threads.find(userId, threadId)
    if (!thread) throw absent('thread')
    return thread
  }

  app.get('/api/threads', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const query = parse(page, request.query)
    return threads.list(userId, {
      limit: query.limit,
      offset: query.offset,
      search: query.q?.trim() ?? '',
      archived: query.archived === 'true',
    })
  })

  app.post('/api/threads', async (request, reply) => {
    const { userId } = await user(request, 'chat:write')
    const body = parse(newThread, request.body)
    const outcome = await commands.createThread(userId, body)
    if (!outcome.ok) throw fromRefusal(outcome)
    if (body.metadata)
      await commands.updateThread(userId, outcome.answer.thread_id, {
        metadata: body.metadata,
      })
    return reply.status(201).send(await shown(userId, outcome.answer.thread_id))
  })

  app.get('/api/threads/:id', async (request) => {
    const { userId } = await user(request, 'chat:read')
    return shown(userId, parse(byId, request.params).id)
  })

  app.put('/api/threads/:id', async (request) => {
    const { userId } = await user(request, 'chat:write')
    const { id } = parse(byId, request.params)
    const outcome = await commands.updateThread(userId, id, parse(change, request.body))
    if (!outcome.ok) throw fromRefusal(outcome)
    return shown(userId, id)
  })

  app.delete('/api/threads/:id', async (request, reply) => {
    const { userId } = await user(request, 'chat:write')
    const outcome = await commands.deleteThread(userId, parse(byId, request.params).id)
    if (!outcome.ok) throw fromRefusal(outcome)
    return reply.status(204).send()
  })

  app.post('/api/threads/:id/auto-rename', async (request) => {
    const { userId } = await user(request, 'chat:write')
    const { id } = parse(byId, request.params)
    const title = await threads.suggestTitle(userId, id)
    if (title === undefined) throw absent('thread')
    const outcome = await commands.updateThread(userId, id, { title })
    if (!outcome.ok) throw fromRefusal(outcome)
    return shown(userId, id)
  })

  app.get('/api/threads/:id/export', async (request, reply) => {
    const { userId } = await user(request, 'chat:read')
    const { id } = parse(byId, request.params)
    const { format } = parse(exported, request.query)
    const thread = await shown(userId, id)
    const messages = await threads.allMessages(userId, id)
    const file = exportThread(thread, messages, format)
    return reply
      .header('content-type', file.mediaType)
      .header(
        'content-disposition',
        `attachment; filename="thread-${id.replaceAll(/[^\w-]/g, '')}.${file.extension}"`,
      )
      .send(file.text)
  })
}
