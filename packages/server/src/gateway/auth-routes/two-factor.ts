import { z } from 'zod'

import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { originOf } from './origin.ts'
import { refusing } from './refusing.ts'
import { sendSignedIn } from './signed-in.ts'

const code = z.string().min(1).max(64)
export const answer = z.strictObject({ challenge: z.string().max(200), code })
export const byCode = z.strictObject({ code })
export const byPassword = z.strictObject({ password: z.string().max(1024) })

/** A second proof beside the password: completing a sign-in with it, turning it on and off. */
export function addTwoFactorRoutes({ app, parts, user }: AuthHttp): void {
  const { auth } = parts
  const { twoFactor } = auth

  app.post('/auth/two-factor', async (request, reply) => {
    const body = parse(answer, request.body)
    const signedIn = await refusing(() => auth.answerChallenge({ ...body, ...originOf(request) }))
    return sendSignedIn(reply, signedIn, 200)
  })

  app.post('/auth/two-factor/setup', async (request) => {
    const { userId } = await user(request)
    const { password } = parse(byPassword, request.body)
    return refusing(() => twoFactor.setup(userId, { password, ...originOf(request) }))
  })

  app.post('/auth/two-factor/enable', async (request) => {
    const { userId } = await user(request)
    const body = parse(byCode, request.body)
    const codes = await refusing(() => twoFactor.enable(userId, { ...body, ...originOf(request) }))
    return { recovery_codes: codes }
  })

  app.post('/auth/two-factor/disable', async (request) => {
    const { userId } = await user(request)
    const { password } = parse(byPassword, request.body)
    await refusing(() => twoFactor.disable(userId, { password, ...originOf(request) }))
    return { status: 'two_factor_disabled' }
  })

  app.post('/auth/two-factor/recovery-codes', async (request) => {
    const { userId } = await user(request)
    const { password } = parse(byPassword, request.body)
    const codes = await refusing(() =>
      twoFactor.newRecoveryCodes(userId, { password, ...originOf(request) }),
    )
    return { recovery_codes: codes }
  })
}
