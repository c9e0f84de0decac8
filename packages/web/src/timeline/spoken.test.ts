import { expect, test } from 'vitest'

import { spoken } from './spoken.ts'

test('an answer is spoken without its marks', () => {
  const answer = [
    '## What it costs',
    '',
    'It is **$4.20** a day, *not* `$42`: see [the report](/api/reports/a_b).',
    '',
    '- a `snake_case_name` stays',
    '1. so does 3 * 4 * 5',
    '',
    '| model | cost |',
    '| --- | ---: |',
    String.raw`| gpt\_4o | $1 |`,
  ].join('\n')
  expect(spoken(answer)).toBe(
    [
      'What it costs',
      'It is $4.20 a day, not $42: see the report.',
      'a snake_case_name stays',
      'so does 3 * 4 * 5',
      'model, cost',
      'gpt_4o, $1',
    ].join('\n'),
  )
})

test('of a long answer the beginning is spoken, up to a whole sentence, else up to a whole word', () => {
  expect(spoken('It costs $4.20. It was less.\n\n## Where it goes\n\nTo models.', 45)).toBe(
    'It costs $4.20. It was less. …',
  )
  expect(spoken('many words here', 12)).toBe('many words …')
})
