import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer, type RunningServer } from '../packages/server/src/server.ts'
import { request } from './support/http.ts'
import { MovingClock } from './support/moving-clock.ts'
import { PASSWORD } from './support/people.ts'

const MINUTE = 60_000

let folder: string
let clock: MovingClock
let server: RunningServer

const start = async (): Promise<void> => {
  const env = {
    NETRA_DATA_DIR: folder,
    PORT: '0',
    NETRA_TRUSTED_PROXIES: '127.0.0.1',
    NETRA_REGISTRATION: 'open',
    NETRA_REQUESTS_PER_MINUTE: '100000',
  }
  server = await startServer(loadConfig(env), { clock, logger: silentLogger })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-lockout-'))
  clock = new MovingClock()
  await start()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const url = (): string => `http://127.0.0.1:${server.port}`

const post = (path: string, address: string, body: object) =>
  request<{ error_code?: string; message?: string; access_token?: string }>(`${url()}${path}`, {
    body,
    headers: { 'x-forwarded-for': address },
  })

const login = (address: string, password = PASSWORD, email = 'ada@example.com') =>
  post('/auth/login', address, { email, password })

async function guess(times: number, address: (count: number) => string): Promise<number[]> {
  const statuses = []
  for (let count = 0; count < times; count += 1) {
    statuses.push((await login(address(count), 'not the password')).status)
  }
  return statuses
}

const joins = (address: string, email = 'ada@example.com') =>
  post('/auth/register', address, { email, password: PASSWORD })

test('guesses from many addresses lock strangers out of an account and never its owner (S16)', async () => {
  expect((await joins('192.0.2.1')).status).toBe(201)
  const origin = `http://localhost:${server.port}`
  const byBrowser = (address: string, cookie?: string, password = PASSWORD) =>
    request(`${url()}/auth/login`, {
      body: { email: 'ada@example.com', password },
      headers: { 'x-forwarded-for': address, origin, ...(cookie !== undefined && { cookie }) },
    })
  const deviceIn = (headers: Headers): string | undefined =>
    headers
      .getSetCookie()
      .find((line) => line.startsWith('netra_device='))
      ?.split(';')[0]
  const device = deviceIn((await byBrowser('192.0.2.1')).headers)
  expect(device).toMatch(/^netra_device=[\w-]{43}$/)

  const statuses = await guess(105, (count) => `198.51.${count}.7`)
  expect(statuses.filter((status) => status === 401)).toHaveLength(100)
  const stranger = await login('203.0.113.9')
  expect(stranger.status).toBe(429)
  expect(stranger.body.error_code).toBe('RATE_LIMITED')
  expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThan(0)

  // From where they signed in before, or by a browser in which they did.
  expect((await login('192.0.2.1')).status).toBe(200)
  expect((await byBrowser('203.0.113.9', `netra_device=${'x'.repeat(43)}`)).status).toBe(429)
  const again = await byBrowser('203.0.113.9', device)
  expect(again.status).toBe(200)
  expect(deviceIn(again.headers)).toBeUndefined()

  // Whoever steals the browser's cookie has as many guesses as one address has.
  const stolen = []
  for (let count = 0; count < 12; count += 1) {
    stolen.push((await byBrowser(`203.0.113.${count}`, device, 'not the password')).status)
  }
  expect(stolen).toEqual([...Array<number>(10).fill(401), 429, 429])
}, 180_000)

test('each further lock lasts twice as long, and signing in well ends the count', async () => {
  await joins('192.0.2.1')
  const here = () => '192.0.2.1'
  expect(await guess(10, here)).toEqual(Array<number>(10).fill(401))
  const first = await login('192.0.2.1')
  expect(first.status).toBe(429)
  expect(Number(first.headers.get('retry-after'))).toBeLessThanOrEqual(15 * 60)

  clock.advance(15 * MINUTE)
  await guess(10, here)
  const second = Number((await login('192.0.2.1')).headers.get('retry-after'))
  expect(second).toBeGreaterThan(15 * 60)
  expect(second).toBeLessThanOrEqual(30 * 60)

  clock.advance(30 * MINUTE)
  expect((await login('192.0.2.1')).status).toBe(200)
  expect(await guess(10, here)).toEqual(Array<number>(10).fill(401))
  const third = Number((await login('192.0.2.1')).headers.get('retry-after'))
  expect(third).toBeLessThanOrEqual(15 * 60)
}, 120_000)

test('the headers of a lock agree, and an administrator unlocks an account (S16)', async () => {
  expect((await joins('192.0.2.1')).status).toBe(201)
  const root = await post('/auth/setup', '192.0.2.200', {
    token: server.setupUrl?.split('#token=')[1],
    email: 'root@example.com',
    password: PASSWORD,
  })
  await guess(10, () => '198.51.100.8')
  const locked = await login('198.51.100.8')
  expect(locked.status).toBe(429)
  const seconds = locked.headers.get('retry-after')
  expect(Number(seconds)).toBeGreaterThan(60)
  expect(locked.headers.get('ratelimit')).toBe(`"sign_in";r=0;t=${seconds}`)
  expect(locked.headers.get('x-ratelimit-remaining')).toBe('0')
  expect(locked.headers.get('x-ratelimit-reset')).toBe(seconds)

  const headers = { authorization: `Bearer ${root.body.access_token}` }
  const found = await request<{ users: { id: string }[] }>(
    `${url()}/auth/admin/users?q=ada@example.com`,
    { headers },
  )
  const id = found.body.users[0]?.id ?? ''
  const unlock = (who: string) =>
    request(`${url()}/auth/admin/users/${who}/unlock`, { method: 'POST', headers })
  expect((await unlock('nobody')).status).toBe(404)
  expect((await unlock(id)).status).toBe(204)
  expect((await login('198.51.100.8')).status).toBe(200)
  // What was forgiven does not make the next lock come sooner or last longer.
  expect(await guess(11, () => '198.51.100.9')).toEqual([...Array<number>(10).fill(401), 429])
  const audit = await request<{ entries: { action: string; user_id: string }[] }>(
    `${url()}/auth/admin/audit?user=${id}`,
    { headers },
  )
  expect(audit.body.entries.map(({ action, user_id }) => [action, user_id])).toContainEqual([
    'user.unlocked',
    id,
  ])
}, 120_000)

test('a restart gives no fresh guesses', async () => {
  await joins('192.0.2.1')
  await guess(10, () => '198.51.100.4')
  await server[Symbol.asyncDispose]()
  await start()
  expect((await login('198.51.100.4')).status).toBe(429)
  expect((await login('192.0.2.1')).status).toBe(200)
}, 120_000)

test('a lock is in the audit log and in a metric, of unknown accounts as of known ones', async () => {
  for (let count = 0; count < 10; count += 1) {
    expect((await login('198.51.100.5', 'x', 'nobody@example.com')).status).toBe(401)
  }
  for (let count = 0; count < 5; count += 1) {
    expect((await login('198.51.100.5', 'x', 'nobody@example.com')).status).toBe(429)
  }
  const root = await post('/auth/setup', '192.0.2.200', {
    token: server.setupUrl?.split('#token=')[1],
    email: 'root@example.com',
    password: PASSWORD,
  })
  const audit = await request<{ entries: { action: string; address: string; details: object }[] }>(
    `${url()}/auth/admin/audit?limit=50`,
    { headers: { authorization: `Bearer ${root.body.access_token}` } },
  )
  const locks = audit.body.entries.filter(
    ({ details }) => 'why' in details && details.why === 'locked',
  )
  expect(locks).toHaveLength(1)
  expect(locks[0]).toMatchObject({
    action: 'session.refused',
    outcome: 'refused',
    address: '198.51.100.5',
    details: { what: 'account_and_address' },
  })
  expect(JSON.stringify(locks)).not.toContain('nobody@example.com')
  const metrics = await request<string>(`${url()}/metrics`)
  expect(metrics.body).toContain('netra_sign_in_locks_total{what="account_and_address"} 1')
}, 120_000)
