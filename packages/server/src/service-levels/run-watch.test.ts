import { setImmediate as turn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { RunWatch } from './run-watch.ts'

function stage(open = 1) {
  const clock = new TestClock()
  const metrics = createMetrics()
  const watch = new RunWatch({
    clock,
    metrics,
    logger: createLogger('silent'),
    tools: ['query_table'],
    countOpen: async () => open,
  })
  const hear = (...types: (string | [string, Record<string, unknown>])[]) =>
    watch.committed(
      types.map((each) => {
        const [type, fields] = typeof each === 'string' ? [each, {}] : each
        return { type, payload: JSON.stringify({ type, run_id: 'r', ...fields }) }
      }),
    )
  const counted = async () => {
    const found = await metrics.read(['netra_run_events_total'])
    const samples = found.get('netra_run_events_total') ?? []
    const of = (complete: string) =>
      samples.find(({ labels }) => labels['complete'] === complete)?.value ?? 0
    return { yes: of('yes'), no: of('no') }
  }
  return { clock, metrics, hear, counted }
}

const tool = { tool_call_id: 'c', tool_name: 'query_table' }
const WHOLE = ['run_accepted', 'agent_started', 'agent_thinking'] as const

test('a run with all that was due and one end is complete', async () => {
  const { hear, counted } = stage()
  hear(...WHOLE, ['tool_executing', tool])
  hear(['tool_completed', { ...tool, status: 'ok', duration_ms: 5 }], 'agent_completed')
  expect(await counted()).toEqual({ yes: 1, no: 0 })
})

test.for([
  ['began nowhere', ['run_accepted', 'agent_thinking', 'agent_completed']],
  ['was given no thought', ['run_accepted', 'agent_started', 'agent_completed']],
] as const)('a run that %s is not', async ([, types]) => {
  const { hear, counted } = stage()
  hear(...types)
  expect(await counted()).toEqual({ yes: 0, no: 1 })
})

test('a run that ends while a tool goes on is not', async () => {
  const { hear, counted } = stage()
  hear(...WHOLE, ['tool_executing', tool], 'agent_failed')
  expect(await counted()).toEqual({ yes: 0, no: 1 })
})

test('a second end counts against it', async () => {
  const { hear, counted } = stage()
  hear(...WHOLE, 'agent_completed')
  hear('run_cancelled')
  expect(await counted()).toEqual({ yes: 1, no: 1 })
})

test('of a run that began in another process only what was heard here can be due', async () => {
  const { hear, counted } = stage()
  hear(['run_attempt', { interrupted: ['old'] }], 'agent_completed')
  expect(await counted()).toEqual({ yes: 1, no: 0 })
})

test('a call that a dead attempt left open is not due any more', async () => {
  const { hear, counted } = stage()
  hear(...WHOLE, ['tool_executing', tool], ['run_attempt', { interrupted: ['c'] }])
  hear('agent_completed')
  expect(await counted()).toEqual({ yes: 1, no: 0 })
})

test.for([
  ['has no end counts against it', 1, { yes: 0, no: 1 }],
  ['another process ended does not', 0, { yes: 0, no: 0 }],
] as const)('a run that is silent for half an hour and %s', async ([, open, expected]) => {
  const { clock, hear, counted } = stage(open)
  hear(...WHOLE)
  for (let minute = 0; minute < 32; minute += 1) {
    clock.advance(60_000)
    await turn()
  }
  expect(await counted()).toEqual(expected)
})

test('a run that waits for a person may wait', async () => {
  const { clock, hear, counted } = stage()
  hear(...WHOLE, 'approval_requested')
  for (let minute = 0; minute < 40; minute += 1) {
    clock.advance(60_000)
    await turn()
  }
  expect(await counted()).toEqual({ yes: 0, no: 0 })
})

test('a tool that a model made up has no label of its own', async () => {
  const { metrics, hear } = stage()
  hear(['tool_completed', { tool_name: 'made_up', status: 'error', duration_ms: 1 }])
  hear(['tool_completed', { ...tool, status: 'ok', duration_ms: 40 }])
  const text = await metrics.text()
  expect(text).toContain('netra_tool_calls_total{tool="other",status="error"} 1')
  expect(text).toContain('netra_tool_call_ms_bucket{le="50",tool="query_table"} 1')
  expect(text).not.toContain('made_up')
})
