import { expect, test } from 'vitest'

import { sparkLine } from './spark-line.ts'

const SIZE = { width: 100, height: 20 }

test('nothing measured draws nothing', () => {
  expect(sparkLine([], SIZE)).toBeNull()
  expect(sparkLine([null, null], SIZE)).toBeNull()
})

test('the line begins at the left, ends at the right and its largest value is at the top', () => {
  const line = sparkLine([0, 5, 10], SIZE)
  expect(line?.line).toBe('M0 19L50 10.5L100 2')
  expect(line).toMatchObject({ least: 0, most: 10, last: 10 })
})

test('what was not measured is a gap, and one value alone a dot', () => {
  const line = sparkLine([1, 1, null, 1, null], SIZE)
  expect(line?.line.match(/M/g)).toHaveLength(1)
  expect(line?.dots).toEqual([{ x: 75, y: 2 }])
  expect(line?.last).toBeNull()
})

test('an hour of nothing but zeros lies on the ground', () => {
  expect(sparkLine([0, 0], SIZE)?.line).toBe('M0 19L100 19')
})
