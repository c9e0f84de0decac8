import { expect, test } from 'vitest'

import { kindsOf, only, stage, tool, turnOf } from '../../testing/agent-stage.ts'
import type { CompletedStep, Step, ToolCall } from './step.ts'

const call = (id: string): ToolCall => ({
  callId: id,
  toolName: 'calculate',
  arguments: { value: Number(id.slice(1)) },
})

const asked = (ids: string[]) =>
  ids.map((id) => ({ id, name: 'calculate', arguments: call(id).arguments }))

/** Two calls in the first step, one in the second, then the answer. */
const script = ({ toolResults }: { toolResults: string[] }) => {
  if (toolResults.length === 0) return { toolCalls: asked(['c1', 'c2']) }
  if (toolResults.length === 2) return { text: 'One more.', toolCalls: asked(['c3']) }
  return { text: `Results: ${toolResults.join(' ')}` }
}

const double = (ran: string[], repeatable = true) =>
  tool(
    'calculate',
    async ({ value }) => {
      ran.push(`c${String(value)}`)
      return Number(value) * 2
    },
    { repeatable },
  )

/** What the journal would hold of these steps. */
function completedOf(steps: readonly Step[]): CompletedStep[] {
  const calls = new Map(only(steps, 'tool_started').map((step) => [step.call.callId, step.call]))
  return steps.flatMap((step): CompletedStep[] => {
    if (step.kind === 'spoken') return [step]
    if (step.kind !== 'tool_ended') return []
    const found = calls.get(step.outcome.callId)
    return found ? [{ kind: 'tool', call: found, outcome: step.outcome }] : []
  })
}

async function wholeRun() {
  await using s = await stage({ script, tools: [double([])] })
  const { steps } = await s.act(turnOf('?'))
  return steps
}

test('a run interrupted after any step goes on and ends with the same answer', async () => {
  const whole = await wholeRun()
  const boundaries = whole.flatMap((step, index) =>
    step.kind === 'spoken' || step.kind === 'tool_ended' ? [index + 1] : [],
  )
  expect(boundaries).toHaveLength(6)
  for (const boundary of boundaries) {
    const before = whole.slice(0, boundary)
    const ran: string[] = []
    await using s = await stage({ script, tools: [double(ran)] })
    const { steps, error } = await s.act(turnOf('?', { completed: completedOf(before) }))
    expect(error).toBeUndefined()
    expect(steps.at(-1)).toEqual(whole.at(-1))
    const alreadyRan = new Set(only(before, 'tool_ended').map((_step, index) => `c${index + 1}`))
    expect(ran).toEqual(['c1', 'c2', 'c3'].filter((id) => !alreadyRan.has(id)))
    expect(steps[0]?.kind).toBe('thinking')
  }
})

test('a run whose answer was complete ends without asking the model again', async () => {
  const whole = await wholeRun()
  await using s = await stage({ script, tools: [] })
  const { steps } = await s.act(turnOf('?', { completed: completedOf(whole) }))
  expect(kindsOf(steps)).toEqual(['thinking', 'done'])
  expect(s.server.requests).toHaveLength(0)
})

const interruptedAt = (outcomes: number): CompletedStep[] => [
  {
    kind: 'spoken',
    text: '',
    usage: { inputTokens: 1, outputTokens: 1 },
    costUsd: null,
    calls: [call('c1'), call('c2')],
  },
  ...[call('c1')].slice(0, outcomes).map((made) => ({
    kind: 'tool' as const,
    call: made,
    outcome: { callId: made.callId, toolName: made.toolName, status: 'ok' as const, result: 2 },
  })),
]

test('F49: a tool with side effects that had begun waits for a person, and is never run on its own', async () => {
  const ran: string[] = []
  await using s = await stage({ script, tools: [double(ran, false)] })
  const { steps, error } = await s.act(turnOf('?', { completed: interruptedAt(0) }))
  expect(error).toBeUndefined()
  expect(kindsOf(steps)).toEqual(['thinking', 'waits'])
  expect(only(steps, 'waits')[0]?.call).toEqual(call('c1'))
  expect(ran).toEqual([])
  expect(s.server.requests).toHaveLength(0)
})

const decided = (approved: boolean, reason?: string) => new Map([['c1', { approved, reason }]])

test('a call that a person allowed to be repeated is run again', async () => {
  const ran: string[] = []
  await using s = await stage({ script, tools: [double(ran, false)] })
  const turn = turnOf('?', { completed: interruptedAt(0), decisions: decided(true) })
  const { steps } = await s.act(turn)
  expect(ran).toEqual(['c1', 'c2', 'c3'])
  expect(steps.at(-1)).toMatchObject({ kind: 'done', finalResponse: 'Results: 2 4 6' })
})

test('a call that a person did not allow to be repeated has an unknown outcome, and the agent goes on', async () => {
  const ran: string[] = []
  await using s = await stage({ script, tools: [double(ran, false)] })
  const turn = turnOf('?', { completed: interruptedAt(0), decisions: decided(false, 'not twice') })
  const { steps } = await s.act(turn)
  const outcomes = only(steps, 'tool_ended').map((step) => step.outcome)
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown', 'ok', 'ok'])
  expect(outcomes[0]?.callId).toBe('c1')
  expect(ran).toEqual(['c2', 'c3'])
  expect(s.server.requests[0]?.toolResults[0]).toContain('may or may not have taken effect')
  expect(s.server.requests[0]?.toolResults[0]).toContain('not twice')
})

test('a tool that needs approval waits before its first run, and a refused one did not run', async () => {
  const ran: string[] = []
  const careful = { ...double(ran), needsApproval: true }
  await using s = await stage({ script, tools: [careful] })
  const { steps } = await s.act(turnOf('?'))
  expect(kindsOf(steps)).toEqual(['thinking', 'spoken', 'waits'])
  const before = completedOf(steps)
  const id = only(steps, 'waits')[0]?.call.callId ?? ''
  const turn = turnOf('?', {
    completed: before,
    interrupted: [],
    decisions: new Map([[id, { approved: false }]]),
  })
  const again = await s.act(turn)
  expect(kindsOf(again.steps)).toEqual(['thinking', 'tool_ended', 'waits'])
  expect(only(again.steps, 'tool_ended')[0]?.outcome.status).toBe('denied')
  expect(ran).toEqual([])
})

test('a tool with side effects that had not begun is run', async () => {
  const ran: string[] = []
  await using s = await stage({ script, tools: [double(ran, false)] })
  await s.act(turnOf('?', { completed: interruptedAt(0), interrupted: [] }))
  expect(ran).toEqual(['c1', 'c2', 'c3'])
})

test('a repeatable tool that had begun is run again', async () => {
  const ran: string[] = []
  await using s = await stage({ script, tools: [double(ran)] })
  const { steps } = await s.act(turnOf('?', { completed: interruptedAt(1), interrupted: ['c2'] }))
  expect(ran).toEqual(['c2', 'c3'])
  expect(s.server.requests[0]?.toolResults).toEqual(['2', '4'])
  expect(steps.at(-1)).toMatchObject({ kind: 'done', finalResponse: 'Results: 2 4 6' })
})

test('the limit of model calls counts those of before', async () => {
  const whole = await wholeRun()
  const completed = completedOf(whole.slice(0, whole.findIndex((step) => step.kind === 'done') - 3))
  await using s = await stage({ script, tools: [double([])], limits: { maxModelCalls: 2 } })
  const { error } = await s.act(turnOf('?', { completed }))
  expect(error).toMatchObject({ code: 'budget' })
})
