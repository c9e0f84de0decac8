import { afterEach, beforeEach, expect, test } from 'vitest'

import { AuthFixture, refusal } from '../auth-fixture.ts'
import type { Auth } from '../auth.ts'

const HOUR = 3_600_000
const CONFIGURED = 'a-secret-that-the-operator-configured'

let fixture: AuthFixture
let auth: Auth
beforeEach(async () => {
  fixture = await AuthFixture.create()
  auth = await fixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

const why = (id: string, secret: string) => refusal(() => auth.services.exchange(id, secret))

test('a service shows its secret and gets a token that says who it is for an hour (S42)', async () => {
  const { secret } = auth.services.add('reports', ['sessions:read'])
  const token = auth.services.exchange('reports', secret)
  expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
  const checked = auth.services.check(token.access_token)
  expect(checked).toMatchObject({ id: 'reports', scopes: ['sessions:read'] })
  expect(await auth.authenticate({ authorization: `Bearer ${token.access_token}` })).toEqual({
    ok: false,
    why: 'invalid',
  })
  fixture.clock.jump(HOUR + 61_000)
  expect(auth.services.check(token.access_token)).toBeUndefined()
})

test('a wrong name, a wrong secret and the secret of another are refused alike', async () => {
  const { secret } = auth.services.add('reports')
  auth.services.add('billing')
  expect(await why('reports', `${secret}x`)).toBe('service_refused')
  expect(await why('billing', secret)).toBe('service_refused')
  expect(await why('nobody', secret)).toBe('service_refused')
  expect(() => auth.services.add('Not A Name')).toThrow('no service name')
  expect(() => auth.services.add('reports')).toThrow('netra service rotate reports')
})

test('a rotated secret is good for a day more, of three the oldest is not', async () => {
  const first = auth.services.add('reports').secret
  const second = auth.services.rotate('reports').secret
  expect(auth.services.exchange('reports', first).expires_in).toBe(3600)
  fixture.clock.jump(23 * HOUR)
  expect(auth.services.exchange('reports', first).expires_in).toBe(3600)
  fixture.clock.jump(HOUR)
  expect(await why('reports', first)).toBe('service_refused')
  const third = auth.services.rotate('reports').secret
  const fourth = auth.services.rotate('reports').secret
  expect(await why('reports', second)).toBe('service_refused')
  for (const secret of [third, fourth]) {
    expect(auth.services.exchange('reports', secret).expires_in).toBe(3600)
  }
  expect(auth.services.list()[0]?.secrets).toHaveLength(2)
})

test('rotated without an overlap, the secret and its tokens end at once', async () => {
  const { secret } = auth.services.add('reports')
  const { access_token: token } = auth.services.exchange('reports', secret)
  fixture.clock.jump(1_500)
  const next = auth.services.rotate('reports', 0).secret
  expect(await why('reports', secret)).toBe('service_refused')
  expect(auth.services.check(token)).toBeUndefined()
  fixture.clock.jump(1_000)
  const fresh = auth.services.exchange('reports', next).access_token
  expect(auth.services.check(fresh)).toMatchObject({ id: 'reports' })
})

test('a configured secret is accepted, another one follows it, a revoked service stays out', async () => {
  expect(auth.services.accept('netra-backend', CONFIGURED)).toBe('accepted')
  expect(auth.services.accept('netra-backend', CONFIGURED)).toBe('known')
  expect(auth.services.accept('netra-backend', `${CONFIGURED}2`)).toBe('accepted')
  for (const secret of [CONFIGURED, `${CONFIGURED}2`]) {
    expect(auth.services.exchange('netra-backend', secret).expires_in).toBe(3600)
  }
  const { access_token: token } = auth.services.exchange('netra-backend', CONFIGURED)
  expect(auth.services.revoke('netra-backend')).toBe(true)
  expect(auth.services.check(token)).toBeUndefined()
  expect(auth.services.accept('netra-backend', CONFIGURED)).toBe('revoked')
  expect(await why('netra-backend', CONFIGURED)).toBe('service_refused')
  const { secret } = auth.services.add('netra-backend')
  expect(auth.services.exchange('netra-backend', secret).expires_in).toBe(3600)
})

test('a start does not undo a rotation, however old the configured secret is', async () => {
  auth.services.accept('netra-backend', CONFIGURED)
  const { secret } = auth.services.rotate('netra-backend')
  expect(auth.services.accept('netra-backend', CONFIGURED)).toBe('replaced')
  const { secret: newest } = auth.services.rotate('netra-backend', 0)
  expect(auth.services.accept('netra-backend', CONFIGURED)).toBe('replaced')
  expect(auth.services.accept('netra-backend', secret)).toBe('replaced')
  for (const old of [CONFIGURED, secret]) {
    expect(await why('netra-backend', old)).toBe('service_refused')
  }
  expect(auth.services.exchange('netra-backend', newest).expires_in).toBe(3600)
  expect(auth.services.accept('netra-backend', newest)).toBe('known')
})
