import { afterAll, beforeAll, expect, test } from 'vitest'

import { bearer, makeKey, type MadeKey } from './support/api-key.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp } from './support/sign-in.ts'

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_LOG_LEVEL: 'debug' } })
  root = await setUp(netra)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

const make = (person: Person, scopes: string[], days?: number | null) =>
  makeKey(netra.url, person, scopes, days)

const list = async (person: Person) => {
  const { body } = await request<{ api_keys: (MadeKey & { last_used_at: string | null })[] }>(
    `${netra.url}/auth/api-keys`,
    { headers: person.headers },
  )
  return body.api_keys
}

const ENDED = 'This API key is not valid any more.'

const threadsAs = (headers: Record<string, string>) =>
  request<unknown>(`${netra.url}/api/threads`, { headers })

test('a key is shown once, works as a bearer and as X-API-Key, and says when it was last used', async () => {
  const ada = await register(netra.url)
  const made = await make(ada, ['chat:read'])
  expect(made).toMatchObject({
    key: expect.stringMatching(/^netra_[0-9a-f]{16}_[\w-]{43}$/),
    name: 'nightly report',
    scopes: ['chat:read'],
    hint: expect.stringMatching(/^netra_[0-9a-f]{16}_…$/),
  })
  const [listed] = await list(ada)
  expect(listed).toMatchObject({ id: made.id, last_used_at: null })
  expect(JSON.stringify(listed)).not.toContain(made.key)
  expect((await threadsAs(bearer(made.key))).status).toBe(200)
  expect((await threadsAs({ 'x-api-key': made.key })).status).toBe(200)
  const [used] = await list(ada)
  expect(Date.parse(used?.last_used_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
})

test('a key does what its scopes say and nothing else', async () => {
  const ada = await register(netra.url)
  const routes = [
    ['chat:read', 'GET', '/api/threads'],
    ['chat:write', 'POST', '/api/threads'],
    ['files:read', 'GET', '/api/files'],
    ['files:write', 'POST', '/api/files/sample'],
    ['account:read', 'GET', '/auth/me'],
  ] as const
  for (const [scope] of routes) {
    const { key } = await make(ada, [scope])
    for (const [needed, method, path] of routes) {
      const { status, body } = await request(`${netra.url}${path}`, {
        method,
        headers: bearer(key),
        ...(method === 'POST' && { body: {} }),
      })
      if (needed === scope) expect([200, 201]).toContain(status)
      else {
        expect({ scope, path, status }).toEqual({ scope, path, status: 403 })
        expect(body['message']).toContain(needed)
      }
    }
  }
})

test('no key reaches accounts, administration, keys or tickets, not even an administrator’s', async () => {
  const everything = [
    'chat:read',
    'chat:write',
    'files:read',
    'files:write',
    'account:read',
    'approvals:write',
    'usage:write',
  ]
  const { key } = await make(root, everything, null)
  const routes: [string, string][] = [
    ['GET', '/auth/api-keys'],
    ['POST', '/auth/api-keys'],
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions/x'],
    ['POST', '/auth/logout'],
    ['POST', '/auth/token'],
    ['POST', '/auth/password/change'],
    ['POST', '/auth/two-factor/setup'],
    ['PATCH', '/auth/me'],
    ['DELETE', '/auth/me'],
    ['GET', '/auth/me/data'],
    ['DELETE', '/api/account'],
    ['GET', '/api/account/export'],
    ['GET', '/api/approvals/unasked'],
    ['PUT', '/api/approvals/unasked'],
    ['DELETE', '/api/approvals/unasked/x'],
    ['POST', '/api/ws-ticket'],
    ['GET', '/auth/admin/users'],
    ['POST', '/auth/admin/users'],
    ['PATCH', `/auth/admin/users/${root.userId}`],
    ['DELETE', `/auth/admin/users/${root.userId}`],
    ['GET', '/auth/admin/audit'],
    ['GET', '/auth/admin/audit/export'],
    ['GET', '/auth/admin/invitations'],
    ['GET', '/api/admin/retention'],
    ['PUT', '/api/admin/retention'],
    ['GET', '/api/admin/connections'],
  ]
  for (const [method, path] of routes) {
    const { status } = await request(`${netra.url}${path}`, {
      method,
      headers: bearer(key),
      ...(method !== 'GET' && { body: {} }),
    })
    expect({ method, path, status }).toEqual({ method, path, status: 403 })
  }
})

test('a revoked key, a wrong one and a stranger’s say no more than that', async () => {
  const [ada, bob] = [await register(netra.url), await register(netra.url)]
  const made = await make(ada, ['chat:read'])
  const foreign = await request(`${netra.url}/auth/api-keys/${made.id}`, {
    method: 'DELETE',
    headers: bob.headers,
  })
  const absent = await request(`${netra.url}/auth/api-keys/nothing`, {
    method: 'DELETE',
    headers: bob.headers,
  })
  expect([foreign.status, absent.status]).toEqual([404, 404])
  expect(foreign.body['message']).toBe(absent.body['message'])
  const url = `${netra.url}/auth/api-keys/${made.id}`
  expect((await request(url, { method: 'DELETE', headers: ada.headers })).status).toBe(204)
  expect(await list(ada)).toEqual([])
  const revoked = await threadsAs(bearer(made.key))
  expect(revoked).toMatchObject({ status: 401, body: { message: ENDED } })
  const guess = `${made.key.slice(0, -43)}${'A'.repeat(43)}`
  for (const wrong of [guess, 'netra_', `${made.key}x`, 'netra_../../x', made.key.toUpperCase()]) {
    const answer = await threadsAs(bearer(wrong))
    expect(answer).toMatchObject({ status: 401, body: { message: /not valid/ } })
  }
  for (const wrong of ['x', ada.token, '']) {
    const refused = await threadsAs({ 'x-api-key': wrong })
    expect(refused.status).toBe(401)
    expect(refused.body).toMatchObject({ message: 'This API key is not valid.' })
  }
})

test('a key whose account is gone is told of as a key', async () => {
  const carla = await register(netra.url)
  const { key } = await make(carla, ['chat:read'])
  const gone = await request(`${netra.url}/auth/me`, {
    method: 'DELETE',
    headers: carla.headers,
    body: { password: PASSWORD },
  })
  expect(gone.status).toBe(204)
  expect(await threadsAs(bearer(key))).toMatchObject({ status: 401, body: { message: ENDED } })
})

test('fifty keys are enough, and their wishes are checked', async () => {
  const ada = await register(netra.url)
  const wish = (body: unknown) =>
    request(`${netra.url}/auth/api-keys`, { headers: ada.headers, body })
  for (const body of [
    { name: 'x', scopes: [] },
    { name: 'x', scopes: ['admin'] },
    { name: '', scopes: ['chat:read'] },
    { name: 'x', scopes: ['chat:read'], expires_in_days: 0 },
    { name: 'x', scopes: ['chat:read'], expires_in_days: 366 },
  ]) {
    expect((await wish(body)).status).toBe(422)
  }
  for (let n = 0; n < 50; n++) await make(ada, ['chat:read'], null)
  const tooMany = await wish({ name: 'x', scopes: ['chat:read'] })
  expect(tooMany).toMatchObject({ status: 409, body: { error_code: 'LIMIT_REACHED' } })
})

test('a misspelled wish makes no key: one that was to end would never', async () => {
  const ada = await register(netra.url)
  const body = { name: 'nightly report', scopes: ['chat:read'], expire_in_days: 1 }
  const answer = await request(`${netra.url}/auth/api-keys`, { headers: ada.headers, body })
  expect(answer).toMatchObject({
    status: 422,
    body: { message: 'What was sent has fields that are not known: expire_in_days' },
  })
  expect(await list(ada)).toEqual([])
})

test('no key stands in the log, whether it was good, revoked or wrong (S9)', async () => {
  const ada = await register(netra.url)
  const made = await make(ada, ['chat:read'])
  const secret = made.key.slice(-43)
  const use = async () => {
    await threadsAs(bearer(made.key))
    await threadsAs({ 'x-api-key': `${made.key}x` })
    const socket = await openSocket(netra.url)
    socket.send(hello(made.key))
    await Promise.race([socket.closed, socket.next(({ type }) => type === 'welcome')])
  }
  await use()
  const url = `${netra.url}/auth/api-keys/${made.id}`
  await request(url, { method: 'DELETE', headers: ada.headers })
  await use()
  expect(netra.log().length).toBeGreaterThan(1_000)
  expect(netra.log()).not.toContain(secret)
})
