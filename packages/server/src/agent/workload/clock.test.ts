import { describe, expect, test } from 'vitest'

import { clockOf, type FirstOfSource } from './clock.ts'

const DATED = '2026-03-02 09:00:00'
const FROM_A_START = '1970-01-01 00:00:00'

const first = (source: string, at: string | null): FirstOfSource => ({ source, first: at })
const ofOwnStart = (...own: string[]) =>
  ['a', 'b'].map((name) => ({ name, countsFromItsStart: own.includes(name) }))

describe('what times count from', () => {
  test.each([
    ['dated files share the calendar', [DATED, '2024-01-01 00:00:00'], [], 'calendar'],
    ['files without times have none', [null, null], [], 'none'],
    ['a dated file and one without times do not', [DATED, null], [], 'several'],
    ['a dated file and a trace do not', [DATED, FROM_A_START], ['b'], 'several'],
    [
      'two traces each count from their own start',
      [FROM_A_START, FROM_A_START],
      ['a', 'b'],
      'several',
    ],
    ['a trace and a file that counts from 1970', [FROM_A_START, FROM_A_START], ['b'], 'several'],
    ['files that count from 1970 share it', [FROM_A_START, FROM_A_START], [], 'start'],
    ['a date is one, whatever was assumed of its unit', [DATED, DATED], ['a', 'b'], 'calendar'],
  ] as const)('%s', (_, [a, b], own, clock) => {
    expect(clockOf([first('a', a), first('b', b)], ofOwnStart(...own))).toBe(clock)
  })

  test('a file without requests in question decides nothing', () => {
    expect(clockOf([first('a', FROM_A_START)], ofOwnStart('a', 'b'))).toBe('start')
    expect(clockOf([], ofOwnStart())).toBe('none')
  })
})
