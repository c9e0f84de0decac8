import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { AuthFixture } from '../packages/server/src/auth/auth-fixture.ts'
import { loadConfig } from '../packages/server/src/config/config.ts'
import { openAuthGateway } from '../packages/server/src/gateway/auth-gateway.ts'
import { BODY_TIMES, MOST_HELD } from '../packages/server/src/gateway/http/body-arrivals.ts'
import { createMetrics } from '../packages/server/src/platform/metrics.ts'
import { startServer, type RunningServer } from '../packages/server/src/server.ts'
import { LogLines } from './support/log-lines.ts'
import { MovingClock } from './support/moving-clock.ts'
import { register, type Person } from './support/people.ts'
import { RawConnection } from './support/raw-request.ts'

const { wholeMs, slowWholeMs, silentMs, lookMs, heldAfterMs } = BODY_TIMES
const JSON_TYPE = { 'content-type': 'application/json' }
const CHUNKED = { 'transfer-encoding': 'chunked' }
const FORM = { 'content-type': 'multipart/form-data; boundary=b' }
const FILE = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

let folder: string
let server: RunningServer
let clock: MovingClock
let log: LogLines
let url: string
let ada: Person

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-bodies-'))
  clock = new MovingClock()
  log = new LogLines('info')
  server = await startServer(
    loadConfig({ NETRA_DATA_DIR: folder, PORT: '0', NETRA_TRUSTED_PROXIES: '127.0.0.1' }),
    { clock, logger: log.logger },
  )
  url = `http://127.0.0.1:${server.port}`
  ada = await register(url)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function counted(why: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = new RegExp(`netra_unfinished_bodies_total\\{why="${why}"\\} (\\d+)`)
  return Number(line.exec(text)?.[1] ?? 0)
}

const LENGTH = { 'content-length': '100' }
const MCP = { accept: 'application/json, text/event-stream' }

test.each([
  ['of which nothing comes', 'POST /api/threads', LENGTH, ''],
  ['of which a part comes', 'POST /api/commands', LENGTH, '{"type":'],
  ['in chunks', 'POST /api/messages', CHUNKED, '5\r\n{"a":\r\n'],
  ['for signing in', 'POST /auth/login', LENGTH, '{'],
  ['for an agent', 'POST /api/agents/execute', LENGTH, '{'],
  ['for MCP', 'POST /mcp', { ...LENGTH, ...MCP }, '{'],
])(
  'a body %s is over after 30 s: 408, and the connection is closed (S16)',
  async (_, at, how, part) => {
    const before = await counted('late')
    const headers = { ...ada.headers, ...JSON_TYPE, ...how }
    using connection = await RawConnection.open(url)
    await connection.begin(at, headers)
    connection.say(part)
    clock.advance(heldAfterMs)
    clock.advance(wholeMs - heldAfterMs - 100)
    expect(connection.isClosed).toBe(false)
    clock.advance(200)
    const { status, head } = await connection.answer()
    expect(status).toBe(408)
    expect(head).toContain('connection: close')
    const said = await connection.closed()
    const body: unknown = JSON.parse(said.split('\r\n\r\n')[1] ?? '')
    expect(body).toMatchObject({
      error: true,
      error_code: 'REQUEST_TIMEOUT',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    expect(await counted('late')).toBe(before + 1)
    expect(log.saying('a body did not arrive').at(-1)).toMatchObject({
      url: at.split(' ')[1],
      why: 'late',
      answered: false,
    })
  },
)

test.each([
  ['404', 'POST /nowhere', {}, '404'],
  [
    'a credential that does not hold',
    'POST /api/files',
    { ...FORM, authorization: 'Bearer x' },
    '401',
  ],
  ['no credential', 'POST /v1/traces', {}, '403'],
  ['a route that reads no body', 'GET /health/live', {}, '200'],
])(
  'where the answer comes before the body (%s), the rest has 30 s too',
  async (_, at, how, code) => {
    using connection = await RawConnection.open(url)
    await connection.begin(at, { ...how, ...CHUNKED })
    expect((await connection.answer()).status).toBe(Number(code))
    clock.advance(heldAfterMs)
    clock.advance(wholeMs)
    await connection.closed()
    expect(log.saying('a body did not arrive').at(-1)).toMatchObject({
      why: 'late',
      answered: true,
    })
  },
)

test('a body that comes in pieces within its time is read, and its connection goes on', async () => {
  expect.hasAssertions()
  using connection = await RawConnection.open(url)
  for (const round of [1, 2]) {
    const body = JSON.stringify({ title: `Round ${round}` })
    const headers = { ...ada.headers, ...JSON_TYPE, 'content-length': String(body.length) }
    await connection.begin('POST /api/threads', headers)
    connection.say(body.slice(0, 5))
    clock.advance(heldAfterMs)
    clock.advance(wholeMs - heldAfterMs - 1_000)
    connection.say(body.slice(5))
    await connection.heard('HTTP/1.1 201')
    await connection.heard(`Round ${round}`)
    expect(connection.isClosed).toBe(false)
  }
  clock.advance(2 * wholeMs)
  connection.head('GET /health/live')
  await connection.heard('HTTP/1.1 200')
})

const send = (connection: RawConnection, text: string): void =>
  connection.say(`${text.length.toString(16)}\r\n${text}\r\n`)

/** Begins an upload; resolves when the server knows whose it is and takes it in. */
async function upload(connection: RawConnection, headers: Record<string, string>): Promise<void> {
  await connection.begin('POST /api/files', { ...headers, ...FORM, ...CHUNKED })
  send(connection, `${FILE}a,b\n`)
  await arriving(1)
}

/** Resolves when so many files are on their way into the store. */
const arriving = (count: number): Promise<void> =>
  vi.waitFor(async () => {
    const names = await readdir(join(folder, 'files'))
    expect(names.filter((name) => name.endsWith('.partial'))).toHaveLength(count)
  })

describe('an upload of somebody who is signed in', () => {
  // Whose token has not expired meanwhile.
  beforeEach(async () => {
    ada = await register(url)
  })

  /** The server has read what was sent on other connections before. */
  const arrives = async (): Promise<void> => {
    for (const _ of [1, 2]) await fetch(`${url}/health/live`)
  }

  test('may take minutes while it goes on, also in pieces with a minute and more between them', async () => {
    using connection = await RawConnection.open(url)
    await upload(connection, ada.headers)
    clock.advance(heldAfterMs)
    clock.advance(wholeMs)
    for (let piece = 0; piece < 5; piece += 1) {
      for (let ms = 0; ms < 2 * 64_000; ms += lookMs) clock.advance(lookMs)
      send(connection, '1,2\n')
      await arrives()
    }
    send(connection, '\r\n--b--\r\n')
    connection.say('0\r\n\r\n')
    expect((await connection.answer()).status).toBe(201)
  })

  test('is over after three minutes without a byte, and nothing of it is kept', async () => {
    const before = await counted('silent')
    using connection = await RawConnection.open(url)
    await upload(connection, ada.headers)
    clock.advance(heldAfterMs)
    clock.advance(wholeMs)
    for (let ms = 0; ms < silentMs; ms += lookMs) clock.advance(lookMs)
    expect((await connection.answer()).status).toBe(408)
    expect(await connection.closed()).toContain('REQUEST_TIMEOUT')
    expect(await counted('silent')).toBe(before + 1)
    await arriving(0)
  })

  test('is over after a quarter of an hour, however it goes on', async () => {
    using connection = await RawConnection.open(url)
    await upload(connection, ada.headers)
    clock.advance(heldAfterMs)
    for (let ms = 0; ms < slowWholeMs; ms += lookMs) {
      if (connection.isClosed) break
      send(connection, '1,2\n')
      await arrives()
      clock.advance(ms === 0 ? wholeMs : lookMs)
    }
    expect((await connection.answer()).status).toBe(408)
    await connection.closed()
    await arriving(0)
  })
})

test('a network holds so many connections by bodies that do not come, and no more (S16)', async () => {
  using stack = new DisposableStack()
  const begin = async (address: string, more = {}) => {
    const connection = stack.use(await RawConnection.open(url))
    const headers = { 'x-forwarded-for': address, ...JSON_TYPE, ...LENGTH, ...more }
    return connection.begin('POST /api/threads', headers)
  }
  // A made-up credential is asked about only once the body is there.
  const madeUp = { authorization: 'Bearer x' }
  const held = await Promise.all(
    Array.from({ length: MOST_HELD }, () => begin('203.0.113.1', madeUp)),
  )
  clock.advance(heldAfterMs)
  const one = await begin('203.0.113.1', madeUp)
  const other = await begin('198.51.100.1')
  const known = stack.use(await RawConnection.open(url))
  // Whose token has not expired meanwhile.
  const bob = await register(url)
  await upload(known, { ...bob.headers, 'x-forwarded-for': '203.0.113.1' })
  clock.advance(heldAfterMs)
  // Whoever fills up the network locks out nobody of it who is known.
  const slow = await begin('203.0.113.1', bob.headers)
  clock.advance(heldAfterMs)
  const { status, head } = await one.answer()
  expect(status).toBe(429)
  expect(head).toMatch(/retry-after: 30[^]*connection: close|connection: close[^]*retry-after: 30/)
  expect(await one.closed()).toContain('"limit":"bodies"')
  expect([held, other, known, slow].flat().filter(({ isClosed }) => isClosed)).toEqual([])
  expect(await counted('too_many')).toBe(1)
  // Those that end make room.
  clock.advance(wholeMs)
  await Promise.all(held.map((connection) => connection.closed()))
  const next = await begin('203.0.113.1', madeUp)
  clock.advance(heldAfterMs)
  await fetch(`${url}/health/live`)
  expect(next.isClosed).toBe(false)
})

test('an Expect that nobody knows ends the connection with its answer, like any other refusal', async () => {
  using connection = await RawConnection.open(url)
  connection.head('POST /api/threads', { ...ada.headers, ...LENGTH, expect: 'wonders' })
  const { status } = await connection.answer()
  expect(status).toBe(417)
  expect(await connection.closed()).toContain('"VALIDATION_ERROR"')
})

test('the auth service by itself waits no longer', async () => {
  const moving = new MovingClock()
  await using fixture = await AuthFixture.create()
  const auth = await fixture.open({ clock: moving })
  await using gateway = await openAuthGateway(
    {
      auth,
      clock: moving,
      logger: log.logger,
      version: '0',
      revision: '0',
      publicUrl: undefined,
      webUrl: undefined,
      authUrl: undefined,
      allowedOrigins: [],
      trustedProxies: [],
      https: false,
      allMetrics: createMetrics(),
      metricsToken: undefined,
      requestsPerMinute: 600,
    },
    { host: '127.0.0.1', port: 0 },
  )
  using connection = await RawConnection.open(`http://127.0.0.1:${gateway.port}`)
  await connection.begin('POST /auth/login', { ...JSON_TYPE, ...LENGTH })
  connection.say('{"email":')
  moving.advance(heldAfterMs)
  moving.advance(wholeMs)
  expect((await connection.answer()).status).toBe(408)
  expect(await connection.closed()).toContain('REQUEST_TIMEOUT')
})
