import { describe, expect, test } from 'vitest'

import {
  countOf,
  dayGroup,
  formatBytes,
  formatDuration,
  formatGrouped,
  formatNumber,
  formatUsd,
} from './format.ts'

test('numbers are grouped from five digits on, so that a year stays a year', () => {
  expect(formatNumber(2024)).toBe('2024')
  expect(formatNumber(22_361_870)).toBe('22,361,870')
  expect(formatNumber(211.1325)).toBe('211.1325')
  expect(formatNumber(0.00012345)).toBe('0.0001235')
  expect(formatGrouped(2024)).toBe('2,024')
})

test('durations are as exact as they are short', () => {
  expect(formatDuration(84.4)).toBe('84 ms')
  expect(formatDuration(1240)).toBe('1.2 s')
  expect(formatDuration(59_960)).toBe('1 min 0 s')
  expect(formatDuration(3_725_000)).toBe('1 h 2 min')
})

test('money has cents, and fractions of a cent two digits that count', () => {
  expect(formatUsd(5.814)).toBe('$5.81')
  expect(formatUsd(9950)).toBe('$9,950.00')
  expect(formatUsd(1_234_567.5)).toBe('$1,234,567.50')
  expect(formatUsd(0.00118)).toBe('$0.0012')
  expect(formatUsd(0.0000053)).toBe('$0.0000053')
  expect(formatUsd(0)).toBe('$0.00')
})

test('sizes and counts are in words', () => {
  expect(formatBytes(832_411)).toBe('832 kB')
  expect(formatBytes(1_840_000)).toBe('1.8 MB')
  expect(formatBytes(999_600)).toBe('1.0 MB')
  expect(countOf(1, 'step')).toBe('1 step')
  expect(countOf(19_366, 'row')).toBe('19,366 rows')
})

describe('days', () => {
  const now = new Date(2026, 10, 21, 0, 30).getTime()
  test('change at midnight of the reader, not after 24 hours', () => {
    expect(dayGroup(new Date(2026, 10, 21, 0, 1).getTime(), now)).toBe('Today')
    expect(dayGroup(new Date(2026, 10, 20, 23, 59).getTime(), now)).toBe('Yesterday')
    expect(dayGroup(new Date(2026, 10, 15).getTime(), now)).toBe('Previous 7 days')
    expect(dayGroup(new Date(2026, 10, 1).getTime(), now)).toBe('Previous 30 days')
    expect(dayGroup(new Date(2026, 8, 1).getTime(), now)).toBe('September 2026')
  })
})
