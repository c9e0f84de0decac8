import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { healthy, startAuthProcess, startNode } from './support/auth-process.ts'
import { openEventStream } from './support/event-stream.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import type { NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp } from './support/sign-in.ts'

/** The same, with the accounts in a process of their own. */
let service: NetraProcess
let node: NetraProcess
let root: Person

beforeAll(async () => {
  service = await startAuthProcess()
  node = await startNode(service.url)
  await healthy(node.url)
  root = await setUp({ url: node.url, setupToken: service.setupToken })
}, 120_000)
afterAll(async () => {
  for (const one of [node, service]) await one?.[Symbol.asyncDispose]()
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

async function keyOf(person: Person): Promise<{ id: string; key: string }> {
  const { status, body } = await request<{ id: string; key: string }>(`${node.url}/auth/api-keys`, {
    headers: person.headers,
    body: { name: 'x', scopes: ['chat:read', 'account:read'], expires_in_days: 1 },
  })
  expect(status).toBe(201)
  return body
}

test('a key works at the node, in a socket and a stream, and ends there within a second (S11)', async () => {
  const ada = await register(node.url)
  const { id, key } = await keyOf(ada)
  expect((await request(`${node.url}/api/threads`, { headers: bearer(key) })).status).toBe(200)
  const named = await request(`${node.url}/auth/me`, { headers: { 'x-api-key': key } })
  expect(named.body).toMatchObject({ id: ada.userId })
  const refused = await request(`${node.url}/api/files`, { headers: { 'x-api-key': key } })
  expect(refused.status).toBe(403)
  const socket = await openSocket(node.url)
  socket.send(hello(key))
  await socket.next(({ type }) => type === 'welcome')
  using events = await openEventStream(node.url, { stream: `user:${ada.userId}` }, bearer(key))
  await events.next(({ type }) => type === 'live')
  const revoked = await request(`${node.url}/auth/api-keys/${id}`, {
    method: 'DELETE',
    headers: ada.headers,
  })
  const answeredAt = performance.now()
  expect(revoked.status).toBe(204)
  const [{ code }, { message }] = await Promise.all([
    socket.closed,
    events.next(({ type }) => type === 'goaway'),
  ])
  const ms = Math.round(performance.now() - answeredAt)
  process.stderr.write(`accounts elsewhere, key revoked: ${code} after ${ms} ms\n`)
  expect([code, message['code']]).toEqual([4503, 4503])
  expect(ms).toBeLessThan(1_000)
  expect((await request(`${node.url}/api/threads`, { headers: bearer(key) })).status).toBe(401)
})

test.each([
  ['disabling', 4507, 'PATCH', { disabled: true }],
  ['a change of role', 4503, 'PATCH', { role: 'admin' }],
  ['removal', 4507, 'DELETE', undefined],
])(
  '%s closes the node’s sockets with %i within a second (S11)',
  async (what, code, method, body) => {
    const ada = await register(node.url)
    const socket = await openSocket(node.url)
    socket.send(hello(ada.token))
    await socket.next(({ type }) => type === 'welcome')
    const { status } = await request(`${node.url}/auth/admin/users/${ada.userId}`, {
      method,
      headers: root.headers,
      ...(body && { body }),
    })
    const answeredAt = performance.now()
    expect([200, 204]).toContain(status)
    expect((await socket.closed).code).toBe(code)
    const ms = Math.round(performance.now() - answeredAt)
    process.stderr.write(`accounts elsewhere, ${what}: ${code} after ${ms} ms\n`)
    expect(ms).toBeLessThan(1_000)
  },
)

test('the archive has the account from there and the conversations from here; then all of it goes', async () => {
  const ada = await register(node.url)
  await request(`${node.url}/api/threads`, { headers: ada.headers, body: { title: 'zqtitle' } })
  const response = await fetch(`${node.url}/api/account/export`, { headers: ada.headers })
  expect(response.status).toBe(200)
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()))
  const account = JSON.parse(strFromU8(files['account.json'] ?? new Uint8Array()))
  expect(account).toMatchObject({ profile: { id: ada.userId, email: ada.email } })
  expect(Object.keys(files).some((name) => name.includes('zqtitle'))).toBe(true)
  const gone = await request(`${node.url}/api/account`, {
    method: 'DELETE',
    headers: ada.headers,
    body: { password: PASSWORD },
  })
  expect(gone.status).toBe(204)
  const statusNow = async () =>
    (await request(`${node.url}/api/threads`, { headers: ada.headers })).status
  await expect.poll(statusNow, { timeout: 1_000 }).toBe(401)
  await expect.poll(() => node.log(), { timeout: 20_000 }).toContain('a removed account was erased')
})

test('what runs at a node for a user disabled elsewhere stops within a second (S30)', async () => {
  await using model = await startModelServer({
    script: [{ text: 'word '.repeat(2_000), paceMs: 50 }],
  })
  const env = {
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/slow',
    OPENAI_API_KEY: 'x',
  }
  await using slow = await startNode(service.url, { env })
  await healthy(slow.url)
  const ada = await register(slow.url)
  const body = { content: 'a long story, please' }
  await request(`${slow.url}/api/chat/messages`, { headers: ada.headers, body })
  await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(1)
  await request(`${node.url}/auth/admin/users/${ada.userId}`, {
    method: 'PATCH',
    headers: root.headers,
    body: { disabled: true },
  })
  const answeredAt = performance.now()
  await model.requests[0]?.closed
  const ms = Math.round(performance.now() - answeredAt)
  process.stderr.write(`accounts elsewhere, disabled: the model's request ended after ${ms} ms\n`)
  expect(ms).toBeLessThan(1_000)
  expect(model.requests[0]?.aborted).toBe(true)
})
