import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { formatPosition, parsePosition } from './position.ts'

test('a position is its epoch and sequence number', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[^:\s]{1,64}$/),
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      (epoch, seq) => {
        expect(parsePosition(formatPosition(epoch, seq))).toEqual({ epoch, seq })
      },
    ),
  )
})

test.each([
  '',
  ':',
  'e:',
  ':1',
  'e:-1',
  'e:01',
  'e:1.5',
  'e:9007199254740993',
  'a:b:1',
  'e:1e3',
  'e 1:2',
])('%j is no position', (text) => {
  expect(parsePosition(text)).toBeUndefined()
})

test('what cannot be a position is refused when it is made', () => {
  expect(() => formatPosition('', 1)).toThrow(RangeError)
  expect(() => formatPosition('a:b', 1)).toThrow(RangeError)
  expect(() => formatPosition('a', -1)).toThrow(RangeError)
  expect(() => formatPosition('a', 2 ** 53)).toThrow(RangeError)
})
