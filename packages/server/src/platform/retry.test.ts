import { expect, test } from 'vitest'

import { retryAfterMs, waitBeforeRetry, type RetryPolicy } from './retry.ts'

const policy: RetryPolicy = { tries: 5, firstMs: 500, mostMs: 3_000 }
const longest = () => 0.999_999

test('waits double up to their limit and are spread over their whole length', () => {
  const waits = [1, 2, 3, 4].map((failed) => waitBeforeRetry(policy, failed, { random: longest }))
  expect(waits.map((ms) => Math.round(ms ?? -1))).toEqual([500, 1_000, 2_000, 3_000])
  expect(waitBeforeRetry(policy, 3, { random: () => 0 })).toBe(0)
  expect(waitBeforeRetry(policy, 3, { random: () => 0.5 })).toBe(1_000)
})

test('after the last try there is no other', () => {
  expect(waitBeforeRetry(policy, 5, { random: longest })).toBeNull()
})

test('a service that names a time is asked no earlier, and not at all when that is too long', () => {
  const asked = (askedMs: number, random = longest) =>
    waitBeforeRetry(policy, 1, { random, askedMs })
  expect(asked(2_000, () => 0)).toBe(2_000)
  expect(asked(2_000)).toBeGreaterThan(2_200)
  expect(asked(2_000)).toBeLessThanOrEqual(2_250)
  expect(asked(0)).toBe(0)
  expect(asked(3_001)).toBeNull()
})

test('a wait that would end after whoever waits gives up is in vain', () => {
  const within = (leftMs: number) =>
    waitBeforeRetry(policy, 1, { random: () => 0, askedMs: 1_000, leftMs })
  expect(within(1_001)).toBe(1_000)
  expect(within(1_000)).toBeNull()
})

test('Retry-After is read in milliseconds, seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterMs({ 'retry-after-ms': '250', 'retry-after': '9' }, now)).toBe(250)
  expect(retryAfterMs({ 'retry-after': '2' }, now)).toBe(2000)
  expect(retryAfterMs({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, now)).toBe(5000)
  expect(retryAfterMs({ 'retry-after': 'Wed, 31 Dec 2025 00:00:05 GMT' }, now)).toBe(0)
  expect(retryAfterMs({ 'retry-after': 'soon' }, now)).toBeUndefined()
  expect(retryAfterMs({}, now)).toBeUndefined()
})
