import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { jsonDepth, utf8Length } from './json-shape.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

test('the depth read from the text is the depth of the value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(jsonDepth(JSON.stringify(value))).toBe(depthOf(value))
      expect(jsonDepth(JSON.stringify(value, null, 2))).toBe(depthOf(value))
    }),
  )
})

test('the length in UTF-8 is what an encoder would make', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '\ud800', '\udc00'),
      (text, half) => {
        const both = text + half + text
        expect(utf8Length(both)).toBe(new TextEncoder().encode(both).length)
      },
    ),
  )
})
