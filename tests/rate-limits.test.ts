import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer } from '../packages/server/src/server.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import { MovingClock } from './support/moving-clock.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'

/** Behind a proxy that is trusted, so that each test has addresses of its own; limits are small. */
let netra: NetraProcess
let ada: Person
let bob: Person

beforeAll(async () => {
  netra = await startNetra({
    env: {
      NETRA_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
      NETRA_REQUESTS_PER_MINUTE: '10',
      NETRA_LOG_LEVEL: 'info',
    },
  })
  ada = await register(netra.url)
  bob = await register(netra.url)
})
afterAll(() => netra[Symbol.asyncDispose]())

const from = (address: string, headers: Record<string, string> = {}) => ({
  headers: { 'x-forwarded-for': address, ...headers },
})

const ask = (path: string, options: { headers: Record<string, string> }) =>
  request<{ error_code?: string; details?: { limit: string; after_ms: number } }>(
    `${netra.url}${path}`,
    options,
  )

/** Asks until it is refused; how often it was let in, and the refusal. */
async function flood(path: string, options: { headers: Record<string, string> }, most = 100) {
  const begun = performance.now()
  for (let count = 0; count < most; count += 1) {
    const answer = await ask(path, options)
    // A slow machine gives the limit time to grow again.
    const grown = Math.ceil((performance.now() - begun) / 6_000)
    if (answer.status === 429) return { count, refusal: answer, grown }
  }
  throw new Error(`${path} was never refused`)
}

async function limited(limit: string): Promise<number> {
  const text = await (await fetch(`${netra.url}/metrics`)).text()
  return Number(new RegExp(`netra_limited_total\\{limit="${limit}"\\} (\\d+)`).exec(text)?.[1] ?? 0)
}

test('a user may ask so often a minute, from however many addresses (S16)', async () => {
  const before = await limited('user')
  const first = await ask('/api/threads', from('203.0.113.1', ada.headers))
  expect(first.headers.get('ratelimit-policy')).toBe('"user";q=10;w=60')
  expect(first.headers.get('ratelimit')).toBe('"user";r=9;t=6')
  expect(first.headers.get('x-ratelimit-limit')).toBe('10')
  expect(first.headers.get('x-ratelimit-remaining')).toBe('9')
  for (let host = 2; host < 8; host += 1) {
    await ask('/api/threads', from(`203.0.113.${host}`, ada.headers))
  }
  const { refusal } = await flood('/api/models', from('203.0.113.99', ada.headers))
  expect(refusal.body).toMatchObject({ error: true, error_code: 'RATE_LIMITED' })
  const afterMs = refusal.body.details?.after_ms ?? 0
  expect(Number(refusal.headers.get('retry-after'))).toBe(Math.ceil(afterMs / 1000))
  expect(refusal.headers.get('x-ratelimit-remaining')).toBe('0')
  expect((await ask('/api/threads', from('203.0.113.1', bob.headers))).status).toBe(200)
  expect(await limited('user')).toBe(before + 1)
})

test('what applications send of their calls has a limit of its own, and is told when to come again', async () => {
  const cas = await register(netra.url)
  const send = (type: string) =>
    fetch(`${netra.url}/v1/traces`, {
      method: 'POST',
      ...from('203.0.113.77', { ...cas.headers, 'content-type': type }),
      body: type === 'application/json' ? '{"resourceSpans":[]}' : new Uint8Array(),
    })
  const first = await send('application/x-protobuf')
  expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"spans";q=10;w=60'])
  const until429 = async (type: string): Promise<Response> => {
    for (let count = 0; count < 100; count += 1) {
      const answer = await send(type)
      if (answer.status === 429) return answer
      await answer.arrayBuffer()
    }
    throw new Error('it was never refused')
  }
  const refused = await until429('application/x-protobuf')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('content-type')).toBe('application/x-protobuf')
  const status = Buffer.from(await refused.arrayBuffer())
  // google.rpc.Status: field 2 is the message.
  expect([status[0], status[1], status.subarray(2).toString()]).toEqual([
    0x12,
    status.length - 2,
    'Too many requests; wait a moment.',
  ])
  const json = await until429('application/json')
  expect(await json.json()).toMatchObject({ message: 'Too many requests; wait a moment.' })
  // The person's own requests have theirs.
  expect((await ask('/api/threads', from('203.0.113.9', cas.headers))).status).toBe(200)
})

test('strangers share what their network may ask; an IPv6 /64 is one network (S16)', async () => {
  const { count, refusal, grown } = await flood('/api/config', from('2001:db8:1:2::1'))
  expect(count).toBeLessThanOrEqual(10 + grown)
  expect(refusal.body.details?.limit).toBe('strangers')
  expect((await ask('/api/config', from('2001:db8:1:2:ffff::9'))).status).toBe(429)
  expect((await ask('/api/config', from('2001:db8:1:3::1'))).status).toBe(200)
})

test('strangers who use up their network lock no user of that network out', async () => {
  const address = '198.51.100.7'
  await flood('/api/config', from(address))
  const forged = { authorization: 'Bearer forged' }
  expect((await ask('/api/threads', from(address, forged))).status).toBe(429)
  expect((await ask('/api/config', from(address, forged))).status).toBe(429)
  expect((await ask('/api/threads', from(address, bob.headers))).status).toBe(200)
  expect((await ask('/api/config', from(address, bob.headers))).status).toBe(200)
})

test('a made-up credential counts against its network: 401 becomes 429', async () => {
  const { count, refusal } = await flood(
    '/api/threads',
    from('198.51.100.8', { authorization: 'Bearer forged' }),
  )
  expect(count).toBeGreaterThanOrEqual(9)
  expect(refusal.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
})

test('signing in has a limit of its own for each network, also of those who succeed', async () => {
  const before = await limited('sign_in')
  const login = (address: string) =>
    request(`${netra.url}/auth/demo`, { body: {}, ...from(address) })
  let answer = await login('198.51.100.20')
  for (let count = 0; count < 20 && answer.status !== 429; count += 1) {
    answer = await login('198.51.100.20')
  }
  expect(answer.status).toBe(429)
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect((await login('198.51.100.21')).status).not.toBe(429)
  expect(await limited('sign_in')).toBeGreaterThan(before)
})

test.each([
  ['exports', '/api/threads/none/export', 1],
  ['user', '/api/threads/none', 10],
])('the limit of %s is its own', async (limit, path, most) => {
  const eve = await register(netra.url)
  const { count, refusal, grown } = await flood(path, from('203.0.113.200', eve.headers))
  expect(count).toBeLessThanOrEqual(most + grown)
  expect(refusal.body.details?.limit).toBe(limit)
})

test.each([
  ['a page of another site', 11, { origin: 'https://evil.example' }],
  ['such a page with a made-up credential', 12, { origin: 'x', authorization: 'Bearer forged' }],
  ['such a page that asks for health', 13, { origin: 'https://evil.example' }],
])('%s is refused with 403, and counts against its network', async (what, host, headers) => {
  const path = what.endsWith('health') ? '/health' : '/'
  const { count, refusal, grown } = await flood(path, from(`198.51.101.${host}`, headers))
  expect(count).toBeGreaterThanOrEqual(9)
  expect(count).toBeLessThanOrEqual(10 + grown)
  expect(refusal.body.details?.limit).toBe('strangers')
  expect((await ask('/health/live', from(`198.51.101.${host}`))).status).toBe(200)
})

test('a hostile header costs no more time than any other', async () => {
  const hostile = { origin: `token${'a'.repeat(14_000)}` }
  const begun = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, host) => ask('/', from(`198.51.102.${host}`, hostile))),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]))
  // Half a second each when it was looked through again and again.
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test('probes of health are never turned away', async () => {
  for (let count = 0; count < 80; count += 1) {
    expect((await ask('/health/live', from('198.51.100.30'))).status).toBe(200)
  }
})

test.each([
  ['what a stranger puts before its own address', '6.6.6.6, 203.0.113.61', '203.0.113.61'],
  ['several proxies', '6.6.6.6, 203.0.113.62, 10.1.2.3, 10.9.9.9', '203.0.113.62'],
  ['IPv6', '6.6.6.6, 2001:db8:aa::5', '2001:db8:aa::5'],
])(
  'of a forwarded chain only what trusted proxies wrote counts: %s (S17)',
  async (_name, chain, real) => {
    await flood('/api/config', from(real))
    expect((await ask('/api/config', from(chain))).status).toBe(429)
    const elsewhere = chain.replace(real, '203.0.113.77')
    expect((await ask('/api/config', from(elsewhere))).status).toBe(200)
  },
)

test('a name or protocol that is forwarded changes no address, not even by a trusted proxy', async () => {
  const before = await ask('/api/config', from('203.0.113.80'))
  const claims = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
  const after = await ask('/api/config', from('203.0.113.80', claims))
  expect(after.body).toEqual(before.body)
  expect(JSON.stringify([...after.headers])).not.toContain('evil.example')
})

test('without a trusted proxy X-Forwarded-For, -Proto and -Host change nothing (S17)', async () => {
  await using plain = await startNetra({ env: { NETRA_REQUESTS_PER_MINUTE: '20' } })
  const claims = (host: number) => ({
    headers: {
      'x-forwarded-for': `203.0.113.${host}`,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
    },
  })
  const config = await request<{ api_url: string }>(`${plain.url}/api/config`, claims(1))
  expect(config.body.api_url).toBe(plain.url)
  let status = 200
  for (let host = 2; host < 60 && status === 200; host += 1) {
    ;({ status } = await request(`${plain.url}/api/config`, claims(host)))
  }
  expect(status).toBe(429)
})

test('a user whose tokens of the day are used up waits for the next day, also after a restart (S16)', async () => {
  await using model = await startModelServer({
    script: [{ text: 'Forty-two.', usage: { input: 70, output: 50 } }],
  })
  const folder = await mkdtemp(join(tmpdir(), 'netra-tokens-'))
  const clock = new MovingClock()
  const start = () =>
    startServer(
      loadConfig({
        NETRA_DATA_DIR: folder,
        PORT: '0',
        OPENAI_BASE_URL: `${model.url}/v1`,
        NETRA_MODEL: 'openai/test-model',
        NETRA_TOKENS_PER_DAY: '200',
      }),
      { clock, logger: silentLogger },
    )
  let server = await start()
  const url = (): string => `http://127.0.0.1:${server.port}`
  const say = (person: Person) =>
    request<{ status: string; error_code?: string; message?: string }>(
      `${url()}/api/agents/execute`,
      { body: { type: 'assistant', message: 'Hi' }, headers: person.headers },
    )
  try {
    const eve = await register(url())
    const other = await register(url())
    expect((await say(eve)).body.status).toBe('success')
    expect((await say(eve)).body.status).toBe('success')
    const refused = await say(eve)
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'RATE_LIMITED' } })
    expect(refused.body.message).toContain('tokens for today')
    const untilMidnight = 86_400 - ((clock.now() / 1000) % 86_400)
    const told = Number(refused.headers.get('retry-after'))
    expect(told).toBeGreaterThan(untilMidnight - 60)
    expect(told).toBeLessThanOrEqual(untilMidnight + 60)
    expect((await say(other)).body.status).toBe('success')

    await server[Symbol.asyncDispose]()
    server = await start()
    expect((await say(eve)).status).toBe(429)

    clock.advance(told * 1000)
    const fresh = await request<{ access_token: string }>(`${url()}/auth/login`, {
      body: { email: eve.email, password: PASSWORD },
    })
    const headers = { authorization: `Bearer ${fresh.body.access_token}` }
    expect((await say({ ...eve, headers })).body.status).toBe('success')
  } finally {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
