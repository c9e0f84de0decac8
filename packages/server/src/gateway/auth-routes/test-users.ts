import { z } from 'zod'

import type { SignedIn } from '../../auth/auth.ts'
import { nothingAt, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

const id = z.string().min(1).max(128)
export const wanted = z.strictObject({
  user_id: id.optional(),
  sub: id.optional(),
  name: z.string().max(200).optional(),
})

/** Users that expire, for test suites and for trying Netra out; absent unless the operator says so. */
export function addTestUserRoutes({ app, parts }: AuthHttp): void {
  const { auth } = parts
  const { testUsers } = auth

  const shown = ({ answer, identity, setCookies }: SignedIn) => ({
    setCookies,
    answer: {
      ...answer,
      is_test_user: true,
      user_expires_at: new Date(testUsers.endOf(identity.userId) ?? 0).toISOString(),
    },
  })

  app.post('/auth/e2e/test-auth', async (request, reply) => {
    if (!testUsers.byKey) throw nothingAt(request)
    const key = request.headers['x-e2e-bypass-key']
    const { ip: address } = request
    const userAgent = request.headers['user-agent']
    const made = await refusing(async () => {
      await testUsers.proveKey(typeof key === 'string' ? key : undefined, address)
      const body = parse(wanted, request.body)
      const wish = { subject: body.user_id ?? body.sub, name: body.name }
      return auth.signedIn(testUsers.e2eUser({ address, userAgent }, wish))
    })
    const { answer, setCookies } = shown(made)
    return reply.header('set-cookie', setCookies).send(answer)
  })

  app.post('/auth/demo', async (request, reply) => {
    if (!testUsers.demo) throw nothingAt(request)
    const origin = { address: request.ip, userAgent: request.headers['user-agent'] }
    const made = await refusing(() => auth.signedIn(testUsers.demoUser(origin)))
    const { answer, setCookies } = shown(made)
    return reply.status(201).header('set-cookie', setCookies).send(answer)
  })
}
