import { expect, test } from 'vitest'

import { formatNumber, precise } from './format.ts'

test('a sum of cents is told without the noise of binary fractions', () => {
  const sum = [0.1, 0.2, 2501.51].reduce((total, number) => total + number, 0)
  expect(String(sum)).not.toBe('2501.81')
  expect(precise(sum)).toBe(2501.81)
  expect(formatNumber(sum)).toEqual({ text: '2,501.81', rounded: false })
})

test('what was cut is said to be rounded', () => {
  expect(formatNumber(1154.70345)).toEqual({ text: '1,154.7', rounded: true })
  expect(formatNumber(22_361_870)).toEqual({ text: '22,361,870', rounded: false })
})
