import { expect, test } from 'vitest'

import { periodOf, renewsAt } from './periods.ts'

const at = (text: string): number => Date.parse(text)

test('a day and a month are those of UTC, to the millisecond', () => {
  const last = at('2026-10-31T23:59:59.999Z')
  expect([periodOf('day', last), periodOf('month', last)]).toEqual(['2026-10-31', '2026-10'])
  expect([periodOf('day', last + 1), periodOf('month', last + 1)]).toEqual([
    '2026-11-01',
    '2026-11',
  ])
})

test('each renews when the next begins: over the end of a year, and in a leap year', () => {
  expect(renewsAt('day', at('2026-12-31T12:00:00Z'))).toBe(at('2027-01-01T00:00:00Z'))
  expect(renewsAt('month', at('2026-12-31T12:00:00Z'))).toBe(at('2027-01-01T00:00:00Z'))
  expect(renewsAt('month', at('2028-02-28T00:00:00Z'))).toBe(at('2028-03-01T00:00:00Z'))
  expect(renewsAt('day', at('2028-02-28T23:00:00Z'))).toBe(at('2028-02-29T00:00:00Z'))
})

test('the night in which clocks change is a day of 24 hours like any other', () => {
  for (const night of ['2026-03-29', '2026-10-25']) {
    const begin = at(`${night}T00:00:00Z`)
    expect(renewsAt('day', begin) - begin).toBe(24 * 3600_000)
    expect(
      new Set([0, 1, 2, 3, 23].map((hour) => periodOf('day', begin + hour * 3600_000))),
    ).toEqual(new Set([night]))
  }
})
