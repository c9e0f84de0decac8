import { expect, test } from 'vitest'

import type { ThreadEvent } from '../events/thread-event.ts'
import { accepted, delta, threadEvent } from '../testing/events.ts'
import { DeltaGap } from './delta-gap.ts'
import { foldThread } from './fold-thread.ts'
import { emptyThreadState } from './thread-state.ts'

const fold = (...events: ThreadEvent[]) => events.reduce(foldThread, emptyThreadState())

const completed = (fields: Record<string, unknown> = {}) =>
  threadEvent('agent_completed', {
    message_id: 'm',
    final_response: 'done',
    usage: { input_tokens: 3, output_tokens: 4 },
    cost: { usd: 0.02 },
    duration_ms: 12,
    steps: 2,
    ...fields,
  })

test('a delta is applied at the length of its part', () => {
  const state = fold(accepted(), delta('m', 0, 'ab'), delta('m', 2, '😀'), delta('m', 4, 'c'))
  expect(state.messages[0]).toMatchObject({ content: [{ text: 'ab😀c' }], status: 'streaming' })
})

test('a delta below the length is ignored', () => {
  const state = fold(accepted(), delta('m', 0, 'ab'))
  expect(foldThread(state, delta('m', 0, 'ab'))).toBe(state)
  expect(foldThread(state, delta('m', 1, 'x'))).toBe(state)
})

test('a delta beyond the length is a gap', () => {
  const state = fold(accepted(), delta('m', 0, 'ab'))
  expect(() => foldThread(state, delta('m', 3, 'x'))).toThrow(DeltaGap)
  expect(() => foldThread(state, delta('m', 0, 'x', 2))).toThrow(DeltaGap)
  expect(() => foldThread(state, delta('new', 1, 'x'))).toThrow(DeltaGap)
})

test('parts follow each other', () => {
  const state = fold(accepted(), delta('m', 0, 'a'), delta('m', 0, 'b', 1), delta('m', 1, 'c', 1))
  expect(state.messages[0]?.content.map((part) => part.text)).toEqual(['a', 'bc'])
})

test('a finished message replaces what its deltas said, and takes no more of them', () => {
  const done = threadEvent('message_completed', {
    message_id: 'm',
    content: [{ type: 'text', text: 'whole' }],
    usage: { input_tokens: 1, output_tokens: 2 },
  })
  const state = fold(accepted(), delta('m', 0, 'wh'), done)
  expect(state.messages[0]).toMatchObject({
    status: 'complete',
    content: [{ text: 'whole' }],
    usage: { output_tokens: 2 },
  })
  expect(foldThread(state, delta('m', 5, '!'))).toBe(state)
})

test('a run names the model that answers, also after a fallback and back again', () => {
  const asked = fold(accepted())
  expect(asked.runs[0]?.model).toBe('m/x')
  const fallback = { from: 'm/x', to: 'b/two', why: 'm/x is down.' }
  const fallen = foldThread(
    asked,
    threadEvent('agent_thinking', { thought: 't', step: 1, fallback }),
  )
  expect(fallen.runs[0]?.model).toBe('b/two')
  const said = threadEvent('message_completed', {
    message_id: 'm',
    content: [{ type: 'text', text: 'whole' }],
    usage: { input_tokens: 1, output_tokens: 2 },
    model: 'm/x',
  })
  expect(foldThread(fallen, said).runs[0]?.model).toBe('m/x')
})

test('an answer follows the question of its run', () => {
  expect(fold(accepted(), delta('m', 0, 'a')).messages[0]).toMatchObject({
    parent_message_id: 'q',
    run_id: 'run',
    role: 'assistant',
    agent: 'data',
  })
})

test('the order of thoughts, tool calls and messages is kept', () => {
  const call = { tool_call_id: 'c1', tool_name: 'sql', arguments: { q: 'select 1' } }
  const state = fold(
    accepted(),
    threadEvent('agent_thinking', { id: 'th1', thought: 'look', step: 1 }),
    delta('m1', 0, 'I look. '),
    threadEvent('tool_executing', call),
    threadEvent('tool_completed', { ...call, status: 'ok', result: 1, duration_ms: 2 }),
    threadEvent('agent_thinking', { id: 'th2', thought: 'say', step: 2 }),
    delta('m2', 0, 'It is 1.'),
  )
  expect(state.runs[0]?.timeline.map((entry) => entry.id)).toEqual(['th1', 'm1', 'c1', 'th2', 'm2'])
  expect(state.tool_calls[0]).toMatchObject({
    name: 'sql',
    status: 'ok',
    result: 1,
    arguments: { q: 'select 1' },
  })
})

test('a new attempt drops what was superseded and marks what was interrupted', () => {
  const state = fold(
    accepted(),
    delta('kept', 0, 'a'),
    delta('broken', 0, 'b'),
    threadEvent('tool_executing', { tool_call_id: 'c1', tool_name: 'sql', arguments: {} }),
    threadEvent('run_attempt', {
      attempt: 2,
      fence: 2,
      why: 'restart',
      superseded: ['broken'],
      interrupted: ['c1'],
    }),
  )
  expect(state.messages.map((message) => message.id)).toEqual(['kept'])
  expect(state.runs[0]?.timeline.map((entry) => entry.kind)).toEqual(['message', 'tool', 'attempt'])
  expect(state.tool_calls[0]?.status).toBe('interrupted')
  expect(state.runs[0]).toMatchObject({ attempt: 2, attempts: [{ why: 'restart' }] })
})

test('a run goes from queued to its one outcome', () => {
  const started = threadEvent('agent_started', { attempt: 1 })
  expect(fold(accepted()).runs[0]).toMatchObject({ state: 'queued', outcome: null })
  expect(fold(accepted(), started).runs[0]).toMatchObject({ state: 'running', attempt: 1 })
  const state = fold(accepted(), started, completed())
  expect(state.runs[0]).toMatchObject({
    state: 'completed',
    outcome: { kind: 'completed', final_response: 'done', cost: { usd: 0.02 }, steps: 2 },
  })
  expect(foldThread(state, threadEvent('run_cancelled', { by: 'u' })).runs[0]?.state).toBe(
    'completed',
  )
})

test('an answer that was never spoken is a message all the same', () => {
  const state = fold(accepted(), completed({ message_id: 'only' }))
  expect(state.messages[0]).toMatchObject({
    id: 'only',
    status: 'complete',
    content: [{ text: 'done' }],
  })
  expect(state.runs[0]?.timeline).toEqual([{ kind: 'message', id: 'only' }])
})

test('a failed run keeps its partial text and says what to do', () => {
  const failed = threadEvent('agent_failed', {
    code: 'model_cut',
    message: 'Send it again.',
    retry: 'same',
  })
  const state = fold(accepted(), delta('m', 0, 'half'), failed)
  expect(state.messages[0]).toMatchObject({ status: 'cut', content: [{ text: 'half' }] })
  expect(state.runs[0]?.outcome).toEqual({
    kind: 'failed',
    code: 'model_cut',
    message: 'Send it again.',
    retry: 'same',
    breaker: null,
  })
})

const request = (id: string) =>
  threadEvent('approval_requested', {
    tool_call_id: id,
    tool_name: 'mail',
    arguments: { to: 'x' },
    fence: 1,
    expires_at: '2026-01-03T00:00:00.000Z',
  })
const decide = (id: string, approved: boolean) =>
  threadEvent('approval_decided', { tool_call_id: id, approved, by: 'u' })

test('a run waits while one of its approvals is pending', () => {
  const waiting = fold(accepted(), request('c1'), request('c2'), decide('c1', true))
  expect(waiting.runs[0]?.state).toBe('waiting')
  const decided = foldThread(waiting, decide('c2', false))
  expect(decided.runs[0]?.state).toBe('running')
  expect(decided.approvals.map((item) => item.status)).toEqual(['approved', 'denied'])
  const ended = foldThread(waiting, threadEvent('run_cancelled', { by: 'u' }))
  expect(ended.approvals[1]?.status).toBe('closed')
})

test('what an event does not touch is shared', () => {
  const state = fold(accepted('old'), accepted(), delta('m1', 0, 'a'), delta('m2', 0, 'b'))
  const next = foldThread(state, delta('m2', 1, 'c'))
  expect(next.messages[0]).toBe(state.messages[0])
  expect(next.runs).toBe(state.runs)
  expect(next.tool_calls).toBe(state.tool_calls)
})

test('ten thousand deltas fold without copying the text each time', () => {
  const text = 'word '.repeat(4)
  let state = fold(accepted())
  for (let index = 0; index < 10_000; index += 1) {
    state = foldThread(state, delta('m', index * text.length, text))
  }
  expect(state.messages[0]?.content[0]?.text.length).toBe(10_000 * text.length)
})

test('a thread’s own settings change with thread_updated', () => {
  const state = fold(
    threadEvent('thread_updated', { title: 'Costs' }),
    threadEvent('thread_updated', { archived: true }),
  )
  expect(state).toMatchObject({ title: 'Costs', archived: true, deleted: false })
})

test('an event of a later version changes nothing', () => {
  const state = fold(accepted())
  expect(foldThread(state, { type: 'unknown', of: 'sang' })).toBe(state)
})

test('two runs may use the same tool call id, and each keeps its own', () => {
  const call = (run_id: string, result: number) => [
    threadEvent('tool_executing', {
      run_id,
      tool_call_id: 'call_0',
      tool_name: 'sql',
      arguments: {},
    }),
    threadEvent('tool_completed', {
      run_id,
      tool_call_id: 'call_0',
      tool_name: 'sql',
      status: 'ok',
      result,
      duration_ms: 1,
    }),
  ]
  const state = fold(accepted('r1'), ...call('r1', 1), accepted('r2'), ...call('r2', 2))
  expect(state.tool_calls.map(({ run_id, result }) => [run_id, result])).toEqual([
    ['r1', 1],
    ['r2', 2],
  ])
  expect(state.runs.map((run) => run.tool_call_ids)).toEqual([['call_0'], ['call_0']])
})

test('a step that only called tools is no message', () => {
  const silent = threadEvent('message_completed', {
    message_id: 'm',
    content: [{ type: 'text', text: '' }],
    usage: { input_tokens: 1, output_tokens: 2 },
  })
  expect(fold(accepted(), silent).messages).toEqual([])
})
