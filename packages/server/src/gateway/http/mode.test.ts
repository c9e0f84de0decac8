import { expect, test } from 'vitest'

import { modeBody } from './mode.ts'

const takes = (why: unknown): boolean => modeBody.safeParse({ mode: 'read_only', why }).success

test('what people are told is one line that a terminal and a page only show', () => {
  expect(takes('We move the store: back at 10:00 – спасибо 🙂')).toBe(true)
  expect(takes(null)).toBe(true)
  for (const character of [
    '\u0000',
    '\n',
    '\u001b',
    '\u007f',
    '\u009b',
    '\u202e',
    '\u2066',
    '\u2028',
  ]) {
    expect([character, takes(`before${character}behind`)]).toEqual([character, false])
  }
})
