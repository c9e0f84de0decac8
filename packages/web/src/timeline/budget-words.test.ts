import { expect, test } from 'vitest'

import { limitAmount, limitsInWords, lowBudget } from './budget-words.ts'

const state = {
  budget: 'tokens_per_day',
  whose: 'yours' as const,
  used: 820,
  limit: 1_000,
  left: 180,
  percent: 82,
  renews_at: '2026-11-22T00:00:00.000Z',
}
const NOW = Date.parse('2026-11-21T20:00:00Z')

test('a low budget says what is left, whose it is, and when there is more', () => {
  expect(lowBudget(state, NOW)).toMatch(
    /^180 tokens left of your tokens for today\. There is more at /,
  )
  const everyone = { ...state, budget: 'usd_per_month', whose: 'everyone' as const, left: 0 }
  expect(lowBudget({ ...everyone, renews_at: '2026-12-01T00:00:00.000Z' }, NOW)).toMatch(
    /^Used up: everybody’s money for this month\. There is more on /,
  )
})

test('amounts have their unit; one that is not known yet is a number', () => {
  expect(limitAmount('usd_per_day', 2.5)).toBe('$2.50')
  expect(limitAmount('seconds_per_run', 90)).toBe('90 s')
  expect(limitAmount('of_a_later_version', 3)).toBe('3')
})

test('what one budget sets is one line, in the order of the form', () => {
  expect(limitsInWords({ usd_per_month: null, tokens_per_day: 1_000_000 })).toBe(
    'Tokens a day: 1M tokens; US dollars a month: no limit',
  )
})
