import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { setUp, signIn, tryLogin } from './support/sign-in.ts'

interface Answer {
  status: string
  error_code: string
  message: string
  url: string
  access_token: string
}

let netra: NetraProcess
let admin: Person

beforeAll(async () => {
  netra = await startNetra()
  admin = await setUp(netra)
})

afterAll(() => netra[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown, headers = {}) =>
  request<Answer>(`${netra.url}${path}`, { method, body, headers })
const post = (path: string, body: unknown, headers = {}) => call('POST', path, body, headers)

const choose = (choice: unknown, headers: Record<string, string> = admin.headers) =>
  call('PUT', '/auth/admin/registration', choice, headers)
const tryRegister = (email: string, more = {}) =>
  post('/auth/register', { email, password: PASSWORD, ...more })
const offered = async () => {
  const { body } = await request<{ auth: { registration: string } }>(`${netra.url}/api/config`)
  return body.auth.registration
}
const invite = async (email?: string) => {
  const { body } = await post('/auth/admin/invitations', { email }, admin.headers)
  return body.url.split('#invitation=')[1]
}

test('registration closed lets in nobody, not even with an invitation', async () => {
  expect((await choose({ policy: 'closed' })).body).toEqual({
    policy: 'closed',
    domains: [],
    source: 'administrator',
    configured: null,
  })
  expect(await offered()).toBe('closed')
  for (const more of [{}, { invitation: await invite() }]) {
    const refused = await tryRegister('late@example.com', more)
    expect([refused.status, refused.body.error_code]).toEqual([403, 'AUTH_UNAUTHORIZED'])
    expect(refused.body.message).toContain('Nobody can register here')
  }
})

test('registration by invitation lets in who has one, and one for an address confirms it', async () => {
  await choose({ policy: 'invitation' })
  expect(await offered()).toBe('invitation')
  const refused = await tryRegister('ida@example.com')
  expect(refused.body.message).toContain('by invitation')
  const invitation = await invite('ida@example.com')
  const made = await tryRegister('ida@example.com', { invitation })
  expect(made.status).toBe(201)
  const headers = { authorization: `Bearer ${made.body.access_token}` }
  const me = await call('GET', '/auth/me', undefined, headers)
  expect(me.body).toMatchObject({ email_verified: true })
})

test('registration by domain lets in confirmed addresses of it alone, here by the administrator’s link', async () => {
  await choose({ policy: 'domain', domains: ['Example.org'] })
  expect(await offered()).toBe('domain')
  for (const email of ['jo@example.com', 'jo@sub.example.org', 'jo@notexample.org']) {
    const refused = await tryRegister(email)
    expect([refused.status, refused.body.message]).toMatchObject([
      403,
      expect.stringContaining('certain domains'),
    ])
  }
  const made = await tryRegister('Jo@EXAMPLE.org')
  expect([made.status, made.body.status]).toEqual([202, 'verify_email'])
  const early = await tryLogin(netra.url, 'jo@example.org')
  expect([early.status, early.body.error_code]).toEqual([403, 'EMAIL_NOT_VERIFIED'])
  const { body } = await request<{ users: { id: string; email: string }[] }>(
    `${netra.url}/auth/admin/users?q=jo@example.org`,
    { headers: admin.headers },
  )
  const path = `/auth/admin/users/${body.users[0]?.id}/links`
  const { url } = (await post(path, { kind: 'verify_email' }, admin.headers)).body
  await post('/auth/email/verify', { token: url.split('#token=')[1] })
  expect((await tryLogin(netra.url, 'jo@example.org')).status).toBe(200)
  const invited = await tryRegister('kim@example.com', { invitation: await invite() })
  expect(invited.status).toBe(201)
})

test('registration is the administrator’s to decide, in a form that can work', async () => {
  const person = await signIn(netra.url, 'jo@example.org')
  expect((await choose({ policy: 'open' }, person.headers)).status).toBe(403)
  expect((await choose({ policy: 'domain' })).status).toBe(422)
  expect((await choose({ policy: 'domain', domains: ['@x'] })).status).toBe(422)
  expect((await choose({ policy: 'anybody' })).status).toBe(422)
  expect((await choose({ policy: null })).body).toEqual({
    policy: 'invitation',
    domains: [],
    source: 'default',
    configured: null,
  })
  expect(await offered()).toBe('open')
  const { body } = await request<{ entries: { action: string; details: unknown }[] }>(
    `${netra.url}/auth/admin/audit`,
    { headers: admin.headers },
  )
  const changes = body.entries.filter(({ action }) => action === 'registration.changed')
  expect(changes.map(({ details }) => details)).toMatchObject([
    { policy: 'as configured' },
    { policy: 'domain' },
    { policy: 'invitation' },
    { policy: 'closed' },
  ])
})

test('registration by the setting holds until an administrator chooses, whose choice outlives a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-accounts-'))
  const env = { NETRA_REGISTRATION: 'closed' }
  try {
    {
      await using first = await startNetra({ env, folder })
      const { headers } = await setUp(first)
      const address = `${first.url}/auth/admin/registration`
      const before = await request(address, { headers })
      const configured = { policy: 'closed', domains: [] }
      expect(before.body).toEqual({ ...configured, source: 'environment', configured })
      await request(address, { method: 'PUT', headers, body: { policy: 'open' } })
    }
    await using second = await startNetra({ env, folder })
    await register(second.url, 'lea@example.com')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
