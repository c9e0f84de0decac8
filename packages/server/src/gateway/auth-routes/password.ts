import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { originOf } from './origin.ts'
import { refusing } from './refusing.ts'

const password = z.string().max(1024)
export const change = z.strictObject({ current_password: password, new_password: password })
export const forgotten = z.strictObject({ email: z.string().max(320) })
export const reset = z.strictObject({ token: z.string().max(200), password })

/** Changing a password, and choosing one anew when it is forgotten. */
export function addPasswordRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  // This session lives on: with the answer's tokens, for those from before have ended.
  app.post('/auth/password/change', async (request) => {
    const identity = await user(request)
    const body = parse(change, request.body)
    return refusing(async () => {
      await auth.passwords.change(identity, {
        current: body.current_password,
        wanted: body.new_password,
        ...originOf(request),
      })
      return { status: 'password_changed', ...auth.freshTokens(identity) }
    })
  })

  app.post('/auth/password/forgot', async (request, reply) => {
    const { email } = parse(forgotten, request.body)
    await refusing(() => auth.passwords.forgot(email, originOf(request)))
    return reply.status(202).send({ status: 'sent_if_known' })
  })

  app.post('/auth/password/reset', async (request) => {
    const body = parse(reset, request.body)
    await refusing(() => auth.passwords.reset({ ...body, ...originOf(request) }))
    return { status: 'password_reset' }
  })
}
