import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

export const invitation = z.strictObject({
  email: z.email().max(320).optional(),
  expires_in_days: z.number().int().min(1).max(90).optional(),
})

/** Links by which an administrator lets people register. */
export function addInvitationRoutes({ app, parts, admin }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/admin/invitations', async (request) => {
    const identity = await admin(request)
    return { invitations: await refusing(() => auth.listInvitations(identity)) }
  })

  app.post('/auth/admin/invitations', async (request, reply) => {
    const identity = await admin(request)
    const body = parse(invitation, request.body)
    const made = await refusing(() =>
      auth.createInvitation(identity, { email: body.email, expiresInDays: body.expires_in_days }),
    )
    auth.audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'invitation.made',
      address: request.ip,
      details: { invitation: made.id },
    })
    const url = `${parts.addresses().webUrl}/register#invitation=${made.token}`
    return reply.status(201).send({ id: made.id, url, expires_at: made.expires_at })
  })

  app.delete('/auth/admin/invitations/:id', async (request, reply) => {
    const identity = await admin(request)
    const { id } = parse(z.object({ id: z.string().min(1).max(128) }), request.params)
    await refusing(() => auth.revokeInvitation(identity, id))
    auth.audit.record({
      actor: { kind: 'user', id: identity.userId },
      action: 'invitation.revoked',
      address: request.ip,
      details: { invitation: id },
    })
    return reply.status(204).send()
  })
}
