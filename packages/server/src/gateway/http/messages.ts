import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import type { UserId } from '../../platform/ids.ts'
import { absent, fromRefusal, parse } from './http-error.ts'
import type { Http } from './http.ts'
import { answerWithRun } from './run-answers.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
export const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().min(1).max(128).optional(),
})
export const classicPage = z.object({
  thread_id: z.string().min(1).max(128),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const message = z.strictObject({
  content: z.string().min(1).max(60_000),
  client_message_id: z.string().min(1).max(128).optional(),
  attachments: z
    .array(z.strictObject({ file_id: z.string().max(128) }))
    .max(32)
    .optional(),
  agent: z.string().max(128).optional(),
  model: z.string().max(256).optional(),
})

export const chatMessage = message.extend({ thread_id: z.string().max(128).nullable().optional() })

/** Messages over HTTP: the same command and the same run as over the socket. */
export function addMessageRoutes({ app, parts, user }: Http): void {
  const { commands, threads } = parts

  const outcomeOf = (userId: UserId, threadId: string | null, body: z.output<typeof message>) =>
    commands.sendMessage(userId, {
      client_message_id: body.client_message_id ?? randomUUID(),
      thread_id: threadId,
      content: [{ type: 'text', text: body.content }],
      attachments: body.attachments,
      agent: body.agent,
      model: body.model,
    })
  const send = async (...wish: Parameters<typeof outcomeOf>) => {
    const outcome = await outcomeOf(...wish)
    if (!outcome.ok) throw fromRefusal(outcome)
    return outcome.answer
  }

  app.get('/api/threads/:id/messages', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const query = parse(page, request.query)
    const found = await threads.messages(userId, parse(byId, request.params).id, {
      limit: query.limit,
      ...(query.before !== undefined && { before: query.before }),
    })
    if (!found) throw absent('thread')
    return found
  })

  app.post('/api/threads/:id/messages', async (request, reply) => {
    const { userId } = await user(request, 'chat:write')
    const answer = await send(userId, parse(byId, request.params).id, parse(message, request.body))
    return reply.status(202).send(answer)
  })

  app.get('/api/chat/messages', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const query = parse(classicPage, request.query)
    const found = await threads.messages(userId, query.thread_id, { limit: query.limit })
    if (!found) throw absent('thread')
    return found
  })

  app.post('/api/chat/stream', async (request, reply) => {
    const identity = await user(request, 'chat:write', 'chat:read')
    return answerWithRun(parts, { request, reply, identity }, () => {
      const body = parse(chatMessage, request.body)
      return outcomeOf(identity.userId, body.thread_id ?? null, body)
    })
  })

  app.post('/api/chat/messages', async (request, reply) => {
    const { userId } = await user(request, 'chat:write')
    const body = parse(chatMessage, request.body)
    return reply.status(202).send(await send(userId, body.thread_id ?? null, body))
  })
}
