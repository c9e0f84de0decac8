import { emptyThreadState, foldThread, threadEventSchema } from '@netra/protocol'
import { expect, test } from 'vitest'

import { runView } from './run-view.ts'
import { pathOf } from './turns.ts'

const run = { run_id: 'r', agent: 'data' }
const usage = { input_tokens: 2841, output_tokens: 213 }
const text = (value: string) => [{ type: 'text', text: value }]

function view(events: Record<string, unknown>[], builtIn = false) {
  let state = emptyThreadState()
  const begun = [
    {
      type: 'message_added',
      message_id: 'q',
      parent_message_id: null,
      role: 'user',
      content: text('?'),
      attachments: [],
    },
    { type: 'run_accepted', ...run, client_message_id: null, model: null, parent_message_id: 'q' },
    { type: 'agent_started', ...run, attempt: 1 },
  ]
  for (const [index, event] of [...begun, ...events].entries()) {
    const at = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString()
    const common = { id: `e${index}`, at, user_id: 'u', thread_id: 't', trace_id: null }
    state = foldThread(
      state,
      threadEventSchema.parse({ run_id: null, agent: null, ...common, ...event }),
    )
  }
  return runView(pathOf(state, {}).turns[0]!.answer!, builtIn)
}

const thinks = (thought: string) => ({ type: 'agent_thinking', ...run, thought, step: 1 })
const says = (id: string, value: string) => ({
  type: 'message_completed',
  ...run,
  message_id: id,
  content: text(value),
  usage,
})
const executes = {
  type: 'tool_executing',
  ...run,
  tool_call_id: 'c',
  tool_name: 'query_table',
  arguments: {},
}
const completes = (result: unknown, status = 'ok') => ({
  type: 'tool_completed',
  ...run,
  tool_call_id: 'c',
  tool_name: 'query_table',
  status,
  result,
  duration_ms: 5,
})
const done = (id: string, usd: number | null) => ({
  type: 'agent_completed',
  ...run,
  message_id: id,
  final_response: 'It is 5.',
  usage,
  cost: { usd },
  duration_ms: 1240,
  steps: 3,
})

test('what is said before a tool is a step, what is said last is the answer', () => {
  const events = [
    says('m1', 'I will count.'),
    executes,
    completes({ error: 'no' }, 'error'),
    says('m2', 'It is 5.'),
  ]
  const shown = view([...events, done('m2', 0.00118)])
  expect(shown.steps.map((step) => step.kind)).toEqual(['said', 'tool'])
  expect(shown.answer).toMatchObject({ text: 'It is 5.', streaming: false })
  expect(shown.summary).toBe('3 steps · 1.2 s')
})

test('while it runs the last words stand as the answer, until a tool follows them', () => {
  const spoken = view([says('m1', 'I will count.')])
  expect(spoken.answer?.text).toBe('I will count.')
  const working = view([says('m1', 'I will count.'), executes])
  expect(working.answer).toBeNull()
  expect(working.steps.map((step) => step.kind)).toEqual(['said', 'tool'])
})

test('a thought that was also said is shown once', () => {
  const shown = view([thinks('I will count.'), says('m1', 'I will count.'), executes])
  expect(shown.steps.map((step) => step.kind)).toEqual(['said', 'tool'])
})

test('the footer has time, steps, tokens and cost', () => {
  const events = [thinks('Counting.'), says('m2', 'It is 5.')]
  expect(view([...events, done('m2', 0.00118)]).footer).toEqual([
    '1.2 s',
    '3 steps',
    '2841 tokens in, 213 tokens out',
    '$0.0012',
  ])
  expect(view([...events, done('m2', null)]).footer.at(-1)).toBe('cost not known')
  expect(view([...events, done('m2', 0)], true).footer.at(-1)).toBe('no cost')
})

test('a chart of a tool is shown beside the answer', () => {
  const chart = {
    columns: [
      { name: 'm', kind: 'text' },
      { name: 'n', kind: 'integer' },
    ],
    rows: [['a', 1]],
    row_count: 1,
    truncated: false,
    chart: { kind: 'bar', title: 'T', x: { column: 'm', kind: 'text' }, y: [{ column: 'n' }] },
  }
  expect(view([executes, completes(chart)]).exhibits).toMatchObject([{ id: 'c' }])
})

test('a failure says what happened and what to do, and keeps what was said', () => {
  const failed = {
    type: 'agent_failed',
    ...run,
    code: 'model_auth',
    message: 'Paste a new key.',
    retry: 'no',
  }
  const delta = {
    type: 'message_delta',
    run_id: 'r',
    message_id: 'm',
    part: 0,
    offset: 0,
    text: 'It i',
  }
  const shown = view([delta, failed])
  expect(shown.problem).toMatchObject({
    title: 'The model did not accept the key',
    message: 'Paste a new key.',
  })
  expect(shown.answer).toMatchObject({ text: 'It i', cut: true })
  expect(shown.footer).toEqual([])
})

test('a stopped run is cancelled', () => {
  expect(view([{ type: 'run_cancelled', ...run, by: 'u' }]).state).toBe('cancelled')
})
