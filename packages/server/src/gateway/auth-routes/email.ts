import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { originOf } from './origin.ts'
import { refusing } from './refusing.ts'

export const confirmation = z.strictObject({ token: z.string().max(200) })
export const resending = z.strictObject({ email: z.string().max(320) })

/** Proving that an e-mail address is one's own. */
export function addEmailRoutes({ app, parts }: AuthHttp): void {
  const { auth } = parts

  app.post('/auth/email/verify', async (request) => {
    const { token } = parse(confirmation, request.body)
    await refusing(() => auth.emails.verify({ token, ...originOf(request) }))
    return { status: 'email_verified' }
  })

  app.post('/auth/email/resend', async (request, reply) => {
    const { email } = parse(resending, request.body)
    await refusing(() => auth.emails.resend(email, originOf(request)))
    return reply.status(202).send({ status: 'sent_if_known' })
  })
}
