import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'

const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/, 'is not a domain, as example.com')
export const choice = z
  .strictObject({
    /** Null takes the stored choice away: what is configured, or the default, holds again. */
    policy: z.enum(['open', 'invitation', 'domain', 'closed']).nullable(),
    domains: z.array(domain).max(100).default([]),
  })
  .refine(({ policy, domains }) => policy !== 'domain' || domains.length > 0, {
    path: ['domains'],
    message: 'name at least one domain',
  })

/** Who may register, as an administrator decides it. */
export function addRegistrationRoutes({ app, parts, admin }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/admin/registration', async (request) => {
    await admin(request)
    return auth.rules.choice()
  })

  app.put('/auth/admin/registration', async (request) => {
    const { userId } = await admin(request)
    const { policy, domains } = parse(choice, request.body)
    auth.rules.choose(policy === null ? undefined : { policy, domains })
    auth.audit.record({
      actor: { kind: 'user', id: userId },
      action: 'registration.changed',
      address: request.ip,
      details: { policy: policy ?? 'as configured', domains: domains.length },
    })
    return auth.rules.choice()
  })
}
