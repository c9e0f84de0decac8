import { z } from 'zod'

import type { ApiKey } from '../../auth/auth.ts'
import { SCOPES } from '../../identity/identity.ts'
import { absent, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

export const newKey = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expires_in_days: z.number().int().min(1).max(365).nullable().default(null),
})
const byId = z.object({ id: z.string().min(1).max(128) })

/** Keys for programs; made and revoked by people alone, never by a key. */
export function addApiKeyRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/api-keys', async (request) => {
    const { userId } = await user(request)
    return { api_keys: auth.keys.list(userId).map(shown) }
  })

  app.post('/auth/api-keys', async (request, reply) => {
    const identity = await user(request)
    const { name, scopes, expires_in_days: expiresInDays } = parse(newKey, request.body)
    const wish = { name, scopes, expiresInDays }
    const made = await refusing(() => auth.keys.create(identity.userId, wish, request.ip))
    return reply.status(201).send({ ...shown(made), key: made.key })
  })

  app.delete('/auth/api-keys/:id', async (request, reply) => {
    const { userId } = await user(request)
    const { id } = parse(byId, request.params)
    if (!auth.keys.revoke(userId, id, request.ip)) throw absent('API key')
    return reply.status(204).send()
  })
}

const shown = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  hint: key.hint,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
})
