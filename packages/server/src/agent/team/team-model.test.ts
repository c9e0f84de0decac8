import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Reply, Script } from '../../../../../tests/support/model-server.ts'
import { only } from '../../../testing/agent-stage.ts'
import { completedOf, thoughtsOf } from '../../../testing/completed-steps.ts'
import { teamStage, type TeamAnswer, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment, Step } from '../step.ts'
import type { Report } from './report.ts'

const CSV = `timestamp,input_tokens,output_tokens\n${Array.from({ length: 120 }, (_, at) => {
  const time = new Date(Date.UTC(2026, 2, 2, 9) + at * 60_000).toISOString().slice(0, 19)
  return `${time},${200 + ((at * 7919) % 5000)},${20 + ((at * 104_729) % 700)}`
}).join('\n')}\n`

const QUESTION = 'Where does the money go if this ran on gpt-4o, and what should we change?'

/** Numbers of a report, without what a call’s id or the time of asking makes of it. */
const numbersOf = (report: Report | undefined): string[] =>
  (report?.facts ?? []).map(({ what, value, text }) => `${what} = ${value} = ${text}`)

const tool = (name: string, args: object): Reply => ({ toolCalls: [{ name, arguments: args }] })

/** Reads the question, then writes the given sentences. */
const writing =
  (
    sentences: (total: string) => string[],
    reading: object = { topics: ['cost', 'saving'] },
  ): Script =>
  (request) => {
    if (request.tools.includes('read_question')) return tool('read_question', reading)
    const total = /would cost \*\*(\$[\d,.]+)\*\*/.exec(request.lastUserText)?.[1] ?? '$0'
    return tool('write_summary', { sentences: sentences(total) })
  }

let stage: TeamStage
let file: Attachment
beforeAll(async () => {
  stage = await teamStage({ script: [] })
  file = await stage.attach('usage.csv', CSV)
})
afterAll(() => stage[Symbol.asyncDispose]())

async function asked(
  script: Script | undefined,
  question = QUESTION,
): Promise<TeamAnswer & { requests: number }> {
  stage.server?.script(script ?? [])
  const answer = await stage.ask(question, [file], script ? {} : { model: 'netra/builtin' })
  return { ...answer, requests: stage.server?.requests.length ?? 0 }
}

describe('with and without a language model', () => {
  let plain: TeamAnswer
  beforeAll(async () => {
    plain = await asked(undefined)
  })

  test('the numbers are the same, and the model’s words are used', async () => {
    const answer = await asked(
      writing((total) => [`Everything together would come to ${total} on gpt-4o.`]),
    )
    expect(answer.requests).toBe(2)
    expect(numbersOf(answer.report)).toEqual(numbersOf(plain.report))
    expect(answer.text).toContain('Everything together would come to $')
    expect(answer.steps.at(-1)).toMatchObject({ kind: 'done', model: 'openai/test-model' })
    expect(only(answer.steps, 'done')[0]?.usage).toEqual({ inputTokens: 22, outputTokens: 14 })
  })

  test('a number that no tool gave never reaches the report, and it is said', async () => {
    const answer = await asked(
      writing((total) => [
        `The total is ${total}.`,
        'You waste $9,876.54 every month.',
        'Switching saves 73.2 % at once.',
        'That is half of your budget.',
        'See [the offer](https://example.com/1) for more.',
        'gpt-9-ultra would be cheaper.',
      ]),
    )
    const said = `${answer.text}${answer.markdown ?? ''}${JSON.stringify(answer.report)}`
    for (const invented of ['9,876.54', '73.2', 'half of your', 'example.com', 'gpt-9'])
      expect(said).not.toContain(invented)
    expect(answer.text).toMatch(/5 of the 6 sentences .* were left out/)
    expect(numbersOf(answer.report)).toEqual(numbersOf(plain.report))
  })

  test('nothing but invented numbers: the text by rules stands, and it is said', async () => {
    const answer = await asked(writing(() => ['The bill is $1,234,567.']))
    expect(answer.text).toContain(plain.text.split(' First recommendation')[0])
    expect(answer.text).toContain('made by rules')
    expect(answer.text).not.toContain('1,234,567')
  })

  test('a model that fails changes nothing but who answered', async () => {
    const answer = await asked([{ status: 401, error: 'no such key' }])
    expect(answer.error).toBeUndefined()
    expect(numbersOf(answer.report)).toEqual(numbersOf(plain.report))
    expect(answer.text).toContain(plain.text.split('The whole report')[0])
    expect(answer.requests).toBe(1)
    expect(answer.steps.at(-1)).toMatchObject({
      model: 'netra/builtin',
      insteadOf: 'openai/test-model',
    })
  })

  test('free wording is understood, and only what stands in the question is taken', async () => {
    const question = 'Our CFO frowns at the chatbot on gpt-4o, do something.'
    const without = await asked(undefined, question)
    expect(without.triage.topics).toEqual(['other'])
    const answer = await asked(
      writing(() => ['x'], {
        topics: ['cost', 'saving'],
        candidates: ['claude-opus-5'],
        saving_share: 0.4,
        growth_factor: 12,
      }),
      question,
    )
    expect(answer.triage).toMatchObject({
      topics: ['cost', 'saving'],
      base_model: 'gpt-4o',
      candidates: [],
      targets: { saving_share: null, growth_factor: null },
      from_model: ['topics: cost, saving'],
    })
  })
})

test(
  'interrupted after any step the team goes on there, and nothing is done or told twice',
  { timeout: 120_000 },
  async () => {
    stage.server?.script(
      writing((total) => [`Everything together would come to ${total} on gpt-4o.`]),
    )
    const whole = await stage.ask(QUESTION, [file], { runId: 'one-run' })
    const durable = whole.steps.filter(({ kind }) => kind !== 'text' && kind !== 'tool_progress')
    const told = (steps: readonly Step[], kind: Step['kind']) =>
      steps.filter((step) => step.kind === kind).length
    const at = (fits: (step: Step) => boolean): number => durable.findIndex(fits) + 1
    const cuts = [
      at(({ kind }) => kind === 'spoken'),
      at((step) => step.kind === 'tool_started' && step.call.toolName === 'cost_drivers'),
      at((step) => step.kind === 'handoff' && step.to === 'actions'),
      at((step) => step.kind === 'tool_started' && step.call.toolName === 'build_report'),
      at(({ kind }) => kind === 'done') - 1,
    ]
    for (const cut of cuts) {
      const before = durable.slice(0, cut)
      const asks = stage.server?.requests.length ?? 0
      const ended = new Set(only(before, 'tool_ended').map(({ call }) => call.callId))
      const again = await stage.ask(QUESTION, [file], {
        runId: 'one-run',
        completed: completedOf(before),
        thoughts: thoughtsOf(before),
        interrupted: only(before, 'tool_started')
          .map(({ call }) => call.callId)
          .filter((id) => !ended.has(id)),
      })
      expect(again.error).toBeUndefined()
      expect(again.steps.at(-1)).toEqual(whole.steps.at(-1))
      const all = [...before, ...again.steps]
      for (const kind of ['handoff', 'spoken', 'tool_ended'] as const)
        expect(told(all, kind)).toBe(told(durable, kind))
      expect((stage.server?.requests.length ?? 0) - asks).toBe(
        2 - Math.min(2, told(before, 'spoken')),
      )
    }
    const reports = (await stage.files.list('user-1')).filter(
      ({ origin, name }) => origin === 'report' && name.startsWith('report-one-run.'),
    )
    expect(reports).toHaveLength(2)
  },
)
