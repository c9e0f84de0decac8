import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

const E2E_KEY = 'PLANTED-e2e-key-of-the-suite'
const STAGING = 'PLANTED-staging-secret-of-at-least-32-characters'

let netra: NetraProcess
let ada: Person

beforeAll(async () => {
  netra = await startNetra({
    env: {
      NETRA_LOG_LEVEL: 'debug',
      NETRA_TRUSTED_PROXIES: '127.0.0.1',
      NETRA_REGISTRATION: 'open',
      E2E_OAUTH_SIMULATION_KEY: E2E_KEY,
      JWT_SECRET_STAGING: STAGING,
    },
  })
  ada = await register(netra.url, 'planted-ada@example.com')
})
afterAll(() => netra[Symbol.asyncDispose]())

type Line = Record<string, unknown>

const lines = (): Line[] =>
  netra
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** The lines that say this, once there is one. */
async function logged(message: string, fields: Line): Promise<Line> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = lines().find(
      (line) =>
        line['msg'] === message &&
        Object.entries(fields).every(([name, value]) => line[name] === value),
    )
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no line "${message}" with ${JSON.stringify(fields)} in\n${netra.log()}`)
}

const FROM = { 'x-forwarded-for': '203.0.113.5' }

test('connecting and closing are logged with user, address, origin and code, without content (S39)', async () => {
  const origin = new URL(netra.url).origin
  const ticket = await request<{ ticket: string }>(`${netra.url}/api/ws-ticket`, {
    method: 'POST',
    headers: { cookie: ada.cookie, origin },
  })
  const headers = { ...FROM, cookie: ada.cookie }
  const who = { user_id: ada.userId, ip: '203.0.113.5', origin }
  {
    using socket = await openSocket(netra.url, { origin, headers })
    socket.send({ ...hello(''), token: undefined, ticket: ticket.body.ticket })
    await socket.next(({ type }) => type === 'welcome')
    socket.send({
      type: 'send_message',
      id: 'm',
      client_message_id: 'm',
      thread_id: null,
      content: [{ type: 'text', text: 'PLANTED content of a message' }],
    })
    await socket.next(({ type, id }) => type === 'ok' && id === 'm')
    await logged('socket welcomed', who)
  }
  await logged('socket closed by the client', { ...who, code: 1006 })
  {
    using socket = await openSocket(netra.url, { headers: FROM })
    socket.send(hello(ada.token))
    await socket.next(({ type }) => type === 'welcome')
    for (let count = 0; count < 20; count += 1) socket.send('{"type":"PLANTED nonsense"')
    await socket.closed
    await logged('socket closed by the server', { user_id: ada.userId, code: 4500 })
  }
  expect(netra.log()).not.toContain(ticket.body.ticket)
})

test('a proof that does not hold and a right that is missing are logged, at socket and HTTP (S39)', async () => {
  using socket = await openSocket(netra.url, { headers: FROM })
  socket.send(hello('PLANTED.false.token'))
  expect((await socket.closed).code).toBe(4501)
  await logged('socket closed by the server', { code: 4501, ip: '203.0.113.5' })

  const authorization = 'Bearer PLANTED.false.token'
  const origin = new URL(netra.url).origin
  await request(`${netra.url}/auth/me`, { headers: { ...FROM, authorization, origin } })
  await logged('not authenticated', { ip: '203.0.113.5', origin, status: 401, code: 'AUTH_FAILED' })

  await request(`${netra.url}/auth/admin/invitations?secret=PLANTED-query`, {
    headers: { ...FROM, ...ada.headers },
  })
  await logged('not allowed', {
    user_id: ada.userId,
    ip: '203.0.113.5',
    status: 403,
    url: '/auth/admin/invitations',
  })

  await request(`${netra.url}/auth/login`, {
    headers: FROM,
    body: { email: ada.email, password: 'PLANTED wrong password' },
  })
  await logged('not authenticated', { url: '/auth/login', ip: '203.0.113.5' })
  await expect(
    openSocket(netra.url, { origin: 'https://evil.example', headers: FROM }),
  ).rejects.toThrow('403')
  await logged('upgrade refused', {
    status: 403,
    ip: '203.0.113.5',
    origin: 'https://evil.example',
  })
})

test('who met a limit is logged, twice a minute however often (S16, S39)', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.6' }
  const wrong = () =>
    request(`${netra.url}/auth/login`, {
      headers,
      body: { email: 'planted-eve@example.com', password: 'PLANTED guess' },
    })
  for (let count = 0; count < 20; count += 1) await wrong()
  await logged('a limit was met', { limit: 'sign_in', ip: '203.0.113.6', code: 429 })
  await logged('locked after too many failed attempts', { ip: '203.0.113.6' })
  expect(lines().filter((line) => line['msg'] === 'a limit was met')).toHaveLength(2)
})

test('no secret, text or e-mail address is in any line (S9, S39)', async () => {
  await request(`${netra.url}/auth/e2e/test-auth`, {
    headers: { 'x-e2e-bypass-key': E2E_KEY },
    body: { user_id: 'logged-robot' },
  })
  const text = netra.log()
  expect(text).toContain('socket welcomed')
  expect(text.match(/PLANTED[^"]*/g)).toBeNull()
  for (const secret of ['planted-', 'correct horse', ada.token, ada.cookie.split('=')[1] ?? '-']) {
    expect(text).not.toContain(secret)
  }
})
