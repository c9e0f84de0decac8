import { expect, test } from 'vitest'

import { MovingClock } from '../../../../../tests/support/moving-clock.ts'
import { CheckFailed, type StartupCheck, type StartupCheckId } from './check.ts'
import { StartupFailed, statusOf } from './report.ts'
import { runChecks } from './run-checks.ts'

const check = (id: StartupCheckId, more: Partial<StartupCheck> = {}): StartupCheck => ({
  id,
  timeoutMs: 1_000,
  remedy: 'See to it.',
  run: async () => ({ detail: 'fine' }),
  ...more,
})

const fails = (id: StartupCheckId, more: Partial<StartupCheck> = {}): StartupCheck =>
  check(id, { run: () => Promise.reject(new CheckFailed('it is broken', 'Mend it.')), ...more })

const none = new Set<StartupCheckId>()

test('the first that fails ends the others, unless all are wanted', async () => {
  const checks = [check('disk'), fails('store'), check('clock')]
  const options = { clock: new MovingClock(), bypass: none }
  const first = await runChecks(checks, options)
  expect(first.map(({ id, status }) => [id, status])).toEqual([
    ['disk', 'passed'],
    ['store', 'failed'],
  ])
  const all = await runChecks(checks, { ...options, all: true })
  expect(all.map(({ status }) => status)).toEqual(['passed', 'failed', 'passed'])
  const report = { status: statusOf(all), total_ms: 0, phases: [], checks: all }
  expect(new StartupFailed(report).message).toBe(
    'the start-up check "store" failed: it is broken. Mend it.',
  )
})

test('one that is gone around is run, reported with its problem, and fails nothing', async () => {
  const found = await runChecks([fails('store'), check('clock')], {
    clock: new MovingClock(),
    bypass: new Set<StartupCheckId>(['store', 'clock']),
  })
  expect(found).toMatchObject([
    { id: 'store', status: 'bypassed', problem: 'it is broken', remedy: 'Mend it.' },
    // What passes is not gone around.
    { id: 'clock', status: 'passed', detail: 'fine' },
  ])
  expect(statusOf(found)).toBe('bypassed')
})

test('what needs one that did not pass is skipped and says so', async () => {
  const found = await runChecks(
    [fails('store'), check('sockets'), check('golden_path', { needs: ['store', 'sockets'] })],
    { clock: new MovingClock(), bypass: new Set<StartupCheckId>(['store']) },
  )
  expect(found[2]).toMatchObject({ status: 'skipped', problem: expect.stringContaining('"store"') })
  const before = [{ id: 'sockets' as const, status: 'skipped' as const, ms: 0 }]
  const after = await runChecks([check('golden_path', { needs: ['sockets'] })], {
    clock: new MovingClock(),
    bypass: none,
    before,
  })
  expect(after[0]?.status).toBe('skipped')
})

test('one that never answers fails when its time is over, and is told to stop', async () => {
  const clock = new MovingClock()
  let aborted = false
  const hangs = check('auth', {
    run: (signal) => {
      signal.addEventListener('abort', () => (aborted = true))
      return new Promise(() => undefined)
    },
  })
  const running = runChecks([hangs], { clock, bypass: none })
  await new Promise((turn) => setImmediate(turn))
  clock.advance(1_000)
  expect(await running).toMatchObject([
    { status: 'failed', problem: 'no answer within 1 s', remedy: 'See to it.' },
  ])
  expect(aborted).toBe(true)
})

test('an error that is no finding of a check is told with the remedy of the check', async () => {
  const throws = check('agents', {
    run: () => {
      throw new Error('unforeseen.')
    },
  })
  expect(await runChecks([throws], { clock: new MovingClock(), bypass: none })).toMatchObject([
    { status: 'failed', problem: 'unforeseen', remedy: 'See to it.' },
  ])
})

test('a warning passes', async () => {
  const warns = check('clock', { run: async () => ({ warning: 'it is late' }) })
  const found = await runChecks([warns], { clock: new MovingClock(), bypass: none })
  expect(found).toMatchObject([{ status: 'warned', problem: 'it is late' }])
  expect(statusOf(found)).toBe('passed')
})
