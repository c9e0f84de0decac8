import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, requestsAs, type Person } from './support/people.ts'
import { setUp, signIn } from './support/sign-in.ts'

interface Listed {
  id: string
  email: string
  name: string
  role: string
  disabled: boolean
  sessions: number
  last_seen_at: string | null
  has_password: boolean
}

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await setUp(netra)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

const call = requestsAs(() => netra)

const users = (query: string) =>
  call<{ users: Listed[]; total: number }>(root, 'GET', `/auth/admin/users${query}`)

test('users are found by part of address or name, a page at a time', async () => {
  for (const name of ['zoe', 'zara', 'zeno']) await register(netra.url, `${name}@zoo.example.com`)
  const all = await users('?q=ZOO.EX')
  expect(all.body.total).toBe(3)
  expect(all.body.users.map(({ email }) => email)).toEqual([
    'zoe@zoo.example.com',
    'zara@zoo.example.com',
    'zeno@zoo.example.com',
  ])
  const page = await users('?q=zoo&limit=1&offset=1')
  expect(page.body).toMatchObject({ total: 3, users: [{ email: 'zara@zoo.example.com' }] })
  for (const pattern of ['%', '_', '%25zoo', '\\']) {
    const { body } = await users(`?q=${encodeURIComponent(pattern)}`)
    expect(body).toEqual({ users: [], total: 0 })
  }
  expect(all.body.users[0]).toMatchObject({
    role: 'user',
    disabled: false,
    sessions: 1,
    has_password: true,
    two_factor: false,
    email_verified: false,
    is_test_user: false,
    last_seen_at: expect.stringMatching(/^2\d{3}-/),
  })
})

test('a user whom the administrator makes chooses a password by a link that works once', async () => {
  const made = await call<{ user: Listed; url: string; expires_at: string }>(
    root,
    'POST',
    '/auth/admin/users',
    { email: 'New@Example.com', name: 'New', role: 'admin' },
  )
  expect(made.status).toBe(201)
  expect(made.body.user).toMatchObject({
    email: 'new@example.com',
    name: 'New',
    role: 'admin',
    has_password: false,
    last_seen_at: null,
  })
  const token = made.body.url.split('/reset-password#token=')[1]
  const choose = () =>
    request(`${netra.url}/auth/password/reset`, { body: { token, password: PASSWORD } })
  expect((await choose()).status).toBe(200)
  expect((await choose()).status).not.toBe(200)
  const person = await signIn(netra.url, 'new@example.com')
  expect((await call(person, 'GET', '/auth/admin/users')).status).toBe(200)
  const again = await call(root, 'POST', '/auth/admin/users', { email: 'new@example.com' })
  expect(again.status).toBe(409)
  await call(root, 'PATCH', `/auth/admin/users/${made.body.user.id}`, { role: 'user' })
})

test('a change of role holds at once: the old session ends, the next one has the new rights', async () => {
  const ada = await register(netra.url)
  const path = `/auth/admin/users/${ada.userId}`
  expect((await call(ada, 'GET', '/auth/admin/users')).status).toBe(403)
  const promoted = await call<Listed>(root, 'PATCH', path, { role: 'admin' })
  expect(promoted).toMatchObject({ status: 200, body: { role: 'admin', sessions: 0 } })
  expect((await call(ada, 'GET', '/auth/me')).status).toBe(401)
  const asAdmin = await signIn(netra.url, ada.email)
  expect((await call(asAdmin, 'GET', '/auth/admin/users')).status).toBe(200)
  await call(root, 'PATCH', path, { role: 'user' })
  expect((await call(asAdmin, 'GET', '/auth/admin/users')).status).toBe(401)
  expect((await call(await signIn(netra.url, ada.email), 'GET', '/auth/admin/users')).status).toBe(
    403,
  )
})

test('a name is changed without ending anything', async () => {
  const ada = await register(netra.url)
  const renamed = await call(root, 'PATCH', `/auth/admin/users/${ada.userId}`, { name: 'Ada L.' })
  expect(renamed.body).toMatchObject({ name: 'Ada L.', sessions: 1 })
  expect((await call(ada, 'GET', '/auth/me')).body).toMatchObject({ name: 'Ada L.' })
})

test('nobody demotes, disables or removes themselves here, and the last administrator stays', async () => {
  const own = `/auth/admin/users/${root.userId}`
  for (const [method, body] of [
    ['PATCH', { role: 'user' }],
    ['PATCH', { disabled: true }],
    ['DELETE', undefined],
  ] as const) {
    expect((await call(root, method, own, body)).status).toBe(403)
  }
  const left = await call(root, 'DELETE', '/auth/me', { password: PASSWORD })
  expect(left).toMatchObject({ status: 409, body: { error_code: 'LAST_ADMINISTRATOR' } })
  expect((await call(root, 'GET', '/auth/me')).body).toMatchObject({ role: 'admin' })
})

test('of two administrators who demote each other at once one stays', async () => {
  const ada = await register(netra.url)
  await call(root, 'PATCH', `/auth/admin/users/${ada.userId}`, { role: 'admin' })
  const other = await signIn(netra.url, ada.email)
  const both = await Promise.all([
    call(root, 'PATCH', `/auth/admin/users/${other.userId}`, { role: 'user' }),
    call(other, 'PATCH', `/auth/admin/users/${root.userId}`, { role: 'user' }),
  ])
  expect(both.filter(({ status }) => status === 200)).toHaveLength(1)
  const survivor = both[0].status === 200 ? root : other
  expect((await call(survivor, 'GET', '/auth/admin/users')).status).toBe(200)
  if (survivor === other) {
    await call(other, 'PATCH', `/auth/admin/users/${root.userId}`, { role: 'admin' })
    root = await signIn(netra.url, root.email)
    await call(root, 'PATCH', `/auth/admin/users/${other.userId}`, { role: 'user' })
  }
})

const ADMIN_ROUTES: [string, string, unknown?][] = [
  ['GET', '/auth/admin/users'],
  ['POST', '/auth/admin/users', { email: 'x@example.com' }],
  ['GET', '/auth/admin/users/ID'],
  ['PATCH', '/auth/admin/users/ID', { name: 'x' }],
  ['DELETE', '/auth/admin/users/ID'],
  ['POST', '/auth/admin/users/ID/links', { kind: 'password_reset' }],
  ['DELETE', '/auth/admin/users/ID/sessions'],
  ['DELETE', '/auth/admin/users/ID/two-factor'],
  ['GET', '/auth/admin/audit'],
  ['GET', '/auth/admin/audit/export'],
  ['GET', '/api/admin/retention'],
  ['PUT', '/api/admin/retention', { days: 1 }],
]

test('ordinary users are refused on every route, strangers too, and an absent user is a 404', async () => {
  const [ada, bob] = [await register(netra.url), await register(netra.url)]
  for (const [method, path, body] of ADMIN_ROUTES) {
    const real = path.replace('ID', bob.userId)
    const refused = await call(ada, method, real, body)
    expect({ method, path, status: refused.status }).toEqual({ method, path, status: 403 })
    const stranger = await request(`${netra.url}${real}`, { method, ...(body ? { body } : {}) })
    expect(stranger.status).toBe(403)
    if (!path.includes('ID')) continue
    const absent = await call(root, method, path.replace('ID', 'nobody'), body)
    expect({ method, path, status: absent.status }).toEqual({ method, path, status: 404 })
  }
  expect((await call(bob, 'GET', '/auth/me')).status).toBe(200)
})

test('the list of my sessions names devices, and the button beside one ends it alone', async () => {
  const ada = await register(netra.url)
  const phone = await request<{ access_token: string }>(`${netra.url}/auth/login`, {
    headers: {
      'user-agent':
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    },
    body: { email: ada.email, password: PASSWORD },
  })
  type Session = {
    id: string
    current: boolean
    device: string
    address: string
    last_used_at: string
  }
  const mine = async () =>
    (await call<{ sessions: Session[] }>(ada, 'GET', '/auth/sessions')).body.sessions
  const sessions = await mine()
  expect(sessions).toHaveLength(2)
  const other = sessions.find(({ current }) => !current)
  expect(other).toMatchObject({
    device: 'Safari on iPhone',
    address: expect.stringMatching(/127|::1/),
  })
  expect(sessions.filter(({ current }) => current)).toHaveLength(1)
  const bob = await register(netra.url)
  const path = `/auth/sessions/${other?.id}`
  expect((await call(bob, 'DELETE', path)).status).toBe(404)
  expect((await call(root, 'DELETE', path)).status).toBe(404)
  expect((await call(ada, 'DELETE', path)).status).toBe(204)
  expect((await call(ada, 'DELETE', path)).status).toBe(404)
  const headers = { authorization: `Bearer ${phone.body.access_token}` }
  expect((await request(`${netra.url}/auth/me`, { headers })).status).toBe(401)
  expect((await mine()).map(({ current }) => current)).toEqual([true])
})
