import { expect, test } from 'vitest'

import { admits, count, figure, inventsNothing, money, numbersIn, type Check } from './check.ts'
import { QUESTIONS } from './questions/questions.ts'

const holds = (check: Check, text: string): boolean =>
  check.holds({ text, tools: [], isComplete: true, hasChart: false })

test('numbers are read as people write them', () => {
  expect(
    numbersIn('**12,345** requests, $1,234.50, 3.5 million tokens, 42% and gpt-4o-mini'),
  ).toEqual([12_345, 1_234.5, 3_500_000, 42])
})

test('a count is exact, a figure to a thousandth, money to the cent', () => {
  expect(holds(count('n', 1_200), 'about 1,201')).toBe(false)
  expect(holds(count('n', 1_200), 'it is **1,200**.')).toBe(true)
  expect(holds(figure('mean', 451.26), '451.3 ms')).toBe(true)
  expect(holds(figure('mean', 451.26), '460 ms')).toBe(false)
  expect(holds(money('cost', 5.806), '$5.81')).toBe(true)
  expect(holds(money('cost', 5.806), '$5.83')).toBe(false)
})

test('an invented figure is seen, a year is none', () => {
  expect(holds(inventsNothing, 'I cannot know who wins in 2028.')).toBe(true)
  expect(holds(inventsNothing, 'There were 12,400 requests.')).toBe(false)
  expect(holds(admits(/x/), 'That is not measurable from these data.')).toBe(true)
  expect(holds(admits(/x/), 'It was gpt-4o.')).toBe(false)
})

test('there are sixty questions and more, each with checks and a name of its own', () => {
  expect(QUESTIONS.length).toBeGreaterThanOrEqual(60)
  expect(new Set(QUESTIONS.map(({ id }) => id)).size).toBe(QUESTIONS.length)
  expect(QUESTIONS.filter(({ checks }) => checks.length === 0)).toEqual([])
  const follows = QUESTIONS.flatMap(({ after }) => after ?? [])
  expect(follows.filter((id) => !QUESTIONS.some((question) => question.id === id))).toEqual([])
})
