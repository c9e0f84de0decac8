import { expect, test } from 'vitest'

import { MovingClock } from '../../../../tests/support/moving-clock.ts'
import { createHealth } from './health.ts'

const fine = { run: async () => undefined }
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a check that hangs, throws, is slow or has broken details breaks neither the answer nor the others', async () => {
  const clock = new MovingClock()
  const health = createHealth({
    clock,
    checks: {
      fine,
      throws: {
        run: () => {
          throw new Error('thrown at once')
        },
      },
      rejects: { run: () => Promise.reject(new Error('rejected')) },
      odd: { run: () => Promise.reject('no error at all') },
      hangs: { run: () => new Promise(() => undefined), timeoutMs: 300 },
      details: {
        ...fine,
        details: () => {
          throw new Error('no details')
        },
      },
      worse: { run: async () => 'half as fast' },
    },
  })
  const reporting = health.report()
  await turn()
  clock.advance(300)
  const { status, checks, reasons, degraded } = await reporting
  expect(status).toBe('unhealthy')
  expect(checks).toMatchObject({
    fine: { status: 'healthy', connected: true },
    throws: { status: 'unhealthy', error: 'thrown at once' },
    rejects: { status: 'unhealthy', error: 'rejected' },
    odd: { status: 'unhealthy', error: 'no error at all' },
    hangs: { status: 'unhealthy', error: 'no answer within 0.3 s', connected: false },
    details: { status: 'healthy', details: { error: 'no details' } },
    worse: { status: 'degraded', error: 'half as fast', connected: true },
  })
  expect(checks['hangs']?.response_time_ms).toBeGreaterThanOrEqual(300)
  expect(reasons).toHaveLength(4)
  expect(degraded).toEqual(['worse: half as fast'])
})

test('however many ask, a check is made once in half a second, and never beside one that hangs', async () => {
  const clock = new MovingClock()
  let calls = 0
  let hung = 0
  const health = createHealth({
    clock,
    checks: {
      counted: {
        run: async () => {
          calls += 1
          return undefined
        },
      },
    },
  })
  await Promise.all(Array.from({ length: 1_000 }, () => health.report()))
  await health.report()
  expect(calls).toBe(1)
  clock.advance(500)
  await health.report()
  expect(calls).toBe(2)
  const hanging = createHealth({
    clock,
    checks: {
      hangs: {
        timeoutMs: 100,
        run: () => {
          hung += 1
          return new Promise(() => undefined)
        },
      },
    },
  })
  for (const error of ['no answer within 0.1 s', 'no answer for 1 s']) {
    const asked = hanging.report()
    await turn()
    clock.advance(600)
    expect((await asked).checks['hangs']?.error).toBe(error)
    clock.advance(600)
  }
  expect(hung).toBe(1)
})

test('degraded parts leave it healthy and ready', async () => {
  const health = createHealth({
    clock: new MovingClock(),
    checks: { worse: { run: async () => 'half as fast' } },
  })
  expect(await health.report()).toMatchObject({ status: 'healthy', reasons: [] })
  expect(await health.readiness()).toEqual({ ready: true, reasons: [] })
})

test('readiness does not flap: only what lasts two seconds changes it, in either direction', async () => {
  const clock = new MovingClock()
  let works = true
  const health = createHealth({
    clock,
    checks: { store: { run: () => (works ? fine.run() : Promise.reject(new Error('away'))) } },
  })
  const ready = async (afterMs: number, now: boolean): Promise<boolean> => {
    clock.advance(afterMs)
    works = now
    return (await health.readiness()).ready
  }
  expect(await ready(0, true)).toBe(true)
  const flapping: boolean[] = []
  for (let look = 0; look < 10; look += 1) flapping.push(await ready(1_000, look % 2 === 0))
  expect(new Set(flapping)).toEqual(new Set([true]))
  await ready(1_000, true)
  expect([await ready(1_000, false), await ready(1_000, false), await ready(1_100, false)]).toEqual(
    [true, true, false],
  )
  expect([await ready(1_000, true), await ready(1_000, true), await ready(1_100, true)]).toEqual([
    false,
    false,
    true,
  ])
})

test('the first look decides at once', async () => {
  const health = createHealth({
    clock: new MovingClock(),
    checks: { store: { run: () => Promise.reject(new Error('away')) } },
  })
  expect((await health.readiness()).ready).toBe(false)
})
