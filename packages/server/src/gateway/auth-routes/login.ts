import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { originOf } from './origin.ts'
import { refusing } from './refusing.ts'
import { sendSignedIn } from './signed-in.ts'

const credential = { email: z.string().max(320), password: z.string().max(1024) }
/** Signing in leaves nothing behind that a misspelled field could change: older clients send more. */
export const credentials = z.object(credential)
export const registration = z.strictObject({
  ...credential,
  name: z.string().max(200).optional(),
  invitation: z.string().max(200).optional(),
})
export const setup = z.strictObject({
  ...credential,
  token: z.string().max(200),
  name: z.string().max(200).optional(),
})
export const renewal = z.object({ refresh_token: z.string().max(1024) })
export const signOut = z.strictObject({ everywhere: z.boolean().optional() })

/** Registering, signing in and out, and the tokens that follow. */
export function addLoginRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  app.post('/auth/register', async (request, reply) => {
    const body = parse(registration, request.body)
    const fromLoopback = parts.isLocal(request)
    const result = await refusing(() =>
      auth.register({ ...body, fromLoopback, ...originOf(request) }),
    )
    // The same whether or not somebody has this address: only its owner is told, by e-mail.
    if (result === 'verify_email') return reply.status(202).send({ status: result })
    return sendSignedIn(reply, result, 201)
  })

  app.post('/auth/login', async (request, reply) => {
    const body = parse(credentials, request.body)
    const result = await refusing(() => auth.login({ ...body, ...originOf(request) }))
    return sendSignedIn(reply, result, 200)
  })

  app.post('/auth/setup', async (request, reply) => {
    const body = parse(setup, request.body)
    const result = await refusing(() => auth.completeSetup({ ...body, ...originOf(request) }))
    return sendSignedIn(reply, result, 201)
  })

  app.post('/auth/refresh', async (request) => {
    const body = parse(renewal, request.body)
    return refusing(() => auth.refresh(body.refresh_token))
  })

  app.post('/auth/logout', async (request, reply) => {
    const identity = await user(request)
    const body = parse(signOut, request.body)
    const cookies = await refusing(() =>
      auth.logout(identity, { everywhere: body.everywhere, address: request.ip }),
    )
    return reply.header('set-cookie', cookies).send({ status: 'signed_out' })
  })
}
