import { setImmediate as turn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createLogger } from '../platform/logger.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { SERVICE_LEVELS, type LevelId } from './levels.ts'
import { createServiceLevels } from './service-levels.ts'

function stage() {
  const clock = new TestClock()
  const metrics = createMetrics()
  const welcome = metrics.histogram('netra_welcome_ms', 'x', [100, 500, 1_000])
  const runs = metrics.counter('netra_run_events_total', 'x', ['complete'])
  const requests = metrics.histogram('netra_http_request_ms', 'x', [100, 250], ['route'])
  const levels = createServiceLevels({ clock, metrics, logger: createLogger('silent') })
  /** Lets time pass in steps of a sample, and what it starts end. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      clock.advance(10_000)
      for (let step = 0; step < 8; step += 1) await turn()
    }
  }
  const level = async (id: LevelId) => (await levels.report()).find((one) => one.id === id)
  return { clock, metrics, welcome, runs, requests, levels, pass, level }
}

const times = (count: number, work: () => void): void => {
  for (let index = 0; index < count; index += 1) work()
}

test('without traffic nothing is known, and nothing is missed', async () => {
  const { levels } = stage()
  const report = await levels.report()
  expect(report.map(({ id }) => id)).toEqual(SERVICE_LEVELS.map(({ id }) => id))
  expect(new Set(report.map(({ state, share }) => `${state} ${share}`))).toEqual(
    new Set(['unknown null']),
  )
})

test('a duration is the share that was quick enough, and the value that share stayed below', async () => {
  const { welcome, level } = stage()
  times(99, () => welcome.observe(50))
  welcome.observe(800)
  expect(await level('welcome_p99')).toMatchObject({ share: 0.99, count: 100, state: 'met' })
  welcome.observe(800)
  const missed = await level('welcome_p99')
  expect(missed?.state).toBe('missed')
  expect(missed?.value_ms).toBeGreaterThan(500)
})

test('a few slow ones alone miss nothing, but one run without its events does', async () => {
  const { welcome, runs, level } = stage()
  times(5, () => welcome.observe(800))
  expect(await level('welcome_p99')).toMatchObject({ share: 0, state: 'unknown' })
  times(9, () => runs.add({ complete: 'yes' }))
  runs.add({ complete: 'no' })
  expect(await level('event_completion')).toMatchObject({ share: 0.9, state: 'missed' })
})

test('what is older than an hour counts no more, and memory does not grow', async () => {
  const { welcome, level, levels, pass } = stage()
  times(200, () => welcome.observe(800))
  await pass(20_000)
  expect(await level('welcome_p99')).toMatchObject({ count: 200, state: 'missed' })
  await pass(60 * 60_000)
  times(200, () => welcome.observe(50))
  expect(await level('welcome_p99')).toMatchObject({ count: 200, share: 1, state: 'met' })
  await pass(60 * 60_000 + 10_000)
  expect(await level('welcome_p99')).toMatchObject({ count: 0, state: 'unknown' })
  expect(levels.history().length).toBeLessThanOrEqual(361)
})

test('only the routes that are meant count for the API', async () => {
  const { requests, level } = stage()
  times(20, () => requests.observe(50, { route: '/api/threads' }))
  times(20, () => requests.observe(5_000, { route: '/assets/*' }))
  expect(await level('api_p95')).toMatchObject({ count: 20, share: 1, state: 'met' })
})

test('target and share are metrics too', async () => {
  const { welcome, metrics, pass } = stage()
  times(10, () => welcome.observe(50))
  await pass(10_000)
  const text = await metrics.text()
  expect(text).toContain('netra_service_level_target{level="welcome_p99"} 0.99')
  expect(text).toContain('netra_service_level_ratio{level="welcome_p99"} 1')
  expect(text).not.toContain('netra_service_level_ratio{level="event_completion"}')
})

test('a point of the history is of the ten seconds before it', async () => {
  const clock = new TestClock()
  const metrics: Metrics = createMetrics()
  const ended = metrics.counter('netra_run_ended_total', 'x', ['outcome'])
  metrics.gauge('netra_sockets', 'x', { read: () => 7 })
  const levels = createServiceLevels({ clock, metrics, logger: createLogger('silent') })
  const step = async () => {
    clock.advance(10_000)
    for (let turns = 0; turns < 8; turns += 1) await turn()
  }
  await step()
  times(2, () => ended.add({ outcome: 'completed' }))
  ended.add({ outcome: 'model_cut' })
  await step()
  await step()
  expect(levels.history()).toMatchObject([
    { sockets: 7, runs_per_minute: 18, failures_per_minute: 6, delivery_p95_ms: null },
    { sockets: 7, runs_per_minute: 0, failures_per_minute: 0 },
  ])
  levels[Symbol.dispose]()
  await step()
  expect(levels.history()).toHaveLength(2)
})
