import { expect, test } from 'vitest'

import { kindsOf, only, stage, textOf, tool, turnOf } from '../../testing/agent-stage.ts'
import { AgentFailure } from './step.ts'
import { ToolError } from './tools/tool.ts'

/** The tool names are those of the agents: an agent offers no other. */
const calculate = tool('calculate', async ({ value }) => ({ double: Number(value) * 2 }))
const callsFor = (value: number) => [
  { id: `call-${value}`, name: 'calculate', arguments: { value } },
]

test('an answer without tools is thought, told, spoken and done', async () => {
  await using s = await stage({
    script: [{ text: 'Hello there, friend.', usage: { input: 12, output: 5 } }],
  })
  const { steps, error } = await s.act(turnOf('Hi'))
  expect(error).toBeUndefined()
  expect(kindsOf(steps)).toEqual(['thinking', 'text', 'spoken', 'done'])
  expect(steps.at(-1)).toEqual({
    kind: 'done',
    finalResponse: 'Hello there, friend.',
    usage: { inputTokens: 12, outputTokens: 5 },
    costUsd: null,
    steps: 1,
    model: 'openai/test-model',
  })
})

test('text arrives piece by piece', async () => {
  await using s = await stage({ script: [{ text: ['a ', 'b ', 'c'], paceMs: 15 }] })
  const { steps } = await s.act(turnOf('Hi'))
  expect(only(steps, 'text').map((step) => step.text)).toEqual(['a ', 'b ', 'c'])
})

test('a tool call is stated, run and given back to the model before it answers', async () => {
  await using s = await stage({
    tools: [calculate],
    script: ({ toolResults }) =>
      toolResults.length === 0 ? { toolCalls: callsFor(21) } : { text: `It is ${toolResults[0]}.` },
  })
  const { steps, error } = await s.act(turnOf('Twice 21?'))
  expect(error).toBeUndefined()
  expect(kindsOf(steps)).toEqual([
    'thinking',
    'spoken',
    'tool_started',
    'tool_ended',
    'text',
    'spoken',
    'done',
  ])
  expect(only(steps, 'thinking')[0]).toMatchObject({ step: 1, thought: 'Calling calculate.' })
  expect(only(steps, 'tool_ended')[0]?.outcome).toEqual({
    callId: expect.stringMatching(/^[0-9A-Za-z]{9}$/),
    toolName: 'calculate',
    status: 'ok',
    result: { double: 42 },
  })
  expect(textOf(steps)).toBe('It is {"double":42}.')
  expect(steps.at(-1)).toMatchObject({
    kind: 'done',
    steps: 3,
    usage: { inputTokens: 22, outputTokens: 14 },
  })
})

test('the model is called again only after the consumer took the tool result', async () => {
  await using s = await stage({
    tools: [calculate],
    script: ({ toolResults }) =>
      toolResults.length === 0 ? { toolCalls: callsFor(1) } : { text: 'Done.' },
  })
  const requestsAt: number[] = []
  for await (const step of s.agents.act(turnOf('?'), new AbortController().signal)) {
    if (step.kind !== 'tool_ended') continue
    await new Promise((resolve) => setTimeout(resolve, 50))
    requestsAt.push(s.server.requests.length)
  }
  expect(requestsAt).toEqual([1])
  expect(s.server.requests).toHaveLength(2)
})

test('reasoning becomes one thought before the text', async () => {
  await using s = await stage({
    script: [{ reasoning: 'First this, then that.', text: 'Answer.' }],
    models: { settings: {} },
  })
  await s.models.connections.put('my-vllm', { baseUrl: s.server.url })
  const { steps } = await s.act(turnOf('?', { model: 'my-vllm/test-model' }))
  expect(only(steps, 'thinking')).toEqual([
    { kind: 'thinking', step: 1, thought: 'First this, then that.' },
  ])
  expect(kindsOf(steps)).toEqual(['thinking', 'text', 'spoken', 'done'])
})

test('several calls of one step run in order, each ended before the next starts', async () => {
  await using s = await stage({
    tools: [calculate],
    script: ({ toolResults }) =>
      toolResults.length === 0
        ? { text: 'Let me work out both.', toolCalls: [...callsFor(1), ...callsFor(2)] }
        : { text: 'Both done.' },
  })
  const { steps } = await s.act(turnOf('?'))
  expect(kindsOf(steps)).toEqual([
    'thinking',
    'text',
    'spoken',
    'tool_started',
    'tool_ended',
    'tool_started',
    'tool_ended',
    'text',
    'spoken',
    'done',
  ])
  expect(s.server.requests[1]?.toolResults).toEqual(['{"double":2}', '{"double":4}'])
})

test('invalid arguments, an unknown tool and unparsable JSON are told to the model', async () => {
  await using s = await stage({
    tools: [calculate],
    script: ({ toolResults }) =>
      toolResults.length > 0
        ? { text: 'I see.' }
        : {
            toolCalls: [
              { id: 'a', name: 'calculate', arguments: { value: 'one' } },
              { id: 'b', name: 'no_such_tool', arguments: {} },
              { id: 'c', name: 'calculate', arguments: '{"value":' },
            ],
          },
  })
  const { steps, error } = await s.act(turnOf('?'))
  expect(error).toBeUndefined()
  const outcomes = only(steps, 'tool_ended').map((step) => step.outcome)
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['error', 'error', 'error'])
  expect(JSON.stringify(outcomes[0]?.result)).toContain('Invalid arguments for calculate')
  expect(JSON.stringify(outcomes[1]?.result)).toContain('There is no tool no_such_tool')
  expect(JSON.stringify(outcomes[2]?.result)).toContain('not a JSON object')
})

test("a tool's own error is an outcome with its message; an unforeseen one tells nothing of the inside", async () => {
  const failing = tool('calculate', async ({ value }) => {
    if (value === 1) throw new ToolError('Column x does not exist. There are a and b.')
    throw new Error('secret path /var/x')
  })
  await using s = await stage({
    tools: [failing],
    script: ({ toolResults }) =>
      toolResults.length === 0 ? { toolCalls: [...callsFor(1), ...callsFor(2)] } : { text: 'ok' },
  })
  const { steps } = await s.act(turnOf('?'))
  const [first, second] = only(steps, 'tool_ended').map((step) => step.outcome)
  expect(first?.result).toEqual({ error: 'Column x does not exist. There are a and b.' })
  expect(second?.status).toBe('error')
  expect(JSON.stringify(second)).not.toContain('secret')
})

test('a tool that takes too long ends with timeout, and its signal is aborted', async () => {
  let aborted = false
  const slow = tool(
    'calculate',
    (_input, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (aborted = true))
      }),
    { timeoutMs: 50 },
  )
  await using s = await stage({
    tools: [slow],
    script: ({ toolResults }) =>
      toolResults.length === 0 ? { toolCalls: callsFor(1) } : { text: 'It took too long.' },
  })
  const { steps, error } = await s.act(turnOf('?'))
  expect(error).toBeUndefined()
  expect(only(steps, 'tool_ended')[0]?.outcome.status).toBe('timeout')
  expect(aborted).toBe(true)
})

test('progress of a tool is told while it runs', async () => {
  const steady = tool('calculate', async (_input, { progress }) => {
    progress({ progress: 1, total: 2, note: 'half' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    return 'ok'
  })
  await using s = await stage({
    tools: [steady],
    script: ({ toolResults }) =>
      toolResults.length === 0 ? { toolCalls: callsFor(1) } : { text: 'ok' },
  })
  const { steps } = await s.act(turnOf('?'))
  expect(only(steps, 'tool_progress')).toEqual([
    { kind: 'tool_progress', callId: expect.any(String), progress: 1, total: 2, note: 'half' },
  ])
})

test('a model that never stops calling tools ends with budget', async () => {
  await using s = await stage({
    tools: [calculate],
    limits: { maxModelCalls: 3 },
    script: (_request, index) => ({ toolCalls: callsFor(index) }),
  })
  const { steps, error } = await s.act(turnOf('?'))
  expect(error).toBeInstanceOf(AgentFailure)
  expect(error).toMatchObject({ code: 'budget' })
  expect(only(steps, 'spoken')).toHaveLength(3)
})

test('a run that lasts too long ends with timeout', async () => {
  await using s = await stage({
    limits: { maxDurationMs: 100 },
    script: [{ text: ['a ', 'b ', 'c '], paceMs: 80 }],
  })
  const { error } = await s.act(turnOf('?'))
  expect(error).toMatchObject({ name: 'AgentFailure', code: 'timeout' })
  await s.server.requests[0]?.closed
  expect(s.server.requests[0]?.aborted).toBe(true)
})

test('tools that fail again and again end the run', async () => {
  const broken = tool('calculate', async () => {
    throw new ToolError('No.')
  })
  await using s = await stage({
    tools: [broken],
    limits: { maxToolFailures: 3 },
    script: (_request, index) => ({ toolCalls: callsFor(index) }),
  })
  const { error } = await s.act(turnOf('?'))
  expect(error).toMatchObject({ code: 'tool_failed', message: expect.stringContaining('No.') })
})

test('a tool call gets an id of its own, whatever the server calls it', async () => {
  await using s = await stage({
    tools: [calculate],
    script: (_request, index) =>
      index < 2
        ? { toolCalls: [{ id: 'call_0', name: 'calculate', arguments: { value: index } }] }
        : { text: 'ok' },
  })
  const { steps, error } = await s.act(turnOf('?'))
  expect(error).toBeUndefined()
  const ids = only(steps, 'tool_started').map((step) => step.call.callId)
  expect(new Set(ids).size).toBe(2)
  const body = JSON.stringify(s.server.requests[2]?.body)
  for (const id of ids) expect(body).toContain(id)
})
