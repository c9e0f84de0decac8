import { expect, test } from 'vitest'
import { z } from 'zod'

import type { Reply } from '../../../../../tests/support/model-server.ts'
import { collect, kindsOf, only, stage, tool, turnOf } from '../../../testing/agent-stage.ts'
import { completedOf, thoughtsOf } from '../../../testing/completed-steps.ts'
import type { AgentDefinition } from '../agents/definition.ts'
import { createRegistry } from '../agents/registry.ts'
import type { Turn } from '../step.ts'
import type { Tool } from '../tools/tool.ts'
import { program } from './program.ts'

const colour = z.object({ colour: z.enum(['red', 'blue']) })

const painter: AgentDefinition = {
  id: 'painter',
  name: 'Painter',
  description: 'Doubles two numbers and says a colour.',
  tools: ['double', 'paint'],
  examples: ['a', 'b', 'c'],
  instructions: () => '',
  program: program(async function* (work) {
    yield* work.think('Two numbers are doubled.')
    const first = yield* work.call('double', { value: 1 })
    const said = yield* work.ask({
      name: 'choose_colour',
      instructions: 'Choose a colour.',
      prompt: work.turn.message.text,
      schema: colour,
    })
    yield* work.handOff('helper', 'the second number is its affair')
    const second = yield* work.call('double', { value: Number(first.result) })
    const painted = yield* work.call('paint', { value: Number(second.result) })
    const answer = `${String(second.result)} ${said?.colour ?? 'no colour'} ${painted.status}`
    yield* work.say(answer)
    return answer
  }),
}

interface Ran {
  doubled: number[]
  painted: number[]
}

const toolsFor = (ran: Ran): Tool[] => [
  tool('double', async ({ value }) => {
    ran.doubled.push(Number(value))
    return Number(value) * 2
  }),
  tool(
    'paint',
    async ({ value }) => {
      ran.painted.push(Number(value))
      return 'painted'
    },
    { repeatable: false, effect: 'writes', needsApproval: true },
  ),
]

const blue = { toolCalls: [{ name: 'choose_colour', arguments: { colour: 'blue' } }] }

async function act(turn: Partial<Turn> = {}, script: Reply[] = [blue]) {
  const ran: Ran = { doubled: [], painted: [] }
  await using s = await stage({
    script,
    tools: toolsFor(ran),
    registry: createRegistry(() => [painter]),
  })
  const asked = turnOf('Which colour?', { agent: 'painter', ...turn })
  const { steps, error } = await collect(s.agents.act(asked, new AbortController().signal))
  return { steps, error, ran, requests: s.server.requests.length }
}

const approve = (steps: Awaited<ReturnType<typeof act>>['steps'], approved = true) => {
  const [waits] = only(steps, 'waits')
  if (!waits) throw new Error('nothing waits')
  const { call, boundTo } = waits
  return new Map([[call.callId, { approved, ...(boundTo !== undefined && { boundTo }) }]])
}

test('what a person must allow makes the run wait, and nothing before it is done again', async () => {
  const before = await act()
  expect(before.error).toBeUndefined()
  expect(kindsOf(before.steps)).toEqual([
    'thinking',
    'tool_started',
    'tool_ended',
    'spoken',
    'tool_started',
    'tool_ended',
    'handoff',
    'tool_started',
    'tool_ended',
    'waits',
  ])
  const past = { completed: completedOf(before.steps), thoughts: thoughtsOf(before.steps) }
  const after = await act({ ...past, decisions: approve(before.steps) })
  expect(kindsOf(after.steps)).toEqual([
    'thinking',
    'tool_started',
    'tool_ended',
    'text',
    'spoken',
    'done',
  ])
  expect(after.ran).toEqual({ doubled: [], painted: [4] })
  expect(after.requests).toBe(0)
  expect(after.steps.at(-1)).toMatchObject({
    finalResponse: '4 blue ok',
    model: 'openai/test-model',
    usage: { inputTokens: 11, outputTokens: 7 },
  })
  const refused = await act({ ...past, decisions: approve(before.steps, false) })
  expect(refused.ran.painted).toEqual([])
  expect(refused.steps.at(-1)).toMatchObject({ finalResponse: '4 blue denied' })
})

test('interrupted after any step it goes on there and ends with the same answer', async () => {
  const waiting = await act()
  const past = { completed: completedOf(waiting.steps), thoughts: thoughtsOf(waiting.steps) }
  const decisions = approve(waiting.steps)
  const rest = await act({ ...past, decisions })
  const whole = [...waiting.steps.slice(0, -1), ...rest.steps.slice(1)]
  for (let cut = 0; cut < whole.length - 1; cut++) {
    const told = whole.slice(0, cut)
    const begun = only(told, 'tool_started').map(({ call }) => call.callId)
    const ended = new Set(only(told, 'tool_ended').map(({ call }) => call.callId))
    const again = await act({
      completed: completedOf(told),
      thoughts: thoughtsOf(told),
      interrupted: begun.filter((id) => !ended.has(id)),
      decisions,
    })
    expect(again.error).toBeUndefined()
    expect(again.steps.at(-1)).toEqual(whole.at(-1))
    // Each thing once, whichever attempt did it.
    const all = [...told, ...again.steps]
    expect(only(all, 'tool_ended')).toHaveLength(4)
    expect(only(all, 'handoff')).toHaveLength(1)
    expect(only(all, 'spoken')).toHaveLength(2)
    expect(thoughtsOf(all).filter((thought) => thought.startsWith('Two'))).toHaveLength(1)
    expect(again.requests).toBe(only(told, 'spoken').length > 0 ? 0 : 1)
  }
})

test.each([
  ['nonsense', [{ text: 'I like colours.' }], 1],
  ['an answer of another shape', [{ text: '{"colour": "green"}' }], 1],
  ['a model that refuses the key', [{ status: 401, error: 'no' }], 1],
])(
  '%s is no answer: the program goes on by itself and says so',
  async (_what, script, requests) => {
    const { steps, error, requests: asked } = await act({}, script)
    expect(error).toBeUndefined()
    expect(asked).toBe(requests)
    expect(only(steps, 'tool_ended')[1]?.outcome).toMatchObject({
      toolName: 'choose_colour',
      status: 'error',
    })
    expect(only(steps, 'waits')).toHaveLength(1)
  },
)

test('JSON in a fence is an answer too', async () => {
  const { steps } = await act({}, [{ text: '```json\n{"colour": "red"}\n```' }])
  expect(only(steps, 'spoken')[0]?.calls[0]?.arguments).toEqual({ colour: 'red' })
  expect(only(steps, 'tool_ended')[1]?.outcome.status).toBe('ok')
})
