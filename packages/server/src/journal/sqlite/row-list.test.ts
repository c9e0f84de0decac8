import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { packRows, unpackRows } from './row-list.ts'

test('any ascending rows come back, neighbours in a byte each', () => {
  expect(packRows([1_000, 1_001, 1_002])).toHaveLength(4)
  const row = fc.integer({ min: 0, max: 2 ** 45 })
  fc.assert(
    fc.property(fc.array(row), (unsorted) => {
      const rows = unsorted.toSorted((one, other) => one - other)
      expect(unpackRows(packRows(rows))).toEqual(rows)
    }),
    { seed: 1 },
  )
})
