import { z } from 'zod'

import {
  AUDIENCE,
  type Authentication,
  type Identity,
  ISSUER,
  type LiveSession,
  MAX_SESSIONS_ASKED,
  type SessionState,
  type WireAuthentication,
  type WireSession,
  type WireSessionState,
} from '../../identity/identity.ts'
import { asId, type SessionId, type UserId } from '../../platform/ids.ts'
import { HttpError, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'
import { bearerOf, serviceCalling } from './service-caller.ts'

const id = z.string().min(1).max(128)
export const named = z.object({ session_id: id, user_id: id })
export const asked = z.union([
  z.object({ token: z.string().max(8192) }),
  z.object({ cookie: z.string().max(8192) }),
  z.object({ session: named }),
  z.object({ sessions: z.array(named).min(1).max(MAX_SESSIONS_ASKED) }),
])
export const secret = z.object({
  service_id: z.string().max(64),
  service_secret: z.string().max(1024),
})
export const redeemed = z.object({
  ticket: z.string().max(512),
  cookie: z.string().max(8192).optional(),
})

/** What nodes and other services ask of the auth service. */
export function addServiceRoutes({ app, parts }: AuthHttp): void {
  const { auth } = parts

  app.get('/.well-known/jwks.json', async (_request, reply) => {
    // Whoever was told that they changed must not be given those from before.
    await auth.signingKeys.look()
    return reply.header('cache-control', 'public, max-age=60').send(auth.jwks())
  })

  app.get('/auth/config', async (request) => ({
    issuer: ISSUER,
    audience: AUDIENCE.access,
    jwks_uri: `${parts.addresses().publicUrl}/.well-known/jwks.json`,
    ...(await auth.entrance(parts.isLocal(request))),
  }))

  app.post('/auth/service-token', async (request) => {
    const body = parse(secret, request.body)
    return refusing(() => auth.services.exchange(body.service_id, body.service_secret))
  })

  /** Whether the caller's own token is good, and whose it is; of nobody else's. */
  app.post('/auth/verify', async (request) => {
    const token = bearerOf(request.headers.authorization)
    if (token === undefined) {
      throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'Send the token as a bearer.')
    }
    const service = auth.services.check(token)
    if (service) {
      const expiresAt = new Date(service.expiresAtMs).toISOString()
      return {
        valid: true,
        type: 'service',
        subject: `service:${service.id}`,
        expires_at: expiresAt,
      }
    }
    const answer = await auth.authenticate({ authorization: `Bearer ${token}` })
    if (!answer.ok) {
      throw new HttpError(401, 'AUTH_FAILED', 'The token is not valid.', {
        details: { valid: false, why: answer.why },
      })
    }
    const { userId, email, name, role, expiresAt, kind } = answer.identity
    const type = kind === 'api_key' ? 'api_key' : 'access'
    const user = { id: userId, email, name, role }
    return { valid: true, type, subject: userId, expires_at: expiresAt, user }
  })

  app.post('/auth/validate', async (request) => {
    serviceCalling(auth, request, 'sessions:read')
    const body = parse(asked, request.body)
    if ('token' in body) return wireAnswer(await auth.authenticate(asBearer(body.token)))
    if ('cookie' in body) return wireAnswer(await auth.authenticate({ cookie: body.cookie }))
    if ('session' in body) return wireState(auth.sessionState(identityNamed(body.session)))
    return { states: body.sessions.map((one) => wireState(auth.sessionState(identityNamed(one)))) }
  })

  app.post('/auth/tickets', async (request) => {
    serviceCalling(auth, request, 'tickets:use')
    const identity = identityNamed(parse(named, request.body))
    if (!auth.sessionState(identity).live) {
      throw new HttpError(409, 'SESSION_ENDED', 'This login session has ended.')
    }
    return auth.issueTicket(identity)
  })

  app.post('/auth/tickets/redeem', async (request) => {
    serviceCalling(auth, request, 'tickets:use')
    const body = parse(redeemed, request.body)
    return wireAnswer(await auth.redeemTicket(body.ticket, body.cookie))
  })

  app.get('/auth/removals', async (request) => {
    serviceCalling(auth, request, 'removals:confirm')
    return { users: await auth.removals.pending() }
  })

  app.post('/auth/removals/:user_id/done', async (request, reply) => {
    serviceCalling(auth, request, 'removals:confirm')
    const { user_id: userId } = parse(z.object({ user_id: id }), request.params)
    await auth.removals.done(userId)
    return reply.status(204).send()
  })

  const wireAnswer = (answer: Authentication): WireAuthentication => {
    if (!answer.ok) return answer
    const { identity, setCookies } = answer
    const state = auth.sessionState(identity)
    if (!state.live) return { ok: false, why: state.why }
    return {
      ok: true,
      session: wireSession(state.session),
      kind: identity.kind,
      expires_at: identity.expiresAt,
      set_cookies: setCookies,
    }
  }
}

const asBearer = (token: string) => ({ authorization: `Bearer ${token}` })

const wireState = (state: SessionState): WireSessionState => {
  if (state.live) return { live: true, session: wireSession(state.session) }
  return { live: false, why: state.why === 'unavailable' ? 'revoked' : state.why }
}

const wireSession = (session: LiveSession): WireSession => ({
  session_id: session.sessionId,
  user_id: session.userId,
  email: session.email,
  name: session.name,
  role: session.role,
  scopes: session.scopes === null ? null : [...session.scopes],
  is_test_user: session.isTestUser,
  expires_at_ms: session.expiresAtMs,
  idle_end_ms: session.idleEndMs,
})

/** Only a name to ask by: the store alone says who it is, and that the two belong together. */
function identityNamed({
  session_id: sessionId,
  user_id: userId,
}: z.output<typeof named>): Identity {
  return {
    userId: asId<UserId>(userId),
    sessionId: asId<SessionId>(sessionId),
    email: '',
    name: '',
    role: 'user',
    expiresAt: '',
    kind: 'session',
    scopes: null,
    isTestUser: false,
  }
}
