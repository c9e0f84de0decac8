import { expect, test } from 'vitest'

import { inlinePieces } from './inline.ts'

test('code and strong words are found, everything else stays as it is', () => {
  expect(inlinePieces('Add `a_b`, then **all** of <b>it</b>')).toEqual([
    { text: 'Add ', kind: 'text' },
    { text: 'a_b', kind: 'code' },
    { text: ', then ', kind: 'text' },
    { text: 'all', kind: 'strong' },
    { text: ' of <b>it</b>', kind: 'text' },
  ])
})

test('a mark without its partner is text', () => {
  expect(inlinePieces('2 ** 3 and `open')).toEqual([{ text: '2 ** 3 and `open', kind: 'text' }])
  expect(inlinePieces('')).toEqual([])
})
