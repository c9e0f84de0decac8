import { z } from 'zod'

import type { ListedSession } from '../../auth/auth.ts'
import { absent, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })

/** Where somebody is signed in, and an end to each. */
export function addSessionRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/sessions', async (request) => {
    const { userId, sessionId } = await user(request)
    return { sessions: auth.sessionList.of(userId).map((session) => shown(session, sessionId)) }
  })

  app.delete('/auth/sessions/:id', async (request, reply) => {
    const { userId, sessionId } = await user(request)
    const { id } = parse(byId, request.params)
    const isCurrent = id === sessionId
    if (!auth.sessionList.end(userId, id, request.ip)) throw absent('session')
    if (isCurrent) void reply.header('set-cookie', auth.forgetfulCookie)
    return reply.status(204).send()
  })
}

const shown = (session: ListedSession, currentId: string) => ({
  id: session.id,
  current: session.id === currentId,
  created_at: session.createdAt,
  last_used_at: session.lastUsedAt,
  expires_at: session.expiresAt,
  address: session.address,
  user_agent: session.userAgent,
  device: session.device,
})
