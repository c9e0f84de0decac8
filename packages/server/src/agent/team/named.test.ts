import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { teamStage, type TeamAnswer, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment } from '../step.ts'
import type { PeriodComparison } from '../tools/workload/period-comparison.ts'
import type { Named } from './triage/triage.ts'

/** Two requests a day from 1 March to 30 April 2026; in April those of ana are of twice the tokens. */
const HEADER = 'timestamp,model,user,project,input_tokens,output_tokens,cost_usd\n'
const SPRING = `${HEADER}${Array.from({ length: 61 }, (_, at) => {
  const day = new Date(Date.UTC(2026, 2, 1 + at)).toISOString().slice(0, 10)
  const cost = at < 31 ? 1 : 2
  return [
    `${day}T09:00:00Z,gpt-4o,ana,search,${cost * 1000},10,${cost}`,
    `${day}T18:00:00Z,gpt-4o-mini-2024-07-18,ben,may,1000,10,0.5`,
  ].join('\n')
}).join('\n')}\n`

let stage: TeamStage
let spring: Attachment
beforeAll(async () => {
  stage = await teamStage()
  spring = await stage.attach('spring.csv', SPRING)
})
afterAll(() => stage[Symbol.asyncDispose]())

/** What is read alone: nothing is computed. */
const ask = (question: string, before?: TeamAnswer): Promise<TeamAnswer> =>
  stage.ask(question, [spring], {
    agent: 'triage',
    ...(before && { history: before.asHistory }),
  })

const ana: Named = { user: ['ana'] }
const gpt4o: Named = { model: ['gpt-4o'] }

describe('names of the data in a question', () => {
  test.each<[string, Named]>([
    ['Why did ana spend more in April than in March?', ana],
    ['Why did the spend of ana change between March and April?', ana],
    ['Why did the cost of the requests of ana change between March and April?', ana],
    ['Why is user ana more expensive in April than in March?', ana],
    ["How did ana's cost change between March and April?", ana],
    ['Why did the spend of project search rise in April?', { project: ['search'] }],
    ['Why did gpt-4o cost more in April?', gpt4o],
    ['Why did the cost of model gpt-4o change between March and April?', gpt4o],
    ['Why did the cost of gpt-4o requests change between March and April?', gpt4o],
    ['Where model is gpt-4o, why did cost change between March and April?', gpt4o],
    ['Why did spend on gpt-4o rise in April?', gpt4o],
    ['Why did GPT 4o mini cost more in April?', { model: ['gpt-4o-mini-2024-07-18'] }],
    ['Why did cost change in April for project may?', { project: ['may'] }],
  ])('%s', async (question, named) => {
    const answer = await ask(question)
    expect(answer.triage).toMatchObject({ topics: expect.arrayContaining(['change']) })
    expect(answer.triage.data.named).toEqual(named)
    expect(answer.triage.base_model).toBeNull()
  })

  test.each([
    'What will it cost in May?',
    'Why may cost have risen in April?',
    'Why did our AI spend change between March and April?',
    'Only the spring file: what did we spend?',
  ])('no word of the question itself is one: %s', async (question) => {
    expect((await ask(question)).triage.data.named).toEqual({})
  })

  test.each<[string, string, Named]>([
    ['Where does the money go if this ran on gpt-4o?', 'gpt-4o', {}],
    ['What would it cost on gpt-4o?', 'gpt-4o', {}],
    ['What would the requests of gpt-4o cost on gpt-4o-mini?', 'gpt-4o-mini', gpt4o],
  ])('a condition prices, and does not filter: %s', async (question, model, named) => {
    const { triage } = await ask(question)
    expect(triage.base_model).toBe(model)
    expect(triage.data.named).toEqual(named)
  })

  test('the figures are of these requests', async () => {
    const { text } = await stage.ask('Why did ana spend more in April than in March?', [spring])
    expect(text).toContain('Cost where user is ana rose by **$29.00**')
    expect(text).toContain('from $31.00 in 2026-03-01 to 2026-03-31')
  })

  test('a question that goes on is about the same requests, until it names others', async () => {
    const first = await ask('Why did the spend of project search rise in April?')
    const week = await ask('and last week?', first)
    expect(week.triage.data.named).toEqual({ project: ['search'] })
    const only = await ask('only ana', week)
    expect(only.triage.data.named).toEqual({ project: ['search'], user: ['ana'] })
    const byProject = await ask('and by project?', only)
    expect(byProject.triage.data.named).toEqual(only.triage.data.named)
    expect(byProject.triage.topics[0]).toBe('change')
    expect((await ask('only ben', byProject)).triage.data.named.user).toEqual(['ben'])
    expect((await ask('and for all users?', byProject)).triage.data.named).toEqual({})
  })
})

describe('questions that go on with a comparison', () => {
  test('by user is the same comparison; how much of it is volume, and one unit earlier', async () => {
    const first = await ask('Why did our AI spend change in April?')
    const byUser = await ask('by user', first)
    expect(byUser.triage).toMatchObject({
      topics: first.triage.topics,
      dimensions: ['user'],
      compared: { comparison: first.triage.compared?.comparison },
    })
    const volume = await stage.ask('How much of it is volume?', [spring], {
      history: first.asHistory,
    })
    const { effects } = volume.results.get('compare_periods') as PeriodComparison
    const { cost_usd: usd = Number.NaN } = effects?.find(({ effect }) => effect === 'volume') ?? {}
    expect(volume.report).toBeUndefined()
    expect(volume.text).toMatch(/^The effect of .*requests.* is \*\*/)
    expect(volume.text).toContain(Math.abs(usd).toFixed(2))
  })

  test('a period that is not understood is said, and nothing is computed', async () => {
    const answer = await stage.ask('Why did our AI spend change in the last fortnight?', [spring])
    expect(answer.text).toContain('I did not understand the period “in the last fortnight”')
    expect([...answer.results.keys()]).toEqual(['triage_question'])
    expect(answer.report).toBeUndefined()
  })

  test('periods after the data are of their year, and nothing is in them', async () => {
    const { text } = await stage.ask('Why did our AI spend change between June and July?', [spring])
    expect(text).toContain('there are no requests from 2026-06-01')
    expect(text).not.toContain('2025')
  })

  test('latency of two periods is told, and that nothing breaks it down', async () => {
    const file = await stage.attach(
      'slow.csv',
      `timestamp,model,input_tokens,output_tokens,latency_ms\n${Array.from(
        { length: 60 },
        (_, at) =>
          `${new Date(Date.UTC(2026, 2, 2 + at)).toISOString()},gpt-4o,10,1,${at < 30 ? 100 : 400}`,
      ).join('\n')}\n`,
    )
    const { text, report } = await stage.ask('Why did latency change between March and April?', [
      file,
    ])
    expect(report).toBeUndefined()
    expect(text).toContain('2026-03-01 to 2026-03-31: 30 requests, latency 100 ms (p50)')
    expect(text).toContain('2026-04-01 to 2026-04-30: 30 requests, latency 400 ms (p50)')
    expect(text).toContain('The data do not say which requests failed.')
    expect(text).toContain('Only cost and tokens are broken down')
  })

  test('a total is short, and names its requests and its period', async () => {
    const total = await stage.ask('Total cost?', [spring])
    expect(total.report).toBeUndefined()
    expect(total.text).toMatch(/^The 122 requests of 2026-03-01 09:00 to .* cost \*\*\$121\.50\*\*/)
    const april = await stage.ask('In one sentence: what is the total cost in April?', [spring])
    expect(april.text).toMatch(/^The 60 requests of 2026-04-01 09:00 to .* cost \*\*\$75\.00\*\*/)
  })
})
