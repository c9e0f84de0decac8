import { expect, test } from 'vitest'

import { readNumber } from './typed-number.ts'

test.each([
  ['1500', 1500],
  [' 1.5 ', 1.5],
  ['.5', 0.5],
  ['-3', -3],
  ['1e-7', 1e-7],
  ['1,50', 1.5],
  ['1,5', 1.5],
  ['0,500', 0.5],
  ['1500,25', 1500.25],
  ['1500,250', 1500.25],
  ['1,500.25', 1500.25],
  ['1,500,000', 1_500_000],
  ['1.500,25', 1500.25],
  ['1.500.000', 1_500_000],
  ['1 500', 1500],
  ['1\u202F500\u00A0000,5', 1_500_000.5],
])('what is typed as %j is read as %d', (text, value) => {
  expect(readNumber(text)).toEqual({ value })
})

test.each([
  ['1,500', 'can be read in two ways: write 1500 or 1.5.'],
  ['-12,050', 'can be read in two ways: write -12050 or -12.05.'],
])('%j is neither of the two numbers that it may be', (text, problem) => {
  expect(readNumber(text)).toEqual({ problem })
})

test.each([
  '',
  'four',
  '1,50,000',
  '1,5.5',
  '1.2.3',
  '1,500.25,5',
  '1 50',
  '0x10',
  '∞',
  '$5',
  '1-2',
])('%j is no number', (text) => {
  expect(readNumber(text)).toEqual({ problem: 'must be a number, such as 1500 or 1.5.' })
})
