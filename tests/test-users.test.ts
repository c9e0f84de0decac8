import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer } from '../packages/server/src/server.ts'
import { healthy, startAuthProcess, startNode } from './support/auth-process.ts'
import { request } from './support/http.ts'
import { MovingClock } from './support/moving-clock.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

const SECRET = 'a staging secret of at least 32 characters'
const KEY = 'a key of a test suite'
const ENV = { E2E_OAUTH_SIMULATION_KEY: KEY, JWT_SECRET_STAGING: SECRET, NETRA_DEMO: '1' }
const DIGITS = '123456789012345678901'

let netra: NetraProcess

beforeAll(async () => {
  netra = await startNetra({ env: ENV })
})
afterAll(() => netra[Symbol.asyncDispose]())

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signed(claims: object, options: { header?: object; secret?: string } = {}): string {
  const { header = { alg: 'HS256', typ: 'JWT' }, secret = SECRET } = options
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const soon = (): number => Math.floor(Date.now() / 1000) + 600
const tokenOf = (sub: string, more: object = {}): string => signed({ sub, exp: soon(), ...more })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

interface Me {
  id: string
  email: string
  role: string
  is_test_user?: boolean
}

interface Signed {
  access_token: string
  refresh_token: string
  user: { id: string; email: string }
  is_test_user: boolean
  user_expires_at: string
}

const me = (token: string, url = netra.url) => request<Me>(`${url}/auth/me`, bearer(token))

const testAuth = (body: object, key: string | undefined = KEY, url = netra.url) =>
  request<Signed>(`${url}/auth/e2e/test-auth`, {
    body,
    headers: { ...(key !== undefined && { 'x-e2e-bypass-key': key }) },
  })

test.each([
  ['a UUID', '0195f0d2-4b1c-7abc-8def-0123456789ab'],
  ['15 digits', '123456789012345'],
  ['21 digits', DIGITS],
  ['digits with zeros before them', '000000000000000000017'],
  ['staging-e2e-user-001', 'staging-e2e-user-001'],
  ['any text', "Zoë O'Brien/1:2 👩‍🚀 %2F"],
  ['128 characters', 'x'.repeat(128)],
])('an HS256 test token with %s as its subject makes and names a test user', async (_form, sub) => {
  const token = tokenOf(sub, { role: 'admin', permissions: ['admin'], name: 'Testa' })
  const answer = await me(token)
  expect(answer).toMatchObject({ status: 200, body: { id: sub, role: 'user' } })
  expect((await me(tokenOf(sub, { jti: 'another' }))).body.id).toBe(sub)
  const admin = await request(`${netra.url}/auth/admin/invitations`, bearer(token))
  expect(admin.status).toBe(403)
})

test.each([DIGITS, '000000000000000000017', "Zoë O'Brien/1:2 👩‍🚀 %2F", 'x'.repeat(128)])(
  'a subject comes back as it is from token, store, welcome, events and JSON: %s',
  async (sub) => {
    const token = tokenOf(sub, { jti: 'chat' })
    using socket = await openSocket(netra.url)
    socket.send(hello(token))
    const welcome = await socket.next(({ type }) => type === 'welcome')
    expect(welcome['user_id']).toBe(sub)
    socket.send({ type: 'subscribe', id: 's', stream: `user:${sub}`, position: null })
    await socket.next(({ type, id }) => type === 'ok' && id === 's')
    socket.send({
      type: 'send_message',
      id: 'm',
      client_message_id: 'm',
      thread_id: null,
      content: [{ type: 'text', text: 'Hello' }],
    })
    const ok = await socket.next(({ type, id }) => type === 'ok' && id === 'm')
    socket.send({
      type: 'subscribe',
      id: 't',
      stream: `thread:${String(ok['thread_id'])}`,
      position: null,
    })
    const started = await socket.next(
      ({ type, event }) => type === 'event' && (event as { type: string }).type === 'agent_started',
    )
    expect((started['event'] as { user_id: unknown }).user_id).toBe(sub)
    const text = await (await fetch(`${netra.url}/auth/me`, bearer(token))).text()
    expect(text).toContain(JSON.stringify(sub))
  },
)

test('a test token is refused unless its algorithm, secret, times and audience are right', async () => {
  const now = Math.floor(Date.now() / 1000)
  const good = { sub: 'refused-subject', exp: soon() }
  const refused = {
    'alg none': `${part({ alg: 'none', typ: 'JWT' })}.${part(good)}.`,
    'alg HS512': signed(good, { header: { alg: 'HS512', typ: 'JWT' } }),
    'typ missing': signed(good, { header: { alg: 'HS256' } }),
    'another secret': signed(good, { secret: 'another secret of at least 32 characters' }),
    'no exp': signed({ sub: good.sub }),
    'exp beyond a day': signed({ ...good, exp: now + 25 * 3600 }),
    'exp as text': signed({ ...good, exp: String(soon()) }),
    expired: signed({ ...good, exp: now - 61 }),
    'iat ahead': signed({ ...good, iat: now + 120 }),
    'iat as text': signed({ ...good, iat: 'now' }),
    'nbf ahead': signed({ ...good, nbf: now + 120 }),
    'another audience': signed({ ...good, aud: 'other' }),
    'several audiences': signed({ ...good, aud: ['netra', 'other'] }),
    'another type': signed({ ...good, type: 'refresh' }),
    'sub as number': signed({ ...good, sub: 123_456_789 }),
    'sub empty': signed({ ...good, sub: '' }),
    'sub too long': signed({ ...good, sub: 'x'.repeat(129) }),
    'sub of a service': signed({ ...good, sub: 'service:netra-backend' }),
    'sub of half a character': signed({ ...good, sub: 'a\ud800' }),
    'a changed body': tokenOf('a').replace(/\.[^.]+\./, `.${part(good)}.`),
  }
  for (const [name, token] of Object.entries(refused)) {
    expect([name, (await me(token)).status]).toEqual([name, 401])
  }
  expect((await me(signed(good))).status).toBe(200)
})

test('a test token never names a real account, whatever it says', async () => {
  const person = await register(netra.url, 'real@example.com')
  const taken = await me(tokenOf(person.userId))
  expect(taken.status).toBe(401)
  const byMail = await me(tokenOf('somebody-else', { email: 'real@example.com' }))
  expect(byMail.body.id).toBe('somebody-else')
  expect(byMail.body.email).not.toBe('real@example.com')
  expect(await testAuth({ user_id: person.userId })).toMatchObject({ status: 409 })
})

test('the E2E key makes a test user, and nothing else does', async () => {
  const made = await testAuth({ user_id: 'e2e-user-7', name: 'Robot' })
  expect(made).toMatchObject({
    status: 200,
    body: { user: { id: 'e2e-user-7', name: 'Robot' }, is_test_user: true, token_type: 'Bearer' },
  })
  const left = Date.parse(made.body.user_expires_at) - Date.now()
  expect(left).toBeGreaterThan(23 * 3600_000)
  expect(left).toBeLessThanOrEqual(24 * 3600_000)
  expect((await me(made.body.access_token)).body.id).toBe('e2e-user-7')
  expect((await testAuth({}, 'a key of a test suitf')).status).toBe(401)
  expect((await testAuth({}, '')).status).toBe(401)
  const refreshed = await request(`${netra.url}/auth/refresh`, {
    body: { refresh_token: made.body.refresh_token },
  })
  expect(refreshed.status).toBe(200)
})

test('an administrator can make nothing lasting of a test user', async () => {
  const setup = await request<Signed>(`${netra.url}/auth/setup`, {
    body: { token: netra.setupToken, email: 'root@example.com', password: PASSWORD },
  })
  const admin = bearer(setup.body.access_token)
  const { user, access_token: token } = (await testAuth({ user_id: '222222222222222' })).body
  const one = `${netra.url}/auth/admin/users/${user.id}`
  const asAdmin = (path: string, body: unknown, method = 'POST') =>
    request(`${one}${path}`, { ...admin, method, body })
  expect((await asAdmin('', { role: 'admin' }, 'PATCH')).status).toBe(422)
  expect((await asAdmin('/links', { kind: 'password_reset' })).status).toBe(403)
  expect((await me(token)).body).toMatchObject({ role: 'user', is_test_user: true })

  const key = await request<{ key: string }>(`${netra.url}/auth/api-keys`, {
    ...bearer(token),
    body: { name: 'outlives', scopes: ['account:read'], expires_in_days: 365 },
  })
  expect(key.status).toBe(201)
  expect((await me(key.body.key)).body).toMatchObject({ id: user.id, is_test_user: true })
  expect((await request(one, { ...admin, method: 'DELETE' })).status).toBe(204)
  expect((await me(key.body.key)).status).toBe(401)
  expect((await me(token)).status).toBe(401)
})

test('anybody may enter a demonstration, as a user of two hours', async () => {
  const made = await request<Signed>(`${netra.url}/auth/demo`, { body: {} })
  expect(made).toMatchObject({ status: 201, body: { is_test_user: true } })
  const left = Date.parse(made.body.user_expires_at) - Date.now()
  expect(left).toBeLessThanOrEqual(2 * 3600_000)
  const cookie = made.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  expect((await request<Me>(`${netra.url}/auth/me`, { headers: { cookie } })).body.id).toBe(
    made.body.user.id,
  )
})

test('open doors are told by health, config and the log', async () => {
  const config = await request(`${netra.url}/api/config`)
  expect(config.body).toMatchObject({ demo: true, e2e: true })
  expect((await request(`${netra.url}/health`)).body).toMatchObject({ demo: true, e2e: true })
  expect((await request(`${netra.url}/ws/health`)).body).toMatchObject({
    e2e_testing: { enabled: true },
  })
  for (const name of Object.keys(ENV)) expect(netra.log()).toContain(name)
  expect(netra.log()).not.toContain(SECRET)
  expect(netra.log()).not.toContain(KEY)
})

test('no door of this kind is open by default', async () => {
  await using plain = await startNetra()
  expect((await me(tokenOf('x'), plain.url)).status).toBe(401)
  expect((await testAuth({}, KEY, plain.url)).status).toBe(404)
  expect((await request(`${plain.url}/auth/demo`, { body: {} })).status).toBe(404)
  expect((await request(`${plain.url}/api/config`)).body).toMatchObject({ demo: false, e2e: false })
})

test.each(Object.entries(ENV))('in production %s stops the start', async (name, value) => {
  const starting = startNetra({ env: { NETRA_ENV: 'production', [name]: value } })
  await expect(starting).rejects.toThrow(`Unset ${name}`)
  const https = { NETRA_PUBLIC_URL: 'https://netra.example', [name]: value }
  expect(() => loadConfig(https)).toThrow(`unset ${name}, or set NETRA_ENV`)
  expect(() => loadConfig({ ...https, NETRA_ENV: 'staging' })).not.toThrow()
})

test('an auth service of its own makes test users for its nodes', async () => {
  await using auth = await startAuthProcess({ env: ENV })
  await using node = await startNode(auth.url)
  await healthy(node.url)
  const token = tokenOf(DIGITS, { jti: 'of a node' })
  expect((await me(token, node.url)).body).toMatchObject({ id: DIGITS, is_test_user: true })
  using socket = await openSocket(node.url)
  socket.send(hello(token))
  expect(await socket.next(({ type }) => type === 'welcome')).toMatchObject({ user_id: DIGITS })
  expect((await testAuth({ user_id: 'e2e-by-node' }, KEY, node.url)).body.user.id).toBe(
    'e2e-by-node',
  )
  expect((await testAuth({}, 'another key of a suite', node.url)).status).toBe(401)
  expect((await request(`${node.url}/ws/health`)).body).toMatchObject({
    e2e_testing: { enabled: true },
  })
  const none = await request(`${auth.url}/auth/nothing`)
  expect(none).toMatchObject({ status: 404, body: { error: true, error_code: 'NOT_FOUND' } })
  const wrong = await request(`${auth.url}/auth/login`, { method: 'PUT', body: {} })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  expect((await request<string>(`${auth.url}/metrics`)).body).toContain('netra_http_failures_total')
}, 60_000)

test('turned off, the next start lets none of them in and erases them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-test-users-'))
  try {
    const token = tokenOf('left-over')
    let made: Signed
    {
      await using open = await startNetra({ folder, env: ENV })
      expect((await me(token, open.url)).status).toBe(200)
      made = (await testAuth({}, KEY, open.url)).body
    }
    await using closed = await startNetra({ folder })
    expect((await me(token, closed.url)).status).toBe(401)
    expect((await me(made.access_token, closed.url)).status).toBe(401)
    const refreshed = await request(`${closed.url}/auth/refresh`, {
      body: { refresh_token: made.refresh_token },
    })
    expect(refreshed.status).toBe(401)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a test user is erased with all chats when its time has come, and its id is free again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-test-users-'))
  const clock = new MovingClock()
  const config = loadConfig({ ...ENV, NETRA_DATA_DIR: folder, PORT: '0' })
  try {
    await using server = await startServer(config, { clock, logger: silentLogger })
    const url = `http://127.0.0.1:${server.port}`
    const sub = 'nightly-user'
    const enter = () => testAuth({ user_id: sub }, KEY, url)
    const first = (await enter()).body
    const made = await request<{ id: string }>(`${url}/api/threads`, {
      ...bearer(first.access_token),
      body: { title: 'MARKER of the first night' },
    })
    expect(made.status).toBe(201)
    using socket = await openSocket(url)
    socket.send(hello(first.access_token))
    await socket.next(({ type }) => type === 'welcome')

    const key = await request<{ key: string }>(`${url}/auth/api-keys`, {
      ...bearer(first.access_token),
      body: { name: 'outlives', scopes: ['account:read'], expires_in_days: 365 },
    })
    expect((await me(key.body.key, url)).status).toBe(200)

    clock.advance(24 * 3600_000)
    expect((await me(key.body.key, url)).status).toBe(401)
    expect((await socket.closed).code).toBeGreaterThanOrEqual(4000)
    expect((await me(first.access_token, url)).status).toBe(401)
    const second = await eventually(
      enter,
      ({ status }) => status === 200,
      () => clock.advance(31_000),
    )
    expect(second.body.user.id).toBe(sub)
    const threads = await request<unknown>(`${url}/api/threads`, bearer(second.body.access_token))
    expect(JSON.stringify(threads.body)).not.toContain('MARKER')
    const again = await request(`${url}/api/threads`, {
      ...bearer(second.body.access_token),
      body: { title: 'The second night' },
    })
    expect(again.status).toBe(201)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

async function eventually<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  between: () => void,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask()
    if (fits(answer) || tries > 50) return answer
    between()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
