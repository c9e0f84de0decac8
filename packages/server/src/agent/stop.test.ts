import { expect, test } from 'vitest'

import { stage, tool, turnOf } from '../../testing/agent-stage.ts'
import type { Step } from './step.ts'

const STOPPED = new Error('stopped by a person')

/** Aborts when a step of this kind is seen; answers what was seen, the error and how long it took. */
async function stopAt(
  steps: AsyncGenerator<Step>,
  controller: AbortController,
  kind: Step['kind'],
  afterMs: number,
) {
  let stoppedAt = 0
  const stop = () => {
    stoppedAt = performance.now()
    controller.abort(STOPPED)
  }
  try {
    for await (const step of steps) if (step.kind === kind) setTimeout(stop, afterMs)
    return { error: undefined, tookMs: 0 }
  } catch (error) {
    return { error, tookMs: performance.now() - stoppedAt }
  }
}

test('stopping in the middle of an answer ends at once and closes the request', async () => {
  await using s = await stage({ script: [{ text: 'never ends', after: 'stall' }] })
  const controller = new AbortController()
  const { error, tookMs } = await stopAt(
    s.agents.act(turnOf('Hi'), controller.signal),
    controller,
    'text',
    10,
  )
  expect(error).toBe(STOPPED)
  expect(tookMs).toBeLessThan(200)
  await s.server.requests[0]?.closed
  expect(s.server.requests[0]?.aborted).toBe(true)
  expect((await s.agents.breaker()).failure_count).toBe(0)
})

test('stopping before the first byte closes the request', async () => {
  await using s = await stage({ script: [{ text: 'late', delayMs: 60_000 }] })
  const controller = new AbortController()
  const run = s.act(turnOf('Hi'), controller.signal)
  while (s.server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort(STOPPED)
  expect((await run).error).toBe(STOPPED)
  await s.server.requests[0]?.closed
  expect(s.server.requests[0]?.aborted).toBe(true)
})

test('stopping while a failed call waits to be tried again ends at once', async () => {
  await using s = await stage({ script: [{ status: 429, headers: { 'retry-after': '4' } }] })
  const controller = new AbortController()
  const run = s.act(turnOf('Hi'), controller.signal)
  while (s.server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 30))
  const started = performance.now()
  controller.abort(STOPPED)
  expect((await run).error).toBe(STOPPED)
  expect(performance.now() - started).toBeLessThan(200)
})

test('stopping during a tool aborts its signal and asks the model nothing more', async () => {
  let aborted: unknown
  const endless = tool(
    'calculate',
    (_input, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (aborted = signal.reason))
      }),
  )
  await using s = await stage({
    tools: [endless],
    script: [{ toolCalls: [{ name: 'calculate', arguments: { value: 1 } }] }],
  })
  const controller = new AbortController()
  const { error, tookMs } = await stopAt(
    s.agents.act(turnOf('Hi'), controller.signal),
    controller,
    'tool_started',
    20,
  )
  expect(error).toBe(STOPPED)
  expect(aborted).toBe(STOPPED)
  expect(tookMs).toBeLessThan(200)
  expect(s.server.requests).toHaveLength(1)
})

test('a run that was stopped before it began calls nobody', async () => {
  await using s = await stage({ script: [{ text: 'never' }] })
  const { steps, error } = await s.act(turnOf('Hi'), AbortSignal.abort(STOPPED))
  expect(error).toBe(STOPPED)
  expect(steps).toEqual([])
  expect(s.server.requests).toHaveLength(0)
})

test('a consumer that goes away closes the request', async () => {
  await using s = await stage({ script: [{ text: 'never ends', after: 'stall' }] })
  for await (const step of s.agents.act(turnOf('Hi'), new AbortController().signal))
    if (step.kind === 'text') break
  await s.server.requests[0]?.closed
  expect(s.server.requests[0]?.aborted).toBe(true)
})
