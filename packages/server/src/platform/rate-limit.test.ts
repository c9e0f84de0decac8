import { beforeEach, expect, test } from 'vitest'

import { RateLimit } from './rate-limit.ts'
import { TestClock } from './testing-clock.ts'

let clock: TestClock
beforeEach(() => {
  clock = new TestClock()
})

test('so many at once, then one for each share of the minute, and the wait is exact', () => {
  const limit = new RateLimit(clock, { perMinute: 60, burst: 3 })
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 0])
  expect(limit.take('a')).toBe(1_000)
  clock.jump(400)
  expect(limit.take('a')).toBe(600)
  clock.jump(600)
  expect(limit.take('a')).toBe(0)
  expect(limit.take('b')).toBe(0)
})

test('what is refused costs nothing and is told', () => {
  const refused: string[] = []
  const limit = new RateLimit(clock, { perMinute: 60, burst: 1 }, (key) => refused.push(key))
  limit.take('a')
  for (let count = 0; count < 50; count += 1) expect(limit.take('a')).toBe(1_000)
  expect(refused).toHaveLength(50)
  clock.jump(1_000)
  expect(limit.take('a')).toBe(0)
})

test('costs add up, and what is left is known', () => {
  const limit = new RateLimit(clock, { perMinute: 600, burst: 100 })
  expect(limit.take('a', 70)).toBe(0)
  expect(limit.left('a')).toEqual({ remaining: 30, resetMs: 7_000 })
  expect(limit.take('a', 40)).toBe(1_000)
  clock.jump(60_000)
  expect(limit.left('a')).toEqual({ remaining: 100, resetMs: 0 })
})

test('memory stays bounded over any number of keys, and who was here last is remembered', () => {
  const limit = new RateLimit(clock, { perMinute: 1, burst: 1 })
  limit.take('first')
  for (let count = 0; count < 60_000; count += 1) limit.take(`key ${count}`)
  expect(limit.take('key 59999')).toBeGreaterThan(0)
  expect(limit.take('first')).toBe(0)
})
