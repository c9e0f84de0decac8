import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import { badTokensOf } from './isolation/forged-tokens.ts'
import {
  eventOf,
  isWelcome,
  jwt,
  openClassic,
  upgrade,
  welcomedClassic,
} from './support/classic-client.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import type { RawSocket } from './support/raw-socket.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let netra: NetraProcess
let person: Person

beforeAll(async () => {
  netra = await startNetra()
  person = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

/** The last thing a socket was told, and how it was closed. */
async function endOf(socket: RawSocket): Promise<[error: unknown, code: number]> {
  const { code } = await socket.closed
  const last = socket.frames.at(-1)
  return [last?.type === 'error_message' ? last['error_code'] : last, code]
}

test('whoever brings no token is accepted, told so, given the time to read it, then closed', async () => {
  const begun = performance.now()
  using socket = await openClassic(netra.url, undefined)
  const told = await socket.next(({ type }) => type === 'error_message')
  expect(told).toEqual({
    type: 'error_message',
    error_code: 'NO_TOKEN',
    error_message: expect.stringMatching(/no token/i),
    timestamp: expect.any(String),
  })
  expect((await socket.closed).code).toBe(1008)
  expect(performance.now() - begun).toBeGreaterThan(290)
  expect(socket.frames).toHaveLength(1)
})

test('no bad token opens a socket, by header or by subprotocol (S15)', async () => {
  const bad = await badTokensOf(person.token, netra.folder)
  const ways = Object.values(bad).flatMap((token) => [
    openClassic(netra.url, token),
    openClassic(netra.url, undefined, { headers: { 'sec-websocket-protocol': jwt(token) } }),
  ])
  for (const socket of await Promise.all(ways)) {
    expect(await endOf(socket)).toEqual(['AUTH_FAILED', 1008])
    expect(socket.frames).toHaveLength(1)
  }
})

test('a client that offers jwt-auth and jwt.<token> has jwt-auth selected', async () => {
  const offer = `jwt-auth, ${jwt(person.token)}`
  const raw = await upgrade(netra.url, { 'sec-websocket-protocol': offer })
  expect([raw.status, raw.protocol]).toEqual([101, 'jwt-auth'])
  expect(await raw.first).toMatchObject({ data: { user_id: person.userId } })
  raw.end()
  using socket = await openClassic(netra.url, undefined, {
    protocols: ['jwt-auth', jwt(person.token)],
  })
  await socket.next(isWelcome)
})

test('a client that sends only jwt.<token> in the header has nothing selected, and is welcomed', async () => {
  for (const carrier of [jwt(person.token), `jwt.${person.token}`]) {
    const raw = await upgrade(netra.url, { 'sec-websocket-protocol': carrier })
    expect([raw.status, raw.protocol]).toEqual([101, undefined])
    expect(await raw.first).toMatchObject({ data: { user_id: person.userId } })
    raw.end()
    // A library that wrote the header by hand would drop a socket for which something was selected.
    using socket = await openClassic(netra.url, undefined, {
      headers: { 'sec-websocket-protocol': carrier },
    })
    await socket.next(isWelcome)
  }
})

test('a page is welcomed by its token, and its cookie counts for nothing (S2)', async () => {
  using page = await openClassic(netra.url, undefined, {
    protocols: ['jwt-auth', jwt(person.token)],
    origin: netra.url,
  })
  await page.next(isWelcome)
  using cookie = await openClassic(netra.url, undefined, {
    headers: { cookie: person.cookie },
    origin: netra.url,
  })
  expect(await endOf(cookie)).toEqual(['NO_TOKEN', 1008])
  const foreign = openClassic(netra.url, person.token, { origin: 'https://evil.example' })
  await expect(foreign).rejects.toThrow('403')
})

test('logging out tells a classic socket, then closes it (S11)', async () => {
  const someone = await register(netra.url)
  using socket = await welcomedClassic(netra.url, someone.token)
  await request(`${netra.url}/auth/logout`, { headers: someone.headers, body: {} })
  expect(await endOf(socket)).toEqual(['SESSION_ENDED', 4503])
  using again = await openClassic(netra.url, someone.token)
  expect(await endOf(again)).toEqual(['AUTH_FAILED', 1008])
})

test('a fresh token in band keeps the socket; of somebody else, or a bad one, it ends it', async () => {
  const someone = await register(netra.url)
  const { body } = await request<{ access_token: string }>(`${netra.url}/auth/login`, {
    body: { email: someone.email, password: PASSWORD },
  })
  for (const type of ['authenticate', 'refresh_token']) {
    using socket = await welcomedClassic(netra.url, someone.token)
    socket.send({ type, payload: { token: body.access_token } })
    expect(await socket.next((frame) => frame.type === 'authenticated')).toMatchObject({
      expires_at: expect.any(String),
    })
  }
  using other = await welcomedClassic(netra.url, someone.token)
  other.send({ type: 'authenticate', token: person.token })
  expect(await endOf(other)).toEqual(['IDENTITY_CHANGED', 1008])
  const bad = await badTokensOf(someone.token, netra.folder)
  for (const [what, code] of [
    ['alg none', 'AUTH_FAILED'],
    ['of another issuer', 'AUTH_FAILED'],
    ['expired', 'TOKEN_EXPIRED'],
  ] as const) {
    using socket = await welcomedClassic(netra.url, someone.token)
    socket.send({ type: 'authenticate', token: bad[what] })
    expect(await endOf(socket)).toEqual([code, 1008])
  }
})

test('the end of a token is told before; without a fresh one the socket is told and closed', async () => {
  await using own = await startNetra({ env: { NETRA_ACCESS_TOKEN_SECONDS: '10' } })
  const someone = await register(own.url)
  using renewed = await welcomedClassic(own.url, someone.token)
  using left = await welcomedClassic(own.url, someone.token)
  const due = await left.next((frame) => eventOf(frame) === 'authentication_due')
  expect(due['data']).toMatchObject({ expires_at: expect.any(String) })
  await sleep(4_000)
  const { body } = await request<{ access_token: string }>(`${own.url}/auth/login`, {
    body: { email: someone.email, password: PASSWORD },
  })
  renewed.send({ type: 'refresh_token', payload: { token: body.access_token } })
  await renewed.next((frame) => frame.type === 'authenticated')
  expect(await endOf(left)).toEqual(['TOKEN_EXPIRED', 1008])
  renewed.send({ type: 'list_threads', request_id: 'still' })
  await renewed.next((frame) => frame['in_reply_to'] === 'still')
})

test('beyond the connection limit a socket is told so, counted, and closed with 1013', async () => {
  const someone = await register(netra.url)
  const sockets = await Promise.all(
    Array.from({ length: 32 }, () => welcomedClassic(netra.url, someone.token)),
  )
  const before = await metric('netra_handshakes_total{end="limited"}')
  using oneMore = await openClassic(netra.url, someone.token)
  expect(await endOf(oneMore)).toEqual(['CONNECTION_LIMIT', 1013])
  expect(await metric('netra_handshakes_total{end="limited"}')).toBe(before + 1)
  expect(await metric('netra_closes_total{code="1013"}')).toBeGreaterThan(0)
  for (const socket of sockets) socket[Symbol.dispose]()
})

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${netra.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? 0)
}

test('invalid proofs are counted apart from the success rate, which /ws/health shows', async () => {
  await using own = await startNetra()
  const someone = await register(own.url)
  using socket = await welcomedClassic(own.url, someone.token)
  expect(socket.frames).toHaveLength(1)
  using refused = await openClassic(own.url, 'nonsense')
  await refused.closed
  // The socket that was refused is forgotten when both sides have closed it.
  await vi.waitFor(async () => {
    const { body } = await request(`${own.url}/ws/health`)
    expect(body).toMatchObject({
      status: 'healthy',
      service: 'websocket',
      metrics: {
        websocket: { active_connections: 1, total_connections: 2 },
        authentication: { success_rate: 1, rate_limited_requests: 0 },
        monitoring: { monitored_connections: 1, healthy_connections: 1 },
      },
      config: { max_connections_per_user: 32, heartbeat_interval: 10 },
      e2e_testing: { enabled: false },
    })
  })
  const text = await (await fetch(`${own.url}/metrics`)).text()
  expect(text).toContain('netra_handshake_success_ratio 1\n')
  expect(text).toContain('netra_handshakes_total{end="welcome"} 1\n')
  expect(text).toContain('netra_handshakes_total{end="refused"} 1\n')
})

test('a restart is told to classic sockets before they are closed', async () => {
  await using own = await startNetra()
  const someone = await register(own.url)
  using socket = await welcomedClassic(own.url, someone.token)
  expect(await own.kill('SIGTERM')).toBe(0)
  expect(await endOf(socket)).toEqual(['SERVER_RESTARTING', 1012])
  expect(socket.frames.at(-1)?.['retry_after']).toBeGreaterThan(0)
})

test('who asks and asks and never reads the answers is cut off (S16)', async () => {
  const someone = await register(netra.url)
  const socket = new WebSocket(`${netra.url.replace('http', 'ws')}/ws`, {
    headers: { authorization: `Bearer ${someone.token}` },
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('message', resolve))
  socket.pause()
  const ping = JSON.stringify({ type: 'ping', nonce: 'n'.repeat(100), request_id: 'r'.repeat(100) })
  let asked = 0
  while (asked < 64_000_000 && socket.bufferedAmount < 8_000_000) {
    for (let count = 0; count < 1_000; count++) socket.send(ping)
    asked += 1_000 * ping.length
    await sleep(0)
  }
  await sleep(500)
  socket.resume()
  expect([1006, 1013]).toContain(await closed)
  expect((await fetch(`${netra.url}/health/live`)).ok).toBe(true)
})

test('/ws/test echoes without a token, within bounds, and is not there in production', async () => {
  using socket = await openClassic(netra.url, undefined, { path: '/ws/test' })
  await socket.next(isWelcome)
  socket.send({ type: 'ping' })
  await socket.next(({ type }) => type === 'pong')
  socket.send('plain <b>text</b>')
  expect(await socket.next(({ type }) => type === 'echo')).toMatchObject({
    received: 'plain <b>text</b>',
  })
  const crowd = await Promise.all(
    Array.from({ length: 9 }, () => openClassic(netra.url, undefined, { path: '/ws/test' })),
  )
  await expect(openClassic(netra.url, undefined, { path: '/ws/test' })).rejects.toThrow('503')
  crowd[0]?.send('x'.repeat(5_000))
  expect((await crowd[0]?.closed)?.code).toBe(1009)
  for (let count = 0; count < 40; count++) crowd[1]?.send('again')
  expect((await crowd[1]?.closed)?.code).toBe(1013)
  for (const one of crowd) one[Symbol.dispose]()
  const elsewhere = openClassic(netra.url, undefined, {
    path: '/ws/test',
    origin: 'https://evil.example',
  })
  await expect(elsewhere).rejects.toThrow('403')

  await using production = await startNetra({ env: { NETRA_ENV: 'production' } })
  await expect(openClassic(production.url, undefined, { path: '/ws/test' })).rejects.toThrow('404')
})
