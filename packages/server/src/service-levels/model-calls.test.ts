import { expect, test } from 'vitest'

import { createMetrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { beginSpan, inTrace, type EndedSpan } from '../platform/tracing.ts'
import { measureModelCalls } from './model-calls.ts'

function stage() {
  const clock = new TestClock()
  const metrics = createMetrics()
  const told: EndedSpan[] = []
  const watch = measureModelCalls(metrics, {
    takesContent: false,
    ended: (span) => told.push(span),
  })
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), watch }
  const call = (attributes: Record<string, string | boolean>, status: 'ok' | 'error', ms: number) =>
    inTrace(trace, () => {
      const span = beginSpan(clock, 'model', 'chat', attributes)
      clock.advance(ms)
      span.end(status, status === 'error' ? { 'error.type': 'model_cut' } : {})
    })
  return { metrics, told, call }
}

test('calls count by model and end, failures by their kind, and others are told', async () => {
  const { metrics, told, call } = stage()
  call({ 'netra.model': 'gpt-4o' }, 'ok', 400)
  call({ 'netra.model': 'gpt-4o' }, 'error', 2_000)
  call({ 'netra.wait': true }, 'ok', 9_000)
  const text = await metrics.text()
  expect(text).toContain('netra_model_call_ms_bucket{le="500",model="gpt-4o",status="ok"} 1')
  expect(text).toContain('netra_model_call_ms_count{model="gpt-4o",status="error"} 1')
  expect(text).toContain('netra_model_failures_total{model="gpt-4o",kind="model_cut"} 1')
  expect(text).not.toContain('model="undefined"')
  expect(told).toHaveLength(3)
})

test('thousands of models are not thousands of lines', async () => {
  const { metrics, call } = stage()
  for (let index = 0; index < 200; index += 1) call({ 'netra.model': `m${index}` }, 'ok', 1)
  const text = await metrics.text()
  expect(text.match(/^netra_model_call_ms_count\{/gm)).toHaveLength(51)
  expect(text).toContain('netra_model_call_ms_count{model="other",status="ok"} 150')
})
