import type { FastifyReply } from 'fastify'
import { z } from 'zod'

import type { SignedIn } from '../../auth/auth.ts'
import { HttpError, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

const credentials = z.object({ email: z.string().max(320), password: z.string().max(1024) })
const registration = credentials.extend({
  name: z.string().max(200).optional(),
  invitation: z.string().max(200).optional(),
})
const setup = credentials.extend({
  token: z.string().max(200),
  name: z.string().max(200).optional(),
})

/** Registering, signing in and out, and the tokens that follow. */
export function addLoginRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  app.post('/auth/register', async (request, reply) => {
    const body = parse(registration, request.body)
    const fromLoopback = parts.isLocal(request)
    const result = await refusing(() =>
      auth.register({ ...body, fromLoopback, address: request.ip }),
    )
    return signedIn(reply, result, 201)
  })

  app.post('/auth/login', async (request, reply) => {
    const body = parse(credentials, request.body)
    try {
      return signedIn(
        reply,
        await refusing(() => auth.login({ ...body, address: request.ip })),
        200,
      )
    } catch (error) {
      if (error instanceof HttpError && error.status === 429) parts.limited()
      throw error
    }
  })

  app.post('/auth/setup', async (request, reply) => {
    const body = parse(setup, request.body)
    return signedIn(
      reply,
      await refusing(() => auth.completeSetup({ ...body, address: request.ip })),
      201,
    )
  })

  app.post('/auth/refresh', async (request) => {
    const body = parse(z.object({ refresh_token: z.string().max(1024) }), request.body)
    return refusing(() => auth.refresh(body.refresh_token))
  })

  app.post('/auth/logout', async (request, reply) => {
    const identity = await user(request)
    const body = parse(z.object({ everywhere: z.boolean().optional() }), request.body)
    const cookies = await refusing(() => auth.logout(identity, { everywhere: body.everywhere }))
    return reply.header('set-cookie', cookies).send({ status: 'signed_out' })
  })

  app.get('/auth/me', async (request) => publicUser(await user(request, 'account:read')))
}

const publicUser = (identity: { userId: string; email: string; name: string; role: string }) => ({
  id: identity.userId,
  email: identity.email,
  name: identity.name,
  role: identity.role,
})

const signedIn = (reply: FastifyReply, result: SignedIn, status: number) =>
  reply.status(status).header('set-cookie', result.setCookies).send(result.answer)
