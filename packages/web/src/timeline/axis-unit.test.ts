import { expect, test } from 'vitest'

import { sharedUnit, tickText, unitOf, valueText } from './axis-unit.ts'

test.each([
  ['cost in US dollars', '$2'],
  ['cost_usd', '$2'],
  ['Cost ($)', '$2'],
  ['latency_ms', '2 ms'],
  ['duration in seconds', '2 s'],
  ['share (%)', '2 %'],
  ['bytes', '2 B'],
  ['requests', '2'],
  ['input_tokens', '2'],
  ['tokens per second', '2'],
  ['museums', '2'],
  ['customs', '2'],
])('numbers of “%s” are drawn as %s', (column, text) => {
  expect(tickText(2, unitOf(column))).toBe(text)
})

test('less than nothing has its sign before the unit, and money its cents', () => {
  expect(tickText(-12_000, unitOf('usd'))).toBe('−$12K')
  expect(valueText(-5, unitOf('requests'))).toBe('−5')
  expect(['0', '0.5', '1', '0.012'].map((cost) => tickText(Number(cost), unitOf('usd')))).toEqual([
    '$0',
    '$0.50',
    '$1',
    '$0.012',
  ])
})

test('columns of different units share none', () => {
  expect(sharedUnit(['cost_usd', 'saving_usd'])).toEqual(unitOf('usd'))
  expect(sharedUnit(['cost_usd', 'latency_ms'])).toEqual(unitOf('requests'))
})
