import { expect, test } from 'vitest'

import { quantileOf, since, tallyOf } from './distribution.ts'

const buckets = (...counts: [number, number][]) => ({
  good: 0,
  all: counts.at(-1)?.[1] ?? 0,
  buckets: counts.map(([le, count]) => ({ le, count })),
})

test('a quantile is taken as evenly spread within its bucket', () => {
  const tally = buckets([100, 0], [200, 10], [Infinity, 10])
  expect(quantileOf(tally, 0.5)).toBe(150)
  expect(quantileOf(tally, 1)).toBe(200)
})

test('beyond the last bound it is that bound, and without anything it is nothing', () => {
  expect(quantileOf(buckets([100, 1], [Infinity, 10]), 0.99)).toBe(100)
  expect(quantileOf(buckets([100, 0], [Infinity, 0]), 0.5)).toBeNull()
  expect(quantileOf(buckets(), 0.5)).toBeNull()
})

test('between two moments only what came in between counts', () => {
  const before = buckets([100, 5], [Infinity, 6])
  const now = buckets([100, 5], [Infinity, 9])
  expect(since(now, before)).toMatchObject({
    all: 3,
    buckets: [
      { le: 100, count: 0 },
      { le: Infinity, count: 3 },
    ],
  })
})

test('the buckets of all routes that count are added up', () => {
  const sample = (route: string, le: string, value: number) => ({
    name: 'm_bucket',
    labels: { route, le },
    value,
  })
  const tally = tallyOf(
    { source: { kind: 'duration', metric: 'm', withinMs: 100, routes: ['/api/'] } },
    [
      sample('/api/a', '100', 1),
      sample('/api/a', '+Inf', 2),
      sample('/api/b', '100', 3),
      sample('/api/b', '+Inf', 3),
      sample('/x', '100', 50),
      sample('/x', '+Inf', 50),
      { name: 'm_sum', labels: { route: '/api/a' }, value: 1_000 },
    ],
  )
  expect(tally).toMatchObject({ good: 4, all: 5 })
})
