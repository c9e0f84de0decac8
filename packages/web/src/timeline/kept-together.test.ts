import { expect, test } from 'vitest'

import { areNumbers, keptTogether } from './kept-together.ts'

test('a percent sign stays beside its number, and other spaces may break', () => {
  expect(keptTogether('saves 70.0 % of it, 5 or more')).toBe('saves 70.0\u00A0% of it, 5 or more')
})

test('a column is of numbers when each of its cells is one or empty', () => {
  expect(areNumbers(['1,234', '$0.0215', '70.0 %', '–', ''])).toBe(true)
  expect(areNumbers(['70.0\u00A0%', '−3.5', '350 ms', '1.2M'])).toBe(true)
  expect(areNumbers(['gpt-4o', '12'])).toBe(false)
  expect(areNumbers(['2026-11-21'])).toBe(false)
  expect(areNumbers(['', '–'])).toBe(false)
})
