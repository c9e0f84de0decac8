import { z } from 'zod'

import { granting } from './granting.ts'
import { parse } from './http-error.ts'
import type { Http } from './http.ts'

const byProvider = z.object({ provider: z.string().min(1).max(64) })
export const connection = z.strictObject({
  api_key: z.string().max(1_000).optional(),
  base_url: z.string().max(500).optional(),
  enabled_models: z.array(z.string().max(256)).max(500).optional(),
})
export const defaultModel = z.strictObject({ model: z.string().max(256).nullable() })
export const fallbackModels = z.strictObject({ models: z.array(z.string().max(256)).max(16) })

export const retention = z.strictObject({ days: z.number().int().min(1).max(36_500).nullable() })

/** The administrator's pages about this node: connections to models, and how long chats are kept. */
export function addAdminRoutes({ app, parts, admin }: Http): void {
  const { modelSettings } = parts

  app.get('/api/admin/retention', async (request) => {
    await admin(request)
    return { days: parts.retention.days }
  })

  app.put('/api/admin/retention', async (request) => {
    const { userId } = await admin(request)
    const { days } = parse(retention, request.body)
    const from = parts.retention.days
    await parts.retention.choose(days)
    const change = { from, to: days }
    parts.logger.info({ user_id: userId, ...change }, 'the time that chats are kept was changed')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: userId },
      action: 'retention.changed',
      address: request.ip,
      details: change,
    })
    return { days: parts.retention.days }
  })

  app.get('/api/admin/connections', async (request) => {
    await admin(request)
    return modelSettings.list()
  })

  app.put('/api/admin/connections/:provider', async (request) => {
    await admin(request)
    const { provider } = parse(byProvider, request.params)
    const body = parse(connection, request.body)
    await granting(
      modelSettings.put(provider, {
        ...(body.api_key !== undefined && { apiKey: body.api_key }),
        ...(body.base_url !== undefined && { baseUrl: body.base_url }),
        ...(body.enabled_models !== undefined && { enabledModels: body.enabled_models }),
      }),
    )
    return modelSettings.list()
  })

  app.post('/api/admin/connections/:provider/test', async (request) => {
    await admin(request)
    return granting(modelSettings.test(parse(byProvider, request.params).provider))
  })

  app.delete('/api/admin/connections/:provider', async (request, reply) => {
    await admin(request)
    await granting(modelSettings.remove(parse(byProvider, request.params).provider))
    return reply.status(204).send()
  })

  app.put('/api/admin/default-model', async (request) => {
    await admin(request)
    const body = parse(defaultModel, request.body)
    await granting(modelSettings.setDefaultModel(body.model))
    return modelSettings.list()
  })

  app.put('/api/admin/fallback-models', async (request) => {
    await admin(request)
    const { models } = parse(fallbackModels, request.body)
    await granting(modelSettings.setFallbacks(models))
    return modelSettings.list()
  })
}
