import { expect, test } from 'vitest'

import { dollars, dollarText, femtoOf, perToken, shareOf } from './money.ts'

test('tokens times a price are exact however many there are', () => {
  // 0.1 + 0.2 of binary fractions; seven decimals; 10^15 tokens.
  expect(dollars(perToken(0.1) * 1_000_000n + perToken(0.2) * 1_000_000n)).toBe(0.3)
  expect(dollars(perToken(0.0000001) * 1_000_000n)).toBe(1e-7)
  expect(dollars(perToken(2.5) * 10n ** 15n)).toBe(2_500_000_000)
})

test('cents are rounded half away from zero, with thousands apart', () => {
  const cases: [number, string][] = [
    [0.005, '$0.01'],
    [0.004_999, '$0.00'],
    [1_234_567.894_9, '$1,234,567.89'],
    [-0.015, '-$0.02'],
    [-0.001, '$0.00'],
    [999.995, '$1,000.00'],
  ]
  for (const [usd, text] of cases) expect(dollarText(femtoOf(usd))).toBe(text)
})

test('a share of nothing is 0', () => {
  expect(shareOf(5n, 0n)).toBe(0)
  expect(shareOf(1, 3)).toBe(0.333333)
})
