import type { RunTimeline } from '@netra/client'
import { expect, test } from 'vitest'

import { toolName } from './tool-names.ts'
import { causeWords, timeParts, waterfall as waterfallOf } from './waterfall.ts'

type Span = RunTimeline['spans'][number]

const named = (tool: string) => toolName(tool, [])
const waterfall = (of: RunTimeline) => waterfallOf(of, named)

const span = (
  id: string,
  parent_id: string | null,
  start_ms: number,
  duration_ms: number,
): Span => ({
  id,
  parent_id,
  name: id,
  kind: 'model',
  start_ms,
  duration_ms,
  status: 'ok',
  detail: null,
})

const timeline = (spans: Span[], total_ms = 1_000): RunTimeline => ({
  run_id: 'r',
  thread_id: 't',
  trace_id: 'a'.repeat(32),
  state: 'completed',
  started_at: '2026-01-01T00:00:00Z',
  total_ms,
  parts: {
    queue_ms: 0,
    model_ms: 600,
    tool_ms: 300,
    store_ms: 0.4,
    network_ms: null,
    other_ms: 99,
  },
  cause: { kind: 'model', share: 0.6, sentence: 'The model took 0.6 of 1.0 s.' },
  spans,
})

test('a span comes after the one it lies in, and siblings in the order in which they began', () => {
  const rows = waterfall(
    timeline([
      span('late', 'run', 500, 100),
      span('run', null, 0, 1_000),
      span('early', 'run', 0, 400),
    ]),
  )
  expect(rows.map(({ id, depth }) => [id, depth])).toEqual([
    ['run', 0],
    ['early', 1],
    ['late', 1],
  ])
})

test('no bar is longer than what is left of the whole', () => {
  const [row] = waterfall(timeline([span('long', null, 900, 5_000)]))
  expect(row?.from).toBeCloseTo(0.9)
  expect(row?.width).toBeCloseTo(0.1)
})

test('a span whose parent is unknown stands at the edge, and a circle of parents ends', () => {
  const rows = waterfall(
    timeline([span('lost', 'gone', 0, 1), span('a', 'b', 0, 1), span('b', 'a', 0, 1)]),
  )
  expect(rows.map(({ id }) => id)).toEqual(['lost'])
})

test('a run of no time has bars of no width', () => {
  expect(waterfall(timeline([span('run', null, 0, 0)], 0))[0]?.width).toBe(0)
})

test('what took no time worth a word is not among the parts', () => {
  expect(timeParts(timeline([])).map(({ kind, share }) => [kind, share])).toEqual([
    ['model', 0.6],
    ['tool', 0.3],
    ['other', 0.099],
  ])
})

test('a tool of a server is named for people, in its row and in the cause', () => {
  const told = {
    ...timeline([{ ...span('desk__add_line', null, 0, 900), kind: 'tool' as const }]),
    cause: {
      kind: 'tool' as const,
      share: 0.9,
      sentence: 'The tool desk__add_line took 0.9 of 1.0 s.',
    },
  }
  expect(waterfall(told)[0]?.name).toBe('“add line” of desk')
  expect(causeWords(told, named)).toBe('The tool “add line” of desk took 0.9 of 1.0 s.')
})
