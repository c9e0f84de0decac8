import { expect, test } from 'vitest'

import {
  mannKendall,
  median,
  modifiedZScores,
  seasonalMedians,
  theilSen,
} from './robust-statistics.ts'

test('the median of an even number lies between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBe(0)
})

test('the modified z-score as Iglewicz and Hoaglin define it', () => {
  // Median 3.5, deviations 1.4, 0.4, 0, 0.5, 96.5: their median is 0.5.
  const [first, , , , last] = modifiedZScores([2.1, 3.1, 3.5, 4, 100])
  expect(first).toBeCloseTo((0.6745 * -1.4) / 0.5, 10)
  expect(last).toBeCloseTo((0.6745 * 96.5) / 0.5, 10)
  expect(modifiedZScores([5, 5, 5])).toEqual([0, 0, 0])
})

test('Mann–Kendall with ties: S, Z and p as computed by hand', () => {
  // Pairs of 1, 2, 2, 3: five rise, one is equal. (4·3·13 - 2·1·9) / 18 = 7.666…
  const { s, z, pValue } = mannKendall([1, 2, 2, 3])
  expect(s).toBe(5)
  expect(z).toBeCloseTo(4 / Math.sqrt(138 / 18), 10)
  expect(pValue).toBeCloseTo(0.1486, 3)
  expect(mannKendall([7, 7, 7])).toEqual({ s: 0, z: 0, pValue: 1 })
})

test('p-values are those of the normal distribution', () => {
  // All of n(n-1)/2 pairs fall: for n = 8, S = -28, Z = -27 / √(8·7·21/18).
  const { z, pValue } = mannKendall([8, 7, 6, 5, 4, 3, 2, 1])
  expect(z).toBeCloseTo(-3.3404, 4)
  expect(pValue).toBeCloseTo(0.000837, 6)
})

test('Theil–Sen is not moved by a value far off', () => {
  expect(theilSen([1, 3, 5, 7, 9])).toEqual({ slope: 2, intercept: 1 })
  expect(theilSen([1, 3, 5, 7, 900])).toEqual({ slope: 2, intercept: 1 })
})

test('a season’s medians are what each phase adds', () => {
  expect(seasonalMedians([10, 20, 30, 10, 20, 30, 10, 20, 99], 3)).toEqual([-10, 0, 10])
})
