import { z } from 'zod'

import { SERVICE_LEVELS } from '../../platform/recovery/service-level.ts'
import { parse } from './http-error.ts'
import type { Http } from './http.ts'

export const modeBody = z.strictObject({
  mode: z.enum(SERVICE_LEVELS),
  /** What people are told, instead of the usual words. */
  why: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Bidi_C}\u2028\u2029]*$/u, 'One line without control characters.')
    .nullable()
    .optional(),
})

/** How much of the service there is; an administrator may take some of it away. */
export function addModeRoutes({ app, parts, admin }: Http): void {
  const { mode } = parts
  const shown = () => ({ mode: mode.now(), reasons: mode.reasons() })

  app.get('/api/admin/mode', async (request, reply) => {
    await admin(request)
    return reply.header('cache-control', 'no-store').send(shown())
  })

  app.put('/api/admin/mode', async (request) => {
    const { userId } = await admin(request)
    const wish = parse(modeBody, request.body)
    const from = mode.now().level
    mode.choose(wish.mode, wish.why ?? null)
    const details = { from, to: wish.mode }
    parts.logger.info({ user_id: userId, ...details }, 'the mode of service was chosen')
    parts.auth?.audit.record({
      actor: { kind: 'user', id: userId },
      action: 'mode.chosen',
      address: request.ip,
      details,
    })
    return shown()
  })
}
