import { z } from 'zod'

import type { ListedUser } from '../../auth/auth.ts'
import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
export const page = z.strictObject({
  q: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
})
const role = z.enum(['user', 'admin'])
export const newUser = z.strictObject({
  email: z.string().max(320),
  name: z.string().max(200).optional(),
  role: role.optional(),
})
export const change = z.strictObject({
  role: role.optional(),
  disabled: z.boolean().optional(),
  name: z.string().trim().min(1).max(200).optional(),
})
export const link = z.strictObject({ kind: z.enum(['password_reset', 'verify_email']) })

/** The administrator's page of users: how their accounts stand, never what is in them. */
export function addUserRoutes({ app, parts, admin }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/admin/users', async (request) => {
    const identity = await admin(request)
    const { q, limit, offset } = parse(page, request.query)
    const wish = { search: q.trim(), limit, offset }
    const { users, total } = await refusing(() =>
      auth.userAdmin.page({ identity, address: request.ip }, wish),
    )
    return { users: users.map(shown), total }
  })

  app.post('/auth/admin/users', async (request, reply) => {
    const identity = await admin(request)
    const body = parse(newUser, request.body)
    const made = await refusing(() => {
      const by = { identity, address: request.ip }
      const user = auth.userAdmin.create(by, body)
      return { user, link: auth.userAdmin.createLink(by, user.id, 'password_reset') }
    })
    return reply.status(201).send({ user: shown(made.user), ...made.link })
  })

  app.get('/auth/admin/users/:id', async (request) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    return shown(await refusing(() => auth.userAdmin.find({ identity, address: request.ip }, id)))
  })

  app.patch('/auth/admin/users/:id', async (request) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    const wish = parse(change, request.body)
    const by = { identity, address: request.ip }
    return shown(await refusing(() => auth.userAdmin.change(by, id, wish)))
  })

  app.post('/auth/admin/users/:id/links', async (request) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    const { kind } = parse(link, request.body)
    return refusing(() => auth.userAdmin.createLink({ identity, address: request.ip }, id, kind))
  })

  app.delete('/auth/admin/users/:id/sessions', async (request, reply) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    await refusing(() => auth.userAdmin.endSessions({ identity, address: request.ip }, id))
    return reply.status(204).send()
  })

  app.post('/auth/admin/users/:id/unlock', async (request, reply) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    await refusing(() => auth.userAdmin.unlock({ identity, address: request.ip }, id))
    return reply.status(204).send()
  })

  app.delete('/auth/admin/users/:id/two-factor', async (request, reply) => {
    const identity = await admin(request)
    const { id } = parse(byId, request.params)
    await refusing(() => auth.userAdmin.removeTwoFactor({ identity, address: request.ip }, id))
    return reply.status(204).send()
  })
}

const shown = (user: ListedUser) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  disabled: user.disabled,
  created_at: user.createdAt,
  last_seen_at: user.lastSeenAt,
  two_factor: user.twoFactor,
  email_verified: user.emailVerified,
  has_password: user.hasPassword,
  sessions: user.sessions,
  is_test_user: user.isTestUser,
})
