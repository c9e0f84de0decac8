import { expect, test } from 'vitest'

import { areNumbers, aroundDates, keptTogether } from './kept-together.ts'

test('a percent sign stays beside its number, and other spaces may break', () => {
  expect(keptTogether('saves 70.0 % of it, 5 or more')).toBe('saves 70.0\u00A0% of it, 5 or more')
})

test('dates are found within a text, and nothing else with hyphens', () => {
  expect(aroundDates('from 2026-03-02 00:00 to 2026-03-08.')).toEqual([
    'from ',
    '2026-03-02',
    ' 00:00 to ',
    '2026-03-08',
    '.',
  ])
  expect(aroundDates('gpt-4o-2024-08-06-x and 12026-03-02')).toEqual([
    'gpt-4o-2024-08-06-x and 12026-03-02',
  ])
})

test('a column is of numbers when each of its cells is one or empty', () => {
  expect(areNumbers(['1,234', '$0.0215', '70.0 %', '–', ''])).toBe(true)
  expect(areNumbers(['70.0\u00A0%', '−3.5', '350 ms', '1.2M'])).toBe(true)
  expect(areNumbers(['$1.20', 'none', 'not measurable'])).toBe(true)
  expect(areNumbers(['none', 'not measurable'])).toBe(false)
  expect(areNumbers(['gpt-4o', '12'])).toBe(false)
  expect(areNumbers(['2026-11-21'])).toBe(false)
  expect(areNumbers(['', '–'])).toBe(false)
})
