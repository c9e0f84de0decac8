import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { AuthError, type SignedIn } from '../../auth/auth.ts'
import type { Outcome } from '../../command/command.ts'
import { fromRefusal, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const credentials = z.object({ email: z.string().max(320), password: z.string().max(1024) })
const registration = credentials.extend({
  name: z.string().max(200).optional(),
  invitation: z.string().max(200).optional(),
})
const setup = credentials.extend({
  token: z.string().max(200),
  name: z.string().max(200).optional(),
})

const STATUS: Record<string, [number, string]> = {
  invalid_credentials: [401, 'AUTH_FAILED'],
  account_disabled: [403, 'AUTH_UNAUTHORIZED'],
  email_taken: [409, 'DB_RECORD_EXISTS'],
  invitation_required: [403, 'AUTH_UNAUTHORIZED'],
  invitation_invalid: [403, 'AUTH_UNAUTHORIZED'],
  setup_token_invalid: [403, 'AUTH_UNAUTHORIZED'],
  setup_done: [409, 'DB_RECORD_EXISTS'],
  refresh_token_invalid: [401, 'AUTH_FAILED'],
  session_ended: [401, 'AUTH_FAILED'],
  forbidden: [403, 'AUTH_UNAUTHORIZED'],
  last_admin: [409, 'LAST_ADMINISTRATOR'],
  not_found: [404, 'DB_RECORD_NOT_FOUND'],
  rate_limited: [429, 'RATE_LIMITED'],
  busy: [503, 'SERVICE_UNAVAILABLE'],
}

/** An auth refusal as an HTTP one; anything else passes through. */
export async function refusing<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const [status, code] = STATUS[error.code] ?? [422, 'VALIDATION_ERROR']
    throw new HttpError(status, code, error.message, {
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    })
  }
}

export function addAuthRoutes({ app, parts, user }: Http): void {
  const { auth, commands } = parts

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
      if (error instanceof HttpError && error.status === 429) parts.metrics.rateLimited += 1
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

  app.delete('/api/account', async (request, reply) => {
    const identity = await user(request)
    const { password } = parse(z.object({ password: z.string().max(1024) }), request.body)
    await refusing(() => auth.confirmRemoval(identity, { password, address: request.ip }))
    await erased(commands.deleteAccount(identity.userId, 'there'))
    const cookies = await refusing(() => auth.removeUser(identity))
    // What another device asked for in between; from here on no login session is left that could.
    await erased(commands.deleteAccount(identity.userId, 'gone'))
    return reply.status(204).header('set-cookie', cookies).send()
  })

  app.get('/auth/me', async (request) => publicUser(await user(request)))

  app.post('/api/ws-ticket', async (request: FastifyRequest) => {
    const identity = await user(request)
    return refusing(() => auth.issueTicket(identity))
  })
}

async function erased(work: Promise<Outcome<unknown>>): Promise<void> {
  const outcome = await work
  if (!outcome.ok) throw fromRefusal(outcome)
}

const publicUser = (identity: { userId: string; email: string; name: string; role: string }) => ({
  id: identity.userId,
  email: identity.email,
  name: identity.name,
  role: identity.role,
})

const signedIn = (reply: FastifyReply, result: SignedIn, status: number) =>
  reply.status(status).header('set-cookie', result.setCookies).send(result.answer)
