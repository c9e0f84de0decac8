import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { backoffMs, goawayMs } from './reconnect-policy.ts'

test('every wait is between 0.5 s and 30 s', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const wait = backoffMs(attempt, () => random)
        expect(wait).toBeGreaterThanOrEqual(500)
        expect(wait).toBeLessThanOrEqual(30_000)
      },
    ),
  )
})

test('the ceiling doubles up to 30 s', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffMs(attempt, () => 1))
  expect(ceilings).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('all of the range is used, so that a thousand clients do not come at once', () => {
  expect(backoffMs(9, () => 0)).toBe(500)
  expect(backoffMs(9, () => 0.5)).toBe(15_250)
})

test('a server that goes away says when to come back', () => {
  expect(goawayMs({ after_ms: 500, jitter_ms: 1000 }, () => 0.25)).toBe(750)
  expect(goawayMs({ after_ms: 500_000, jitter_ms: 0 }, () => 0)).toBe(30_000)
})
