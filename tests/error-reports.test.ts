import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createMetrics } from '../packages/server/src/platform/metrics.ts'
import { TestClock } from '../packages/server/src/platform/testing-clock.ts'
import { inTrace } from '../packages/server/src/platform/tracing.ts'
import { ErrorGroups } from '../packages/server/src/telemetry/error-groups.ts'
import { HttpSender } from '../packages/server/src/telemetry/http-sender.ts'
import { envelopeAddress, Sentry } from '../packages/server/src/telemetry/sentry.ts'
import { openTelemetry } from '../packages/server/src/telemetry/telemetry.ts'
import { request } from './support/http.ts'
import { LogLines } from './support/log-lines.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

interface Event {
  event_id: string
  fingerprint: string[]
  level: string
  release: string
  environment: string
  exception: {
    values: { type: string; value: string; stacktrace: { frames: { filename: string }[] } }[]
  }
  extra: { times: number; total: number }
  contexts: { trace: { trace_id: string } }
}

let tracker: Server
let dsn: string
let events: Event[]
let heads: { path: string; auth: string }[]
let answer: { status: number; headers: Record<string, string> }
let raw: string

beforeEach(async () => {
  events = []
  heads = []
  raw = ''
  answer = { status: 200, headers: {} }
  tracker = createServer((asked, response) => {
    void text(asked).then((body) => {
      raw += body
      const [head, item, event] = body
        .split('\n')
        .map((line) => (line === '' ? {} : JSON.parse(line)))
      const isWhole = head.event_id === event.event_id && item.type === 'event'
      if (!isWhole) {
        response.writeHead(400).end()
        return
      }
      heads.push({ path: asked.url ?? '', auth: String(asked.headers['x-sentry-auth']) })
      events.push(event as Event)
      response.writeHead(answer.status, answer.headers).end('{}')
    })
  })
  await new Promise<void>((resolve) => tracker.listen(0, '127.0.0.1', resolve))
  dsn = `http://public-key@127.0.0.1:${(tracker.address() as AddressInfo).port}/42`
})

afterEach(async () => {
  tracker.closeAllConnections()
  await new Promise((resolve) => tracker.close(resolve))
})

/** Telemetry over a log that fails when it is told to. */
async function stage(clock = new TestClock()) {
  const log = new LogLines()
  const settings = {
    addresses: {},
    timeoutMs: 2_000,
    resource: {},
    sampledShare: 1,
    metricIntervalMs: 60_000,
    batchDelayMs: 100,
    hasContent: false,
  }
  const telemetry = await openTelemetry({
    settings,
    otlpHeaders: {},
    sentryDsn: dsn,
    environment: 'staging',
    version: '1.2.3',
    revision: 'abc',
    clock,
    logger: log.logger,
    metrics: createMetrics(),
  })
  const fail = (what: string, message = 'request failed'): void => {
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
    inTrace(trace, () => log.logger.error({ err: new TypeError(what) }, message))
  }
  return { clock, log, telemetry, fail }
}

test('an error is reported by its kind, with its trace, and without what people said', async () => {
  const { telemetry, fail } = await stage()
  fail('could not read "a secret of Ada"')
  await expect.poll(() => events.length, SOON).toBe(1)
  await telemetry[Symbol.asyncDispose]()
  const [event] = events
  expect(event).toMatchObject({
    level: 'error',
    release: 'netra@1.2.3+abc',
    environment: 'staging',
    contexts: { trace: { trace_id: 'a'.repeat(32) } },
    extra: { times: 1 },
  })
  expect(event?.exception.values[0]).toMatchObject({ type: 'TypeError', value: 'request failed' })
  // Innermost last, as trackers read it, and named from the repository on.
  expect(event?.exception.values[0]?.stacktrace.frames.at(-1)?.filename).toMatch(/^tests\//)
  expect(heads[0]).toMatchObject({ path: '/api/42/envelope/' })
  expect(heads[0]?.auth).toContain('sentry_key=public-key')
  expect(raw).not.toMatch(/secret of Ada/)
})

test('errors of one kind are one group, reported once a minute with how many there were', async () => {
  const { clock, telemetry, fail } = await stage()
  for (let at = 0; at < 50; at++) fail(`number ${at}`)
  fail('another', 'a tool failed in a way it does not foresee')
  await expect.poll(() => events.length, SOON).toBe(2)
  clock.advance(61_000)
  fail('again')
  await expect.poll(() => events.length, SOON).toBe(3)
  expect(events.at(-1)?.extra).toMatchObject({ times: 50, total: 51 })
  const groups = telemetry.errors.list()
  expect(groups.map(({ count, message }) => ({ count, message }))).toEqual([
    { count: 51, message: 'request failed' },
    { count: 1, message: 'a tool failed in a way it does not foresee' },
  ])
  expect(groups[0]?.fingerprint).toBe(events[0]?.fingerprint[0])
  await telemetry[Symbol.asyncDispose]()
})

test('a tracker that asks for silence gets it', async () => {
  const { clock, telemetry, fail } = await stage()
  answer = { status: 429, headers: { 'x-sentry-rate-limits': '120:error:organization' } }
  fail('one')
  await expect.poll(() => events.length, SOON).toBe(1)
  await expect.poll(() => telemetry.errors.list().length, SOON).toBe(1)
  answer = { status: 200, headers: {} }
  clock.advance(61_000)
  fail('two', 'something else')
  clock.advance(61_000)
  fail('three', 'a third thing')
  await expect.poll(() => events.length, SOON).toBe(2)
  expect(events[1]?.exception.values[0]?.value).toBe('a third thing')
  await telemetry[Symbol.asyncDispose]()
})

test('a storm of new kinds is reported in part, and the tracker that is away is told of once', async () => {
  const { log, telemetry, fail } = await stage()
  for (let at = 0; at < 60; at++) fail('x', `kind ${'x'.repeat(at)}`)
  await expect.poll(() => events.length, SOON).toBe(20)
  expect(telemetry.errors.list()).toHaveLength(60)
  await telemetry[Symbol.asyncDispose]()

  tracker.closeAllConnections()
  await new Promise((resolve) => tracker.close(resolve))
  const later = await stage()
  for (let at = 0; at < 5; at++) later.fail('x', `kind ${'x'.repeat(at)}`)
  const said = 'telemetry cannot be exported; Netra goes on without, and says when it can again'
  await expect.poll(() => later.log.saying(said).length, SOON).toBe(1)
  await later.telemetry[Symbol.asyncDispose]()
  expect(later.log.saying(said)).toHaveLength(1)
  expect(log.saying(said)).toHaveLength(0)
  tracker.listen(0)
})

const kind = (at: number) => ({ level: 50, time: at, msg: 'x', err: { type: 'E', code: `E${at}` } })

test('groups are few, and the newest stay', () => {
  const groups = new ErrorGroups(0)
  for (let at = 0; at < 500; at++) groups.add(kind(at))
  expect(groups.list()).toHaveLength(200)
  expect(groups.list()[0]?.code).toBe('E499')
})

test('the place of a line in its file makes no new kind', () => {
  const at = (line: number) => ({
    level: 50,
    time: 0,
    msg: 'request failed',
    err: {
      type: 'Error',
      stack: `Error: x\n    at work (/srv/a/packages/server/src/x.ts:${line}:7)`,
    },
  })
  const groups = new ErrorGroups(0)
  groups.add(at(10))
  const group = groups.add(at(20))
  expect(group.count).toBe(2)
  expect(group.frames).toEqual(['work (packages/server/src/x.ts:20)'])
})

test('an address with a path before the project keeps it', async () => {
  expect(envelopeAddress('https://k@errors.example.com/tracker/7')).toBe(
    'https://errors.example.com/tracker/api/7/envelope/',
  )
  using sender = new HttpSender(envelopeAddress(dsn), 1_000)
  const sentry = new Sentry({ dsn, sender, clock: new TestClock(), release: 'r', environment: 'e' })
  const group = new ErrorGroups(0).add({ level: 60, time: 0, msg: 'gone' })
  expect(await sentry.report(group)).toBe('sent')
  expect(events[0]?.level).toBe('fatal')
})

test('an administrator is told what failed, and nobody else', async () => {
  await using netra = await startNetra({ env: { SENTRY_DSN: dsn } })
  const admin = await setUp(netra)
  const address = `${netra.url}/api/admin/errors`
  interface Answer {
    since: string
    total: number
    groups: { message: string; count: number }[]
  }
  const { status, body } = await request<Answer>(address, { headers: admin.headers })
  expect(status).toBe(200)
  expect(body).toMatchObject({ total: 0, groups: [] })
  const other = await register(netra.url)
  expect((await request(address, { headers: other.headers })).status).toBe(403)
  expect((await request(address)).status).toBe(403)
})
