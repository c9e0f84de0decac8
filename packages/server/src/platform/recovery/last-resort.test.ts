import { expect, test } from 'vitest'

import { createMetrics } from '../metrics.ts'
import { TestClock } from '../testing-clock.ts'
import { LastResort } from './last-resort.ts'

function stage() {
  const lines: unknown[] = []
  const clock = new TestClock()
  const metrics = createMetrics()
  const logger = { fatal: (line: unknown) => void lines.push(line) }
  const resort = new LastResort({ clock, logger: logger as never })
  resort.measure(metrics)
  return { resort, clock, lines, metrics }
}

test('the third error within ten minutes is a problem, and later it is none any more', async () => {
  const { resort, clock, lines, metrics } = stage()
  resort.caught(new Error('one'), 'uncaughtException')
  clock.advance(11 * 60_000)
  resort.caught(new Error('two'), 'unhandledRejection')
  resort.caught('three', 'uncaughtException')
  expect(resort.problem()).toBeUndefined()
  resort.caught(new Error('four'), 'uncaughtException')
  expect(resort.problem()).toMatch(/^3 errors in the last ten minutes were caught by nobody/)
  expect(lines).toHaveLength(4)
  expect(resort.total).toBe(4)
  expect(await metrics.text()).toContain('netra_uncaught_errors_total{origin="exception"} 3')
  clock.advance(10 * 60_000)
  expect(resort.problem()).toBeUndefined()
})

test('a loop of errors is counted, and does not fill the log', () => {
  const { resort, lines } = stage()
  for (let index = 0; index < 10_000; index++) resort.caught(new Error('again'), 'exception')
  expect(resort.total).toBe(10_000)
  expect(lines.length).toBeLessThan(120)
  expect(resort.problem()).toMatch(/^more than 100 errors/)
})

test('a log that fails is no reason to fail', () => {
  const logger = {
    fatal() {
      throw new Error('no space')
    },
  }
  const resort = new LastResort({ clock: new TestClock(), logger: logger as never })
  expect(() => resort.caught(new Error('one'), 'exception')).not.toThrow()
  expect(resort.total).toBe(1)
})
