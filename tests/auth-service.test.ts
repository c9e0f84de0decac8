import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  healthy,
  SERVICE_SECRET,
  startAuthProcess,
  startNode,
  until,
} from './support/auth-process.ts'
import { request } from './support/http.ts'
import type { NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let service: NetraProcess
let node: NetraProcess
let other: NetraProcess

beforeAll(async () => {
  service = await startAuthProcess()
  ;[node, other] = await Promise.all([startNode(service.url), startNode(service.url)])
  await Promise.all([healthy(node.url), healthy(other.url)])
}, 120_000)

afterAll(async () => {
  for (const one of [node, other, service]) await one?.[Symbol.asyncDispose]()
})

const welcomed = async (url: string, token: string) => {
  const socket = await openSocket(url)
  socket.send(hello(token))
  await Promise.race([
    socket.next((frame) => frame.type === 'welcome'),
    socket.closed.then(({ code, reason }) => {
      throw new Error(`closed with ${code}: ${reason}`)
    }),
  ])
  return socket
}

const page = (someone: Person, url: string) => ({ cookie: someone.cookie, origin: url })

test('a node without a store of accounts registers, knows and welcomes people', async () => {
  const person = await register(node.url)
  const me = await request(`${node.url}/auth/me`, { headers: person.headers })
  expect(me.body).toMatchObject({ id: person.userId, email: person.email })
  const threads = await request(`${node.url}/api/threads`, { headers: { cookie: person.cookie } })
  expect(threads.status).toBe(200)
  using socket = await welcomed(node.url, person.token)
  expect(socket.frames[0]).toMatchObject({ type: 'welcome', user_id: person.userId })
  using elsewhere = await welcomed(other.url, person.token)
  expect(elsewhere.frames[0]).toMatchObject({ type: 'welcome', user_id: person.userId })
})

test('a logout at one node ends the sockets at every node within a second (S11)', async () => {
  const person = await register(node.url)
  const sockets = [
    await welcomed(node.url, person.token),
    await welcomed(other.url, person.token),
    await welcomed(other.url, person.token),
  ]
  const begun = performance.now()
  const answer = await request(`${node.url}/auth/logout`, {
    method: 'POST',
    headers: person.headers,
  })
  expect(answer.status).toBe(200)
  const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code))
  const ms = performance.now() - begun
  expect(codes).toEqual([4503, 4503, 4503])
  expect(ms).toBeLessThan(1_000)
  for (const url of [node.url, other.url]) {
    const refused = await request(`${url}/api/threads`, { headers: person.headers })
    expect(refused.status).toBe(401)
  }
})

test('of two nodes one redeems a ticket, once (S4)', async () => {
  const person = await register(node.url)
  const { body } = await request<{ ticket: string }>(`${node.url}/api/ws-ticket`, {
    method: 'POST',
    headers: page(person, node.url),
  })
  const attempt = async (at: NetraProcess) => {
    const socket = await openSocket(at.url, {
      origin: at.url,
      headers: { cookie: person.cookie },
    })
    socket.send({ ...hello(''), token: undefined, ticket: body.ticket })
    const end = await Promise.race([
      socket.next((frame) => frame.type === 'welcome').then(() => 'welcome'),
      socket.closed.then(({ code }) => code),
    ])
    socket[Symbol.dispose]()
    return end
  }
  const ends = await Promise.all([attempt(other), attempt(node), attempt(other)])
  expect(ends.filter((end) => end === 'welcome')).toHaveLength(1)
  expect(ends.filter((end) => end === 4501)).toHaveLength(2)
})

test('two tabs that refresh at once through a node stay signed in', async () => {
  const person = await register(node.url)
  const login = await request<{ refresh_token: string }>(`${node.url}/auth/login`, {
    body: { email: person.email, password: PASSWORD },
  })
  const refresh = (at: NetraProcess, token: string) =>
    request<{ refresh_token: string; access_token: string }>(`${at.url}/auth/refresh`, {
      body: { refresh_token: token },
    })
  const tabs = await Promise.all([
    refresh(node, login.body.refresh_token),
    refresh(other, login.body.refresh_token),
  ])
  expect(tabs.map(({ status }) => status)).toEqual([200, 200])
  for (const { body } of tabs) {
    const again = await refresh(node, body.refresh_token)
    expect(again.status).toBe(200)
    const headers = { authorization: `Bearer ${again.body.access_token}` }
    expect((await request(`${other.url}/api/threads`, { headers })).status).toBe(200)
  }
})

const serviceToken = async (secret = SERVICE_SECRET) =>
  request<{ access_token: string; expires_in: number }>(`${service.url}/auth/service-token`, {
    body: { service_id: 'netra-backend', service_secret: secret },
  })

test("a service's token opens no person's route and no socket (S42)", async () => {
  const { status, body } = await serviceToken()
  expect(status).toBe(200)
  expect(body.expires_in).toBe(3600)
  const claims: unknown = JSON.parse(
    Buffer.from(body.access_token.split('.')[1] ?? '', 'base64url').toString(),
  )
  expect(claims).toMatchObject({
    sub: 'service:netra-backend',
    type: 'service',
    aud: 'netra-auth',
    iss: 'netra-auth-service',
  })
  const headers = { authorization: `Bearer ${body.access_token}` }
  for (const at of [node.url, service.url]) {
    for (const path of ['/auth/me', '/auth/sessions', '/auth/admin/users', '/auth/api-keys']) {
      const { status: refused } = await request(`${at}${path}`, { headers })
      expect([path, refused]).toEqual([path, 401])
    }
  }
  expect((await request(`${node.url}/api/threads`, { headers })).status).toBe(401)
  using socket = await openSocket(node.url)
  socket.send(hello(body.access_token))
  expect((await socket.closed).code).toBe(4501)
  const verified = await request(`${service.url}/auth/verify`, { method: 'POST', headers })
  expect(verified.body).toMatchObject({ valid: true, subject: 'service:netra-backend' })
})

test("a person's token opens no service's route, and a wrong secret no door (S42)", async () => {
  const person = await register(node.url)
  const asked = { session: { user_id: person.userId, session_id: 'x' } }
  for (const [path, body] of [
    ['/auth/validate', asked],
    ['/auth/tickets', { user_id: person.userId, session_id: 'x' }],
    ['/auth/tickets/redeem', { ticket: 'x' }],
    [`/auth/removals/${person.userId}/done`, {}],
  ] as const) {
    const at = `${service.url}${path}`
    const asPerson = await request(at, { headers: person.headers, body })
    const asNobody = await request(at, { body })
    expect([path, asPerson.status, asNobody.status]).toEqual([path, 401, 403])
    expect((await request(`${node.url}${path}`, { headers: person.headers, body })).status).toBe(
      404,
    )
  }
  const feed = await fetch(`${service.url}/auth/feed`, { headers: person.headers })
  expect(feed.status).toBe(401)
  expect((await serviceToken('a-wrong-secret-that-is-long-enough')).status).toBe(401)
})

test('who says without credentials for whom it asks is not believed (S17)', async () => {
  const person = await register(node.url)
  const spoof = { 'x-netra-client-address': '203.0.113.9', 'x-forwarded-for': '203.0.113.9' }
  const login = async (at: string, headers: Record<string, string>) => {
    const { body } = await request<{ access_token: string }>(`${at}/auth/login`, {
      headers,
      body: { email: person.email, password: PASSWORD },
    })
    return { authorization: `Bearer ${body.access_token}` }
  }
  const headers = await login(service.url, spoof)
  await login(node.url, spoof)
  await login(service.url, { ...spoof, 'x-netra-service': person.token })
  const { access_token: token } = (await serviceToken()).body
  await login(service.url, { 'x-netra-client-address': '198.51.100.7', 'x-netra-service': token })
  const { body } = await request<{ sessions: { address: string }[] }>(
    `${service.url}/auth/sessions`,
    { headers },
  )
  const addresses = body.sessions.map(({ address }) => address)
  expect(addresses).toContain('198.51.100.7')
  expect(addresses.join()).not.toContain('203.0.113.9')
})

test('a call between services has one trace id in both logs', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await request(`${node.url}/auth/login`, {
    headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    body: { email: 'nobody@example.com', password: 'wrong password' },
  })
  await until(() => node.log().includes(trace) && service.log().includes(trace))
  expect(service.log()).toContain(trace)
  const asked = /"trace_id":"([0-9a-f]{32})","method":"POST","path":"\/auth\/validate"/
  const person = await register(node.url)
  await request(`${node.url}/api/threads`, { headers: person.headers })
  await until(() => service.log().includes(asked.exec(node.log())?.[1] ?? 'not yet'))
})

test('health and metrics of a node show the circuit and the feed', async () => {
  const { body } = await request<{ checks: { auth: { details: Record<string, unknown> } } }>(
    `${node.url}/api/health`,
  )
  expect(body.checks.auth.details).toMatchObject({
    circuit_breaker: { state: 'CLOSED' },
    feed: { following: true },
  })
  const metrics = await request<string>(`${node.url}/metrics`)
  for (const name of [
    'netra_auth_client_breaker_state 0',
    'netra_auth_client_calls_total{end="answered"}',
    'netra_auth_feed_changes_total{kind="session_ended"}',
    'netra_handshake_success_ratio',
  ]) {
    expect(metrics.body).toContain(name)
  }
})
