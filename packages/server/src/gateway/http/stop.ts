import { z } from 'zod'

import { asId, type UserId } from '../../platform/ids.ts'
import { userScope } from '../../spending/spending.ts'
import { parse } from './http-error.ts'
import type { Http } from './http.ts'

const userId = z.string().min(1).max(128)

export const stopWish = z.strictObject({
  /** Absent: everybody. */
  user_id: userId.optional(),
  /** What the people are told whose runs it stops. */
  why: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Bidi_C}\u2028\u2029]*$/u, 'One line without control characters.'),
})
export const liftWish = z.strictObject({ user_id: userId.optional() })

const scopeOf = (id: string | undefined) =>
  id === undefined ? ('everyone' as const) : userScope(asId<UserId>(id))

/** The kill switch: nothing runs, of everybody or of one person, until it is lifted. */
export function addStopRoutes({ app, parts, admin }: Http): void {
  const { spending, commands } = parts
  const shown = () => ({
    orders: spending.orders.all().map(({ scope, why, at }) => ({ scope, why, at })),
  })

  app.get('/api/admin/stop', async (request, reply) => {
    await admin(request)
    return reply.header('cache-control', 'no-store').send(shown())
  })

  app.post('/api/admin/stop', async (request) => {
    const identity = await admin(request)
    const wish = parse(stopWish, request.body)
    const scope = scopeOf(wish.user_id)
    const stopped = await commands.stopAll({ scope, why: wish.why, by: identity.userId })
    parts.logger.warn({ user_id: identity.userId, stopped }, 'an administrator stopped all runs')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'runs.stopped',
      address: request.ip,
      ...(wish.user_id !== undefined && { userId: wish.user_id }),
      details: { everyone: wish.user_id === undefined, stopped },
    })
    return { stopped, ...shown() }
  })

  app.delete('/api/admin/stop', async (request) => {
    const identity = await admin(request)
    const wish = parse(liftWish, request.query)
    const stood = await spending.orders.lift(scopeOf(wish.user_id))
    if (stood) {
      parts.logger.info({ user_id: identity.userId }, 'an order to stop was lifted')
      parts.auth?.audit.record({
        actor: { kind: 'user', id: identity.userId },
        action: 'runs.allowed',
        address: request.ip,
        ...(wish.user_id !== undefined && { userId: wish.user_id }),
        details: { everyone: wish.user_id === undefined },
      })
    }
    return shown()
  })
}
