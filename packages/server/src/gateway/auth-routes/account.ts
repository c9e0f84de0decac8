import { z } from 'zod'

import type { Identity } from '../../identity/identity.ts'
import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

export const change = z.strictObject({ name: z.string().trim().min(1).max(200) })

/** What people see and change of their own account. */
export function addOwnAccountRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts

  app.get('/auth/me', async (request) => {
    const identity = await user(request, 'account:read')
    return refusing(() => shown(identity))
  })

  app.patch('/auth/me', async (request) => {
    const identity = await user(request)
    const { name } = parse(change, request.body)
    return refusing(() => {
      auth.profiles.rename(identity.userId, name, request.ip)
      return shown(identity)
    })
  })

  function shown({ userId, isTestUser }: Identity) {
    const profile = auth.profiles.of(userId)
    return {
      id: profile.userId,
      email: profile.email,
      name: profile.name,
      role: profile.role,
      email_verified: profile.emailVerified,
      two_factor: profile.twoFactor,
      recovery_codes_left: profile.twoFactor ? auth.twoFactor.recoveryCodesLeft(userId) : 0,
      has_password: profile.hasPassword,
      providers: auth.oauth.linkedTo(userId),
      is_test_user: isTestUser,
      ...(profile.expiresAt !== undefined && { expires_at: profile.expiresAt }),
    }
  }
}
