import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Script } from '../../../../../tests/support/model-server.ts'
import { teamStage, type TeamAnswer, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment } from '../step.ts'
import type { PeriodComparison } from '../tools/workload/period-comparison.ts'

const DAY_MS = 86_400_000

/** $0.0035 on gpt-4o, $0.00021 on gpt-4o-mini, by the list. */
const csv = (
  calls: (day: string, place: number) => readonly [model: string, user: string][],
): string =>
  `time,model,user,input_tokens,output_tokens\n${Array.from({ length: 28 }, (_, place) => {
    const day = new Date(Date.UTC(2026, 1, 16) + place * DAY_MS).toISOString().slice(0, 10)
    return calls(day, place).map(([model, user], at, { length }) => {
      const time = at === length - 1 ? '23:59:00' : `00:${String(at + 1).padStart(2, '0')}:00`
      return `${day}T${time}Z,${model},${user},1000,100`
    })
  })
    .flat()
    .join('\n')}\n`

const times = (count: number, model: string, user: string) =>
  Array.from({ length: count }, () => [model, user] as [string, string])

/** From 16 February to 15 March 2026: in the last week ann asks three times as often. */
const RISING = csv((_, place) => [
  ...times(place < 21 ? 2 : 6, 'gpt-4o', 'ann'),
  ...times(2, 'gpt-4o-mini', 'ben'),
])
/** In the last week ann's requests go to the small model. */
const FALLING = csv((_, place) => times(4, place < 21 ? 'gpt-4o' : 'gpt-4o-mini', 'ann'))

const WEEK_BEFORE = 7 * (2 * 0.0035 + 2 * 0.00021)
const LAST_WEEK = 7 * (6 * 0.0035 + 2 * 0.00021)
const usd = (value: number): string =>
  `$${value < 0.1 ? Number(value.toPrecision(3)) : value.toFixed(2)}`

let stage: TeamStage
let rising: Attachment
let falling: Attachment
beforeAll(async () => {
  stage = await teamStage({ script: [] })
  rising = await stage.attach('rising.csv', RISING)
  falling = await stage.attach('falling.csv', FALLING)
})
afterAll(() => stage[Symbol.asyncDispose]())

const ask = (question: string, file: Attachment, more: object = {}): Promise<TeamAnswer> =>
  stage.ask(question, [file], { model: 'netra/builtin', ...more })

const comparisonOf = ({ results }: TeamAnswer) => results.get('compare_periods') as PeriodComparison

const summaryOf = ({ text }: TeamAnswer): string => text.split('\n')[0] ?? ''

describe('why did cost change?', () => {
  let answer: TeamAnswer
  beforeAll(async () => {
    answer = await ask('Why did cost go up last week?', rising)
  })

  test('a few sentences: by how much, from what to what, by which effect and whose', () => {
    expect(answer.error).toBeUndefined()
    const said = summaryOf(answer)
    expect(said).toContain(`rose by **${usd(LAST_WEEK - WEEK_BEFORE)}**`)
    expect(said).toContain(`from ${usd(WEEK_BEFORE)} in 2026-03-02 to 2026-03-08`)
    expect(said).toContain(`to ${usd(LAST_WEEK)} in 2026-03-09 to 2026-03-15`)
    expect(said).toMatch(/number of requests \+\$[\d.]+; mix of models \+\$/)
    expect(said).toContain('By model, gpt-4o contributes most: +$')
    expect(said).toContain('is not in usage data')
    expect(said.split(/[.!?](?:\s|$)/).length - 1).toBeLessThanOrEqual(4)
  })

  test('the report has the effects, both periods, the groups and where each number is from', () => {
    const section = answer.report?.sections.find(({ heading }) => heading === 'What changed')
    const titles = section?.blocks.flatMap((block) => (block.kind === 'table' ? [block.title] : []))
    expect(titles).toEqual([
      'Why the cost differs',
      'Both periods',
      'By model, what contributes most first',
    ])
    expect(answer.text).not.toContain('By user')
    expect(answer.markdown).toContain('By user, what contributes most first')
    const facts = new Map(answer.report?.facts.map((fact) => [fact.id, fact]))
    const tables = section?.blocks.filter((block) => block.kind === 'table') ?? []
    const known = new Set([...facts.values()].map(({ text }) => text))
    for (const cell of tables.flatMap(({ rows }) => rows.flat()))
      if (typeof cell === 'string' && /^[+-]?\$?[\d,.]+(?: %)?$/.test(cell))
        expect(known).toContain(cell)
    const volume = [...facts.values()].find(({ what }) => what === 'effect of number of requests')
    expect(volume?.tool).toBe('compare_periods')
    expect(volume?.formula).toContain('L(cost, cost before) × ln(')
    expect(answer.markdown).toContain('Ang')
    expect(answer.results.has('rank_options')).toBe(false)
    expect(answer.results.has('plan_actions')).toBe(false)
  })

  test('its effects sum to the difference', () => {
    const { effects, difference } = comparisonOf(answer)
    const sum = (effects ?? []).reduce((all, effect) => all + effect.cost_usd, 0)
    expect(sum).toBeCloseTo(difference.cost_usd ?? NaN, 12)
  })

  test('“and by user?” keeps the periods', async () => {
    const next = await ask('and by user?', rising, { history: answer.asHistory })
    expect(comparisonOf(next)).toMatchObject({
      by: 'user',
      comparison: { from: '2026-03-09T00:00:00.000Z' },
    })
    expect(next.text).toContain('By user, ann contributes most')
  })

  test('what it would be on one model is asked of the same periods', async () => {
    const next = await ask('and on gpt-4o-mini?', rising, { history: answer.asHistory })
    expect(next.text).toContain(`rose by **${usd(7 * 4 * 0.00021)}**`)
  })

  test('in one sentence there is no report', async () => {
    const short = await ask('In one sentence: why did cost change last week?', rising)
    expect(short.report).toBeUndefined()
    expect(short.text).toContain(`rose by **${usd(LAST_WEEK - WEEK_BEFORE)}**`)
    expect(short.text).toContain('`compare_periods` over rising.csv')
    expect(short.text.length).toBeLessThan(600)
  })

  test('with a language model the numbers are the same', async () => {
    const script: Script = (request) => ({
      toolCalls: [
        request.tools.includes('read_question')
          ? { name: 'read_question', arguments: { topics: ['change'] } }
          : { name: 'write_summary', arguments: { sentences: ['It rose by $999.'] } },
      ],
    })
    stage.server?.script(script)
    const free = 'What is the story behind our invoice of last week?'
    expect((await ask(free, rising)).triage.topics).not.toContain('change')
    const answered = await stage.ask(free, [rising])
    const plain = await ask('Why did cost go up last week?', rising)
    stage.server?.script(script)
    const same = await stage.ask('Why did cost go up last week?', [rising])
    expect(summaryOf(same)).toBe(summaryOf(plain))
    expect(comparisonOf(same)).toEqual({ ...comparisonOf(plain), pricing: expect.anything() })
    expect(answered.text).not.toContain('$999')
  })
})

describe('what a question takes for granted', () => {
  test('it did not rise, it fell', async () => {
    const { text } = await ask('Why did cost rise last week?', falling)
    expect(text).toContain(`did not rise: it fell by **${usd(7 * 4 * (0.0035 - 0.00021))}**`)
  })

  test('a year that was not said is that of the data, and it is said which', async () => {
    const march = await ask('Compare 2 March to 8 March with 9 March to 15 March', rising)
    expect(comparisonOf(march)).toMatchObject({
      baseline: { from: '2026-03-02T00:00:00.000Z' },
      comparison: { from: '2026-03-09T00:00:00.000Z', to: '2026-03-16T00:00:00.000Z' },
    })
    expect(march.text).toContain('is read as of 2026, the latest year that the data hold')
    const spent = await ask('What did we spend since 9 March?', rising)
    expect(spent.text).toContain(usd(LAST_WEEK))
    expect(spent.text).toContain('“since 9 March” is read as of 2026')
    const february = await ask('What did it cost in February?', rising)
    expect(february.triage.period).toMatchObject({ from: '2026-02-01', to: '2026-02-28' })
  })

  test('since Monday is compared with the same days of the week before', async () => {
    const since = await ask('What changed since Friday?', rising)
    expect(comparisonOf(since)).toMatchObject({
      baseline: { from: '2026-03-06T00:00:00.000Z' },
      comparison: { from: '2026-03-13T00:00:00.000Z' },
    })
  })

  test('months that the data hold in part say so', async () => {
    const months = await ask('Compare March with February', rising)
    expect(months.text).toMatch(/Of the earlier period the data hold only 46\.\d %/)
    expect(months.text).toMatch(/Of the later period the data hold only 48\.\d %/)
  })
})

describe('what cannot be measured', () => {
  test.each([
    [
      'no-time.csv',
      'model,input_tokens,output_tokens\ngpt-4o,10,1\n',
      /do not say when each request was made/,
    ],
    [
      'trace.jsonl',
      '{"timestamp":0,"input_length":10,"output_length":1,"hash_ids":[1]}\n{"timestamp":60000,"input_length":10,"output_length":1,"hash_ids":[1]}\n',
      /not measurable from these data: their times count from a start/,
    ],
  ])('%s', async (name, text, why) => {
    const file = await stage.attach(name, text)
    const answer = await ask('Why did cost go up last week on gpt-4o?', file)
    expect(answer.text).toMatch(why)
  })

  test('nothing is in one of the periods', async () => {
    const answer = await ask('Compare March 2026 with January 2026', rising)
    expect(answer.text).toContain('there are no requests from 2026-01-01 to 2026-01-31')
  })

  test('without a price the requests are told', async () => {
    const bare = RISING.replaceAll(/gpt-4o(?:-mini)?/g, '').replace(',model', ',_')
    const file = await stage.attach('bare.csv', bare)
    const answer = await ask('Why did our spend change last week?', file)
    expect(answer.text).toContain(
      'What it cost is not measurable from these data: the files say neither',
    )
    expect(answer.text).toContain('Requests rose by **28**, from 28')
  })
})
