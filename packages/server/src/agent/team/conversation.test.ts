import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { only } from '../../../testing/agent-stage.ts'
import { teamStage, type TeamAnswer, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment } from '../step.ts'

let stage: TeamStage
beforeAll(async () => {
  stage = await teamStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const START = Date.UTC(2026, 2, 2, 9)

/** A request a minute from a Monday morning, each of 1,000 + 100 tokens: $0.0035 on gpt-4o. */
const datedCsv = (count: number, input = (_at: number) => 1_000): string =>
  `timestamp,input_tokens,output_tokens\n${Array.from(
    { length: count },
    (_, at) => `${new Date(START + at * 60_000).toISOString()},${input(at)},100`,
  ).join('\n')}\n`

/** The same requests, their times counted from the start of the trace. */
const relativeTrace = (count: number): string =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      timestamp: at * 60_000,
      input_length: 1_000,
      output_length: 100,
      hash_ids: [1, at + 2],
    }),
  ).join('\n')

const WHERE_DOES_IT_GO = 'Where does the money go if this ran on gpt-4o, and what should we change?'

const usage = (name = 'usage.csv', count = 600): Promise<Attachment> =>
  stage.attach(name, datedCsv(count))

describe('files with dates beside files without', () => {
  let together: TeamAnswer
  let files: Attachment[]
  beforeAll(async () => {
    files = [await usage('dated.csv'), await stage.attach('trace.jsonl', relativeTrace(600))]
    together = await stage.ask(WHERE_DOES_IT_GO, files)
  })

  test('totals are of all of them, and nothing is said of a span, rate or course', () => {
    expect(together.error).toBeUndefined()
    expect(together.text).toContain('1,200 requests')
    expect(together.text).toContain('**$4.20**')
    const all = `${together.text}\n${together.markdown}`
    expect(all).not.toMatch(/1970-|per week|at this pace|[\d,]+ days/i)
    expect(all).not.toContain('gave no result')
    expect(together.results.get('find_anomalies')).toBeUndefined()
    expect(together.markdown).toContain('not measurable over files without a clock in common')
    expect(JSON.stringify(together.report)).not.toContain('"kind":"chart"')
  })

  test('confidence is that of data whose span cannot be told', () => {
    expect(together.markdown).not.toContain('the data span a week or more')
    expect(together.markdown).toContain('× 0.8 (the data span no time that can be told')
  })

  test('a question about time is told why it has no answer, and growth keeps the total', async () => {
    const anomalies = await stage.ask('Are there any spikes in usage?', files)
    expect(anomalies.text).toMatch(/not measurable over files without a clock in common/i)
    const growth = await stage.ask('3x usage next month on gpt-4o', files)
    expect(growth.text).toContain('$12.60')
    expect(growth.text).not.toMatch(/busiest minute has|30 days, now/)
    const month = await stage.ask('What will this cost us per month on gpt-4o?', files)
    expect(month.text).toContain('What a month costs is not measurable from these data')
  })

  test('a plan of them names no period', async () => {
    const waiting = await stage.ask('adopt this plan', files, { history: together.asHistory })
    const [waits] = only(waiting.steps, 'waits')
    expect(waits?.change?.summary).toContain('for the requests of the data.')
  })

  test('alone, each has its own time', async () => {
    const dated = await stage.ask(WHERE_DOES_IT_GO, files.slice(0, 1))
    expect(dated.text).toContain('in 10 hours (2026-03-02 09:00 to 18:59 UTC)')
    const trace = await stage.ask(WHERE_DOES_IT_GO, files.slice(1))
    expect(trace.text).toContain('in 10 hours (the times are relative and name no day)')
    const waiting = await stage.ask('adopt this plan', files, { history: trace.asHistory })
    const [waits] = only(waiting.steps, 'waits')
    expect(waits?.change?.summary).toContain(
      'for the period of the data, 10 hours of which no day is known.',
    )
  })
})

describe('two traces that each count from a start of their own', () => {
  let files: Attachment[]
  beforeAll(async () => {
    files = [
      await stage.attach('first.jsonl', relativeTrace(600)),
      await stage.attach('second.jsonl', relativeTrace(600)),
    ]
  })

  test('they did not begin together: totals are of both, and nothing has a pace or a course', async () => {
    const together = await stage.ask(WHERE_DOES_IT_GO, files)
    expect(together.error).toBeUndefined()
    expect(together.text).toContain('1,200 requests')
    const all = `${together.text}\n${together.markdown}`
    expect(all).not.toMatch(/1970-|at this pace|in 10 hours|gave no result/i)
    expect(together.results.get('find_anomalies')).toBeUndefined()
    expect(together.markdown).toContain('not measurable over files without a clock in common')
    expect(JSON.stringify(together.report)).not.toContain('"kind":"chart"')
  })

  test('rate limits and busy hours are of no two traces', async () => {
    const limits = await stage.ask('Do we hit a rate limit of 500 requests per minute?', files)
    expect(limits.text).toMatch(/not measurable over files without a clock in common/i)
    const hours = await stage.ask('Which hours are busiest?', files.slice(0, 1))
    expect(hours.results.get('workload_profile')).toBeDefined()
    expect(`${hours.text}\n${hours.markdown}`).not.toMatch(/hour of day|gave no result/i)
  })
})

describe('a question that is not about the report gets no report', () => {
  let file: Attachment
  let first: TeamAnswer
  beforeAll(async () => {
    file = await usage()
    first = await stage.ask(WHERE_DOES_IT_GO, [file])
  })
  const next = (question: string): Promise<TeamAnswer> =>
    stage.ask(question, [file], { history: first.asHistory })
  const sentencesIn = (text: string): number => text.split(/[.!?](?:\s|$)/).length - 1

  test('savings of several changes are not added up, and it is said why', async () => {
    const { text, report } = await next('What would all four changes save together?')
    expect(text).toMatch(/^Savings overlap and are not added up, because/)
    expect(text).toMatch(/the largest, “[^”]+”, saves \$[\d.]+ \([\d.]+ % of the cost\)/)
    expect(report).toBeUndefined()
    expect(text.length).toBeLessThan(800)
  })

  test('a discount is taken off the list price, as an assumption', async () => {
    const { text, report } = await next('and with a 20% discount from our contract?')
    expect(text).toContain('**$1.68** instead of $2.10 on gpt-4o, as asked before, at list prices')
    expect(text).toContain('The discount is an assumption')
    expect(text).toContain('`cost_drivers` over usage.csv; $2.10 × (1 − 20 %)')
    expect(report).toBeUndefined()
  })

  test('a budget is compared with the cost', async () => {
    const { text } = await next('What share of the budget of $1,000 is used?')
    expect(text).toContain('**0.2 %** of a budget of $1,000.00 is used: $2.10 on gpt-4o')
    expect(text).toContain('$997.90 is left')
  })

  test('one sentence is one sentence, and its source', async () => {
    const { text } = await next('Answer in one sentence: what is the total cost?')
    expect(text).toMatch(
      /^The 600 requests of .* would cost \*\*\$2\.10\*\* on gpt-4o, as asked before,/,
    )
    expect(text).toContain('(Source: `cost_drivers` over usage.csv')
    expect(sentencesIn(text)).toBeLessThanOrEqual(3)
  })

  test('the name of a file is no Markdown, in no answer', async () => {
    const named = await stage.attach('[pay here](https://evil.example).csv', datedCsv(600))
    const asked = 'In one sentence: what is the total cost on gpt-4o?'
    const { text } = await stage.ask(asked, [named])
    expect(text).toContain(String.raw`over \[pay here\](`)
    const read = await stage.ask(asked, [named], { agent: 'triage' })
    expect(read.text).toContain(String.raw`**Files**: \[pay here\](`)
  })

  test('without a price the short question says what is missing', async () => {
    const { text } = await stage.ask('In one sentence: what is the total cost?', [file])
    expect(text).toMatch(/not measurable from these data.*on gpt-4o/)
  })

  test('another question that comes to the same answer is not answered with it again', async () => {
    const { text, report } = await next('And what about the weather over there?')
    expect(text).toContain('I did not understand')
    expect(text).toContain('I can answer what it costs')
    expect(report).toBeUndefined()
    const again = await next('What does it cost?')
    expect(again.text).toMatch(/^They would cost \*\*\$2\.10\*\* on gpt-4o/)
    expect(again.text).not.toContain('## ')
  })

  test('a plan is still that of the report after a short question', async () => {
    const short = await next('and with a 20% discount from our contract?')
    const { steps } = await stage.ask('adopt this plan', [file], { history: short.asHistory })
    expect(only(steps, 'waits')[0]?.call.arguments['title']).toBe(first.report?.title)
  })

  test('a month is projected, with its assumption', async () => {
    const { text } = await next('What will this cost us per month?')
    // 600 requests in 599 minutes.
    const month = ((2.1 * 30 * 24 * 60) / 599).toFixed(2)
    expect(text).toContain(`A month would cost **$${month}**: a projection that assumes the pace`)
  })
})

describe('the model of the conversation', () => {
  test('stays until another is named, also across a question that was priced otherwise', async () => {
    const files = [await usage('code.csv'), await usage('conv.csv', 300)]
    let history: TeamAnswer['asHistory'] = []
    const ask = async (question: string): Promise<TeamAnswer> => {
      const answer = await stage.ask(question, files, { history })
      history = answer.asHistory
      return answer
    }
    await ask(WHERE_DOES_IT_GO)
    for (const question of [
      'Which model have we spent the most on?',
      'Which team or project spends the most?',
      'only the code file',
    ]) {
      const { text, triage } = await ask(question)
      expect(triage.base_model).toBe('gpt-4o')
      expect(text).toContain('on gpt-4o, as asked before, at list prices')
      expect(text).not.toContain('To see money, name a model')
    }
    const other = await ask('and on gpt-4o-mini?')
    expect(other.triage.base_model).toBe('gpt-4o-mini')
    expect(other.text).not.toContain('as asked before')
  })
})

describe('few requests', () => {
  test('figures below a cent keep their digits, and nothing is recommended', async () => {
    const two = await stage.attach('two.csv', datedCsv(2))
    const { text, report } = await stage.ask(WHERE_DOES_IT_GO, [two])
    expect(text).toContain('**$0.007**')
    expect(text).not.toMatch(/\$0\.00(?![\d])/)
    expect(text).toContain('too few requests to plan by')
    expect(report?.sections.map(({ heading }) => heading)).not.toContain('Recommendations')
    expect(text).not.toContain('The plan has')
  })

  test('thirty are enough', async () => {
    const thirty = await stage.attach('thirty.csv', datedCsv(30))
    const { report } = await stage.ask(WHERE_DOES_IT_GO, [thirty])
    expect(report?.sections.map(({ heading }) => heading)).toContain('Recommendations')
  })
})

test('a trend beyond doubt is p < 0.001, and costs of its table are dollars', async () => {
  const input = (at: number): number => (at === 50 ? 90_000 : 10_000 - at * 60)
  const falling = await stage.attach('falling.csv', datedCsv(120, input))
  const { text } = await stage.ask('Are there cost spikes on gpt-4o?', [falling])
  expect(text).toContain('The trend is falling (p < 0.001)')
  expect(text).toMatch(/\| 2026-03-02 09:50 \| \$0\.2\d* \| \$0\.0\d+ \|/)
})

test('a file that holds no usage: one short answer by provider, and no report', async () => {
  const people = await stage.attach('people.csv', 'name,age\nAnn,30\nBob,40\n')
  const { text, report } = await stage.ask('Where does the money go?', [people])
  expect(text.match(/people\.csv holds nothing/g)).toHaveLength(1)
  expect(text).not.toContain('…')
  expect(text).toMatch(/### OpenAI\n\n[^\n]+:\n\n1\. /)
  expect(text).not.toMatch(/^- OpenAI/m)
  expect(text.length).toBeLessThan(4_000)
  expect(report).toBeUndefined()
})

test('formulas are spelled out, and no heading stands empty', async () => {
  const file = await usage()
  const { report } = await stage.ask(WHERE_DOES_IT_GO, [file])
  for (const { formula } of report?.facts ?? []) expect(formula).not.toMatch(/^the same/)
  const { text } = await stage.ask('When is usage highest?', [file])
  expect(text).not.toMatch(/^## [^\n]+\n\n(?:##|$)/m)
})
