import { pino } from 'pino'
import { expect, test } from 'vitest'

import { TestClock } from '../platform/testing-clock.ts'
import { OutageLog } from './outage-log.ts'

test('however often it fails, an outage is told once a minute', () => {
  const clock = new TestClock()
  const lines: { level: number; why?: string; seconds: number }[] = []
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const outage = new OutageLog(clock, logger)
  outage.answered()
  expect(lines).toHaveLength(0)
  for (let second = 0; second <= 150; second += 1) {
    outage.failed('refused')
    clock.advance(1_000)
  }
  expect(lines.map(({ level, seconds }) => [level, seconds])).toEqual([
    [40, 0],
    [40, 60],
    [40, 120],
  ])
  outage.answered()
  outage.answered()
  expect(lines.slice(3)).toEqual([expect.objectContaining({ level: 30, seconds: 151 })])
})
