import { expect, test } from 'vitest'

import { shareText, usdText } from './facts.ts'

test('nothing has no sign', () => {
  expect(usdText(-0)).toBe('$0.00')
  expect(shareText(-0)).toBe('0.0 %')
  expect(shareText(-0.0004)).toBe('0.0 %')
  expect(shareText(-0.0006)).toBe('-0.1 %')
})
