import { expect, test } from 'vitest'

import { whyLongWords } from './why-long-words.ts'

test('an answer of less than ten seconds is not called long', () => {
  expect([0, 1_800, 9_999].map(whyLongWords)).toEqual(['Timing', 'Timing', 'Timing'])
  expect(whyLongWords(10_000)).toBe('Why did this take long?')
})
