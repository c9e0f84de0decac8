import { expect, test } from 'vitest'

import { ago } from './moments.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const before = (ms: number) => ago(new Date(NOW - ms).toISOString(), NOW)

test('the time since something is told in the largest fitting unit, never rounded up', () => {
  expect(before(0)).toBe('just now')
  expect(before(-5000)).toBe('just now')
  expect(before(59_999)).toBe('just now')
  expect(before(60_000)).toBe('1 minute ago')
  expect(before(59 * 60_000 + 59_999)).toBe('59 minutes ago')
  expect(before(3 * 3_600_000)).toBe('3 hours ago')
  expect(before(24 * 3_600_000)).toBe('yesterday')
  expect(before(29 * 86_400_000)).toBe('29 days ago')
})

test('what is longer ago than a month is told as a date', () => {
  expect(before(40 * 86_400_000)).toMatch(/2026/)
})
