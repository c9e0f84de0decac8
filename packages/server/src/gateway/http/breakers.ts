import { z } from 'zod'

import { absent, parse } from './http-error.ts'
import type { Http } from './http.ts'

export const resetBody = z.strictObject({ id: z.string().min(1).max(300) })

/** The circuit breakers of this node, for administrators. */
export function addBreakerRoutes({ app, parts, admin }: Http): void {
  app.get('/api/admin/breakers', async (request, reply) => {
    await admin(request)
    return reply.header('cache-control', 'no-store').send({ breakers: parts.breakers.list() })
  })

  app.post('/api/admin/breakers/reset', async (request) => {
    const { userId } = await admin(request)
    const { id } = parse(resetBody, request.body)
    const before = parts.breakers.list().find((breaker) => breaker.id === id)
    const breaker = parts.breakers.reset(id)
    if (!before || !breaker) throw absent('circuit breaker')
    const details = { breaker: id, was: before.state }
    parts.logger.info({ user_id: userId, ...details }, 'a circuit breaker was reset')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: userId },
      action: 'breaker.reset',
      address: request.ip,
      details,
    })
    return breaker
  })
}
