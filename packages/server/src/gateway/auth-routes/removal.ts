import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { UserId } from '../../platform/ids.ts'
import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

export const own = z.strictObject({ password: z.string().max(1024).optional() })
const byId = z.object({ id: z.string().min(1).max(128) })

/**
 * The end of an account, with all that is its owner's. Where no conversations are kept, whoever keeps
 * them hears of the removal and erases them.
 */
export function addRemovalRoutes({ app, parts, user, admin }: AuthHttp): void {
  const { auth } = parts
  const erase = async (userId: UserId, account: 'there' | 'gone'): Promise<void> =>
    parts.erase?.(userId, account)

  const removeOwn = async (request: FastifyRequest, reply: FastifyReply) => {
    const identity = await user(request)
    const { password } = parse(own, request.body)
    await refusing(() => auth.removal.confirm(identity, { password, address: request.ip }))
    await erase(identity.userId, 'there')
    await refusing(() => auth.removal.removeSelf(identity, request.ip))
    // What another device asked for in between; from here on no login session is left that could.
    await erase(identity.userId, 'gone')
    return reply.status(204).header('set-cookie', auth.forgetfulCookie).send()
  }
  app.delete('/auth/me', removeOwn)
  app.delete('/api/account', removeOwn)

  app.delete('/auth/admin/users/:id', async (request, reply) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    const userId = await refusing(() => auth.removal.prepare(identity, id, request.ip))
    await erase(userId, 'there')
    await refusing(() => auth.removal.removeOther(identity, userId, request.ip))
    await erase(userId, 'gone')
    return reply.status(204).send()
  })
}
