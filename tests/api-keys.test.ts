import { afterAll, beforeAll, expect, test } from 'vitest'

import { administrator } from './support/administrator.ts'
import { openEventStream } from './support/event-stream.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await administrator(netra.url, netra.setupToken)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

interface Made {
  id: string
  key: string
  name: string
  scopes: string[]
  hint: string
  expires_at: string | null
}

async function make(person: Person, scopes: string[], expires: number | null = 30): Promise<Made> {
  const { status, body } = await request<Made>(`${netra.url}/auth/api-keys`, {
    headers: person.headers,
    body: { name: 'nightly report', scopes, expires_in_days: expires },
  })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

const list = async (person: Person) => {
  const { body } = await request<{ api_keys: (Made & { last_used_at: string | null })[] }>(
    `${netra.url}/auth/api-keys`,
    { headers: person.headers },
  )
  return body.api_keys
}

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
  const everything = ['chat:read', 'chat:write', 'files:read', 'files:write', 'account:read']
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

test('a socket of a key reads and sends as its scopes say', async () => {
  const ada = await register(netra.url)
  const [reader, writer] = [await make(ada, ['chat:read']), await make(ada, ['chat:write'])]
  const stream = `user:${ada.userId}`
  const message = {
    type: 'send_message',
    id: 'send',
    client_message_id: 'one',
    thread_id: null,
    content: [{ type: 'text', text: 'hello' }],
  }
  using reading = await openSocket(netra.url)
  reading.send(hello(reader.key, { resume: [{ stream, position: null }] }))
  expect(await reading.next(({ type }) => type === 'welcome')).toMatchObject({
    user_id: ada.userId,
    streams: [{ stream, status: expect.not.stringMatching('not_found') }],
  })
  reading.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await reading.next(({ id }) => id === 'sub')).toMatchObject({ type: 'ok' })
  reading.send(message)
  expect(await reading.next(({ id }) => id === 'send')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:write'),
  })
  using writing = await openSocket(netra.url)
  writing.send(hello(writer.key, { resume: [{ stream, position: null }] }))
  expect(await writing.next(({ type }) => type === 'welcome')).toMatchObject({
    streams: [{ stream, status: 'not_found', head: null }],
  })
  writing.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await writing.next(({ id }) => id === 'sub')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:read'),
  })
  writing.send(message)
  expect(await writing.next(({ id }) => id === 'send')).toMatchObject({ type: 'ok' })
  expect(writing.frames.filter(({ type }) => type === 'event')).toEqual([])
})

test('a key of the bearer header opens a socket; streams by plain requests take it too', async () => {
  const ada = await register(netra.url)
  const { key } = await make(ada, ['chat:read'])
  using socket = await openSocket(netra.url, { headers: bearer(key) })
  const { token: _token, ...greeting } = hello('')
  socket.send(greeting)
  const welcome = await socket.next(({ type }) => type === 'welcome')
  expect(welcome).toMatchObject({ user_id: ada.userId })
  using events = await openEventStream(
    netra.url,
    { stream: `user:${ada.userId}` },
    { 'x-api-key': key },
  )
  await events.next(({ type }) => type === 'live')
})

test('a socket that goes on with a key has the rights of the key, and ends with it', async () => {
  const ada = await register(netra.url)
  const made = await make(ada, ['chat:write'])
  const stream = `user:${ada.userId}`
  const socket = await openSocket(netra.url)
  socket.send(hello(ada.token, { resume: [{ stream, position: null }] }))
  await socket.next(({ type }) => type === 'live')
  socket.send({ type: 'authenticate', token: made.key })
  await socket.next(({ type }) => type === 'authenticated')
  const title = { headers: ada.headers, body: { title: 'unseen' } }
  expect((await request(`${netra.url}/api/threads`, title)).status).toBe(201)
  socket.send({ type: 'subscribe', id: 'sub', stream, position: null })
  expect(await socket.next(({ id }) => id === 'sub')).toMatchObject({
    type: 'error',
    message: expect.stringContaining('chat:read'),
  })
  expect(JSON.stringify(socket.frames)).not.toContain('unseen')
  const url = `${netra.url}/auth/api-keys/${made.id}`
  await request(url, { method: 'DELETE', headers: ada.headers })
  expect((await socket.closed).code).toBe(4503)
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
  expect(revoked).toMatchObject({ status: 401, body: { message: /has ended/ } })
  const guess = `${made.key.slice(0, -43)}${'A'.repeat(43)}`
  for (const wrong of [guess, 'netra_', `${made.key}x`, 'netra_../../x', made.key.toUpperCase()]) {
    const answer = await threadsAs(bearer(wrong))
    expect(answer).toMatchObject({ status: 401, body: { message: /not valid/ } })
  }
  for (const wrong of ['x', ada.token, '']) {
    expect((await threadsAs({ 'x-api-key': wrong })).status).toBe(401)
  }
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
