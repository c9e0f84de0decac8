import { describe, expect, test } from 'vitest'

import { chartModel, inLines, niceTicks, parseTime } from './chart-model.ts'
import type { ChartData, ColumnKind } from './result-view.ts'

function chart(
  kind: ChartData['chart']['kind'],
  x: ColumnKind,
  rows: ChartData['rows'],
): ChartData {
  return {
    columns: [
      { name: 'x', kind: x },
      { name: 'y', kind: 'number' },
    ],
    rows,
    row_count: rows.length,
    truncated: false,
    chart: { kind, title: 'T', x: { column: 'x', kind: x }, y: [{ column: 'y' }] },
  }
}

describe('ticks', () => {
  test('cover the range in round steps', () => {
    expect(niceTicks(0, 424, 5)).toEqual([0, 100, 200, 300, 400, 500])
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(niceTicks(-3, 12, 5)).toEqual([-5, 0, 5, 10, 15])
  })

  test('a single value has room above it', () => {
    const ticks = niceTicks(0, 0, 5)
    expect(ticks[0]).toBe(0)
    expect(ticks.at(-1)).toBeGreaterThan(0)
  })
})

describe('labels of bars', () => {
  const effects = [
    'number of requests',
    'tokens per request',
    'models that are new',
    'time with data',
  ]

  test('that are longer than their bar are broken between words, and not cut', () => {
    const labels = chartModel(
      chart(
        'bar',
        'text',
        effects.map((name) => [name, 1]),
      ),
      60,
    ).xTicks.map(({ label }) => label)
    expect(labels).toEqual([
      'number of\nrequests',
      'tokens per\nrequest',
      'models that\nare new',
      'time with data',
    ])
  })

  test('a single word without room is cut', () => {
    expect(inLines('claude-sonnet-4-5-20250929', 8)).toBe('claude-sonnet…')
  })
})

describe('times', () => {
  test('are read as they stand, whatever the zone of the reader', () => {
    const whole = Date.UTC(2023, 10, 16, 18, 15, 46)
    expect(parseTime('2023-11-16 18:15:46.680590')).toBe(whole + 680)
    expect(parseTime('2023-11-16T18:15:46Z')).toBe(whole)
    expect(parseTime('2023-11-16')).toBe(Date.UTC(2023, 10, 16))
    expect(parseTime('18:15')).toBe((18 * 60 + 15) * 60_000)
  })

  test('anything else is none', () => {
    expect(parseTime('soon')).toBeNull()
    expect(parseTime(5)).toBeNull()
  })
})

describe('an axis', () => {
  const costs = (y: string[]): ChartData => ({
    ...chart('line', 'time', []),
    columns: [
      { name: 'minute', kind: 'time' },
      ...y.map((name) => ({ name, kind: 'number' as const })),
    ],
    rows: [
      ['2023-11-16 18:15:00', ...y.map(() => 1.5)],
      ['2023-11-16 18:16:00', ...y.map(() => 3)],
    ],
    chart: {
      kind: 'line',
      title: 'Cost per minute',
      x: { column: 'minute', kind: 'time' },
      y: y.map((column) => ({ column })),
    },
  })

  test('carries the unit of its numbers and says what they are', () => {
    const model = chartModel(costs(['cost in US dollars']), 60)
    expect(model.yTicks.map(({ label }) => label)).toEqual(['$0', '$1', '$2', '$3'])
    expect(model).toMatchObject({ xTitle: 'minute', yTitle: 'cost in US dollars' })
    expect(model.points[0]?.values).toEqual(['$1.50'])
  })

  test('of several units has none: each value says its own, and the legend what it is', () => {
    const model = chartModel(costs(['cost_usd', 'latency_ms']), 60)
    expect(model.yTicks[0]?.label).toBe('0')
    expect(model.yTitle).toBe('')
    expect(model.points[0]?.values).toEqual(['$1.50', '1.5 ms'])
  })
})

describe('a chart', () => {
  test('of values stands on zero', () => {
    const model = chartModel(
      chart('line', 'integer', [
        [1, 50],
        [2, 100],
      ]),
      60,
    )
    expect(model.points.map((point) => point.y[0])).toEqual([0.5, 1])
    expect(model.baseline).toBe(0)
  })

  test('of negative values has zero between its ends', () => {
    const model = chartModel(
      chart('bar', 'text', [
        ['a', -10],
        ['b', 10],
      ]),
      60,
    )
    expect(model.baseline).toBeCloseTo(0.5)
  })

  test('places times by their distance', () => {
    const rows: ChartData['rows'] = [
      ['2026-01-01 00:00:00', 1],
      ['2026-01-01 00:01:00', 1],
      ['2026-01-01 00:04:00', 1],
    ]
    const model = chartModel(chart('line', 'time', rows), 60)
    expect(model.points.map((point) => point.x)).toEqual([0, 0.25, 1])
  })

  test('of lines goes from left to right in whatever order its rows come', () => {
    const model = chartModel(
      chart('line', 'integer', [
        [3, 1],
        [1, 1],
        [2, 1],
      ]),
      60,
    )
    expect(model.points.map((point) => point.label)).toEqual(['1', '2', '3'])
  })

  test('of bars keeps the order of its rows, and labels as many as have room', () => {
    const rows: ChartData['rows'] = Array.from({ length: 40 }, (_, index) => [
      `name ${index}`,
      index,
    ])
    const model = chartModel(chart('bar', 'text', rows), 60)
    expect(model.points[39]?.label).toBe('name 39')
    expect(model.xTicks.length).toBeLessThanOrEqual(8)
  })

  test('keeps a gap where there is no value', () => {
    const model = chartModel(
      chart('line', 'integer', [
        [1, 5],
        [2, null],
        [3, 5],
      ]),
      60,
    )
    expect(model.points[1]?.y).toEqual([null])
    expect(model.points[1]?.values).toEqual(['none'])
  })

  test('reads numbers that were too large for JSON from their text', () => {
    const model = chartModel(chart('bar', 'text', [['a', '9007199254740993']]), 60)
    expect(model.points[0]?.y[0]).toBeGreaterThan(0.8)
  })

  test('without any rows draws nothing and does not fail', () => {
    const model = chartModel(chart('area', 'time', []), 60)
    expect(model.points).toEqual([])
    expect(model.yTicks.length).toBeGreaterThan(1)
  })
})
