import { expect, test } from 'vitest'

import { asJson, nodesIn, plainText, visibleText } from './visible-text.ts'

test('nothing that a person could not see hides in a text', () => {
  expect(visibleText('pay\u202e0001\u202c to\u200b bob\u0000')).toBe(
    String.raw`pay\u202e0001\u202c to\u200b bob\u0000`,
  )
  expect(visibleText('tags \u{e0041}')).toBe(String.raw`tags \u{e0041}`)
  expect(visibleText('über 漢字 😀\n\tindented\r\n')).toBe('über 漢字 😀\n\tindented\n')
})

test('a text that could be taken for a number, a truth or nothing stands in quotes', () => {
  expect(['5', 'true', 'null', '', ' a ', '-1.5e3'].map(plainText)).toEqual([
    '"5"',
    '"true"',
    '"null"',
    '""',
    '" a "',
    '"-1.5e3"',
  ])
  expect([5, true, null, 'five', 'a\nb\n'].map(plainText)).toEqual([
    '5',
    'true',
    'null',
    'five',
    'a\nb\n',
  ])
})

test('what is large is told by counting no further than need be, and hides nothing as JSON', () => {
  expect(nodesIn({ a: [1, 2], b: { c: 'd' } }, 100)).toBe(6)
  expect(nodesIn(Array.from({ length: 1_000 }), 10)).toBe(11)
  expect(asJson([{ a: '\u202e' }])).toBe('[\n  {\n    "a": "\\u202e"\n  }\n]')
})
