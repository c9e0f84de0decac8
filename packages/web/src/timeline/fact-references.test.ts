import { expect, test } from 'vitest'

import { partsOf } from './fact-references.ts'

test('each fact that a formula names is a part of its own, and the whole is the formula', () => {
  const formula = '$144.40 (f7) − $6.21 (f28), before rounding'
  const parts = partsOf(formula, new Set(['f7', 'f28']))
  expect(parts.map(({ fact }) => fact)).toEqual([null, 'f7', null, 'f28', null])
  expect(parts.map(({ text }) => text).join('')).toBe(formula)
})

test('what the report does not know stays words', () => {
  expect(partsOf('(f9) and (f1)', new Set(['f1']))).toEqual([
    { text: '(f9) and ', fact: null },
    { text: '(f1)', fact: 'f1' },
  ])
  expect(partsOf('', new Set())).toEqual([])
})
