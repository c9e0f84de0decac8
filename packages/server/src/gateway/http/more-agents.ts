import { z } from 'zod'

import { granting } from './granting.ts'
import { parse } from './http-error.ts'
import type { Http } from './http.ts'

const line = (max: number) => z.string().trim().min(1).max(max)
const headers = z
  .record(z.string().max(100), z.string().max(8_000))
  .refine((given) => Object.keys(given).length <= 20, 'are more than 20')
const examples = z.array(line(300)).max(6)

export const newRemoteAgent = z.strictObject({
  /** Its name in requests. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,47}$/, 'begins with a letter; then only a–z, 0–9, - and _'),
  name: line(60),
  description: line(300),
  url: line(2_000),
  headers: headers.optional(),
  examples: examples.optional(),
})
export const remoteChange = newRemoteAgent
  .omit({ id: true })
  .partial()
  .extend({ enabled: z.boolean().optional() })
const byId = z.object({ id: z.string().max(128) })

/** The administrator's page about agents beside Netra's own: files of the operator's, and elsewhere. */
export function addMoreAgentsRoutes({ app, parts, admin }: Http): void {
  const { moreAgents } = parts
  const note = (request: { ip: string }, actor: string, action: string, id: string): void => {
    parts.logger.info({ user_id: actor, agent: id, action }, 'an agent elsewhere was changed')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: actor },
      action,
      address: request.ip,
      details: { agent: id },
    })
  }

  app.get('/api/admin/agents', async (request) => {
    await admin(request)
    return { own: moreAgents.own(), remote: await moreAgents.remote() }
  })

  app.get('/api/admin/agents/remote', async (request) => {
    await admin(request)
    return { agents: await moreAgents.remote() }
  })

  app.post('/api/admin/agents/remote', async (request, reply) => {
    const { userId } = await admin(request)
    const body = parse(newRemoteAgent, request.body)
    const added = await granting(moreAgents.add(body))
    note(request, userId, 'agent.added', body.id)
    return reply.status(201).send(added)
  })

  app.patch('/api/admin/agents/remote/:id', async (request) => {
    const { userId } = await admin(request)
    const { id } = parse(byId, request.params)
    const changed = await granting(moreAgents.change(id, parse(remoteChange, request.body)))
    note(request, userId, 'agent.changed', id)
    return changed
  })

  app.delete('/api/admin/agents/remote/:id', async (request, reply) => {
    const { userId } = await admin(request)
    const { id } = parse(byId, request.params)
    await granting(moreAgents.remove(id))
    note(request, userId, 'agent.removed', id)
    return reply.status(204).send()
  })
}
