import { expect, test } from 'vitest'

import { readableValue, visibleText } from './visible-text.ts'

test('nothing that a person could not see hides in a text', () => {
  expect(visibleText('pay\u202e0001\u202c to\u200b bob\u0000')).toBe(
    String.raw`pay\u202e0001\u202c to\u200b bob\u0000`,
  )
  expect(visibleText('tags \u{e0041}')).toBe(String.raw`tags \u{e0041}`)
  expect(visibleText('über 漢字 😀\n\tindented\r\n')).toBe('über 漢字 😀\n\tindented\n')
})

test('lists of plain things are read as such, all else as JSON', () => {
  expect(readableValue(['a', 2, null])).toBe('a, 2, null')
  expect(readableValue([{ a: 1 }])).toBe('[\n  {\n    "a": 1\n  }\n]')
  expect(readableValue(undefined)).toBe('nothing')
})
