import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { quantile, seeded, sum } from '../../../../testing/random-table.ts'
import { tableStage, type Asked, type TableStage } from '../../../../testing/table-stage.ts'
import type { Attachment } from '../../step.ts'

/** A trace of requests: when each came, and its tokens. */
interface Trace {
  times: string[]
  input: number[]
  output: number[]
  csv: string
}

const QUESTIONS = {
  totals: 'How many requests, and how many input and output tokens in total?',
  price: 'What would this workload cost on gpt-4o, and on gpt-4o-mini?',
  chart: 'Requests per minute as a chart',
  percentile: '95th percentile of GeneratedTokens',
}

function traceOf(csv: string): Trace {
  const rows = csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','))
  return {
    csv,
    times: rows.map(([time = '']) => time),
    input: rows.map(([, input]) => Number(input)),
    output: rows.map(([, , output]) => Number(output)),
  }
}

function generated(): Trace {
  const random = seeded(42)
  const lines = Array.from({ length: 5_000 }, (_, place) => {
    const at = new Date(Date.UTC(2024, 1, 3, 18, 15) + place * 730).toISOString()
    const time = `${at.slice(0, 19).replace('T', ' ')}.${at.slice(20, 23)}0000`
    return `${time},${1 + Math.floor(random() * 4_000)},${1 + Math.floor(random() * 900)}`
  })
  return traceOf(`TIMESTAMP,ContextTokens,GeneratedTokens\n${lines.join('\n')}\n`)
}

const grouped = (value: number): string => value.toLocaleString('en-US')

const toolsOf = ({ tools }: Asked): string[] => tools.map(({ call }) => call.toolName)

/** The four questions, against figures from the file's text alone. */
async function askAll(stage: TableStage, trace: Trace): Promise<void> {
  const file = await stage.attach('conv.csv', trace.csv)
  const [totals, price, chart, percentile] = await stage.talk(Object.values(QUESTIONS), [file])
  expect(totals?.text).toContain(`**${grouped(trace.times.length)}** requests`)
  expect(totals?.text).toContain(`**${grouped(sum(trace.input))}**`)
  expect(totals?.text).toContain(`**${grouped(sum(trace.output))}**`)
  expect(totals && toolsOf(totals)).toEqual(['profile_table', 'query_table'])

  const dollars = (input: number, output: number): string =>
    `**$${((sum(trace.input) * input + sum(trace.output) * output) / 1e6).toFixed(2)}**`
  expect(price?.text).toContain(`${dollars(2.5, 10)} on \`gpt-4o\``)
  expect(price?.text).toContain(`${dollars(0.15, 0.6)} on \`gpt-4o-mini\``)
  expect(price && toolsOf(price)).toContain('price_workload')

  const minutes = Map.groupBy(trace.times, (time) => time.slice(0, 16))
  const highest = Math.max(...[...minutes.values()].map((times) => times.length))
  expect(chart?.text).toContain(`${minutes.size} points`)
  expect(chart?.text).toContain(`**${grouped(highest)}**`)
  expect(chart && toolsOf(chart)).toContain('chart_table')

  const shown = Number(/\*\*([\d.,]+)\*\*/.exec(percentile?.text ?? '')?.[1]?.replaceAll(',', ''))
  expect(shown).toBeCloseTo(quantile(trace.output, 0.95), 2)
}

let stage: TableStage
beforeAll(async () => {
  stage = await tableStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

describe('the four questions about a workload', () => {
  test('are answered with the right numbers over a generated trace', () =>
    expect(askAll(stage, generated())).resolves.toBeUndefined())

  const folder =
    process.env['NETRA_REAL_DATA'] ??
    join(import.meta.dirname, '../../../../../../../shared/data/azure-llm-2023')
  const real = [join(folder, 'conv.csv'), join(folder, 'azure-llm-2023/conv.csv')].find(existsSync)

  test.skipIf(real === undefined)(
    'are answered with the right numbers over the real trace (set NETRA_REAL_DATA to its folder when it is skipped)',
    async () => {
      const trace = traceOf(await readFile(real ?? '', 'utf8'))
      await expect(askAll(stage, trace)).resolves.toBeUndefined()
    },
  )
})

const WORKLOAD = `when,model,user_id,region,input_tokens,output_tokens,latency_ms,status,cached
2024-03-01 09:00:00,gpt-4o,ana,Berlin,100,10,50.5,ok,true
2024-03-01 09:30:00,gpt-4o,ben,New York,200,20,60.5,failed,false
2024-03-01 10:00:00,gpt-4o-mini,ana,Berlin,300,30,70.5,ok,false
2024-03-02 10:00:00,gpt-4o-mini,ben,Paris,400,40,80.5,sent,true
2024-03-02 11:00:00,claude-3,cid,Paris,500,50,90.5,ok,true
`

describe('a thread about a workload', () => {
  const cases: [string[], RegExp][] = [
    [['How many requests on GPT-4o?'], /`model` is `gpt-4o`, there are \*\*2\*\* requests/],
    [['How many failed requests?'], /`status` is `failed`, there are \*\*1\*\*|there is \*\*1\*\*/],
    [['How many sent requests?'], /`status` is `sent`/],
    [['How many requests sent in March?'], /`status` is `sent`, there is \*\*1\*\*/],
    [['how many tokens did ana use in March'], /\*\*440\*\*/],
    [['how many users used gpt-4o'], /\*\*2\*\* distinct/],
    [['How many cached requests?'], /`cached` is true, there are \*\*3\*\*/],
    [['requests where status is not ok'], /there are \*\*2\*\* requests/],
    [['How many requests in New York'], /`region` is `New York`/],
    [['How many requests in total? And how many users?'], /\*\*5\*\* requests.*\*\*3\*\* distinct/],
    [['input tokens per request'], /average `input_tokens` is \*\*300\*\*/],
    [['compare gpt-4o and claude-3 by average latency'], /\| gpt-4o \| 55\.5 \|/],
    [['top 2 users by output tokens'], /\| ben \| 60 \|/],
    [['What would it cost on gpt-4o?', 'and on gpt-4o-mini?'], /on `gpt-4o-mini` \(openai\)/],
    [['requests by model', 'the same by day', 'as a chart'], /2 points from 2024-03-01/],
    [
      ['average latency by model', 'the same for output tokens'],
      /Average `output_tokens` by `model`/,
    ],
    [
      ['How many requests where model is gpt-4o', 'and for claude-3?'],
      /`model` is `claude-3`, there is \*\*1\*\*/,
    ],
    [
      ['average latency where model is gpt-4o', 'and the median?'],
      /`gpt-4o`, the median `latency_ms` is \*\*55\.5\*\*/,
    ],
    [['requests without failed ones'], /`status` is not `failed`, there are \*\*4\*\*/],
    [['How many requests took more than 70 ms?'], /`latency_ms` > 70, there are \*\*3\*\*/],
    [['requests slower than 0.08 seconds'], /`latency_ms` > 80, there are \*\*2\*\*/],
    [['requests longer than 75ms'], /`latency_ms` > 75, there are \*\*2\*\*/],
    [['the 2 slowest requests'], /highest `latency_ms` first[^]*\| 90\.5 \|[^]*\| 80\.5 \|/],
    [['is gpt-4o slower than claude-3?'], /\| gpt-4o \| 55\.5 \| 55\.5 \|/],
    [['does ana have more requests than ben?'], /\| ana \| 2 \|\n\| ben \| 2 \|/],
    [['total tokens by user'], /\| ben \| 660 \|/],
    [['How many tokens in total?'], /`input_tokens \+ output_tokens` is \*\*1,650\*\*/],
    [['average total tokens per request'], /is \*\*330\*\*/],
    [['input plus output tokens for ana'], /is \*\*440\*\*/],
    [['requests with more than 400 tokens'], /there are \*\*2\*\* requests/],
    [['who sent the most tokens?'], /ben has the highest total[^]*\*\*660\*\*/],
    [['who has the most input tokens?'], /ben has the highest total[^]*\*\*600\*\*/],
    [['users with more than 1 requests'], /\| ana \| 2 \|\n\| ben \| 2 \|/],
    [['how many users have more than 500 total tokens'], /\*\*2\*\* values of `user_id`/],
    [['when was the first request?'], /minimum `when` is \*\*2024-03-01 09:00:00\*\*/],
    [['when was the last request from ana'], /maximum `when` is \*\*2024-03-01 10:00:00\*\*/],
    [['requests in March'], /there are \*\*5\*\*/],
    [['requests on 2 March'], /2024-03-02, there are \*\*2\*\*/],
    [['average requests per day'], /\*\*2\.5\*\*/],
    [['how mnay requests fro teh gpt-4o'], /there are \*\*2\*\*/],
    [
      ['which model did ana use the most'],
      /tie for the highest number of rows[^]*`ana`, with \*\*1\*\* each/,
    ],
    [
      ['How many requests, and what share of requests is gpt-4o?'],
      /\*\*5\*\* requests[^]*\*\*40\*\* percent/,
    ],
    [['how many requests for gpt-4o have more than 150 input tokens'], /there is \*\*1\*\*/],
    [["ana's requests by model"], /\| gpt-4o \| 1 \|/],
    [['total cost'], /cost an estimated \*\*\$0\.0012\*\*[^]*Not in it: 1 request [^]*`claude-3`/],
    [
      ['what would the requests of gpt-4o cost on gpt-4o-mini?'],
      /where `model` is `gpt-4o` would cost[^]*2 requests with 300 input tokens/,
    ],
    [['cost on gpt-4o without ana'], /`user_id` is not `ana` would cost/],
    [['What is 12% of 340? And how many rows are there?'], /\*\*40\.8\*\*[^]*\*\*5\*\* rows/],
  ]
  let workload: Attachment
  beforeAll(async () => {
    workload = await stage.attach('workload.csv', WORKLOAD)
  })

  test.each(cases)('%j comes to what it asks', async (questions, answer) => {
    const asked = await stage.talk(questions, [workload])
    expect(asked.at(-1)?.text).toMatch(answer)
  })

  const refused: [string, RegExp][] = [
    ['average latency for Tokyo', /“Tokyo”/],
    ['How many requests where model is gpt-5', /No row has “gpt-5” in `model`/],
    ['which users have more than 30 output tokens', /each row or for the whole of each group/],
    ['latency', /Which figure of `latency_ms`/],
    ['requests without broken ones', /“broken”/],
    ['average latency of the top 2 users', /what makes those the top/],
    ['How many send requests?', /“send”/],
    ['how many requests for TH', /“TH”/],
    ['requests in July', /holds no “July”/],
    ['max tokens in one hour', /single rows or of the total of each/],
    ['peak tokens per hour', /single rows or of the total of each/],
    ['output tokens per second', /could be a speed or a sum over time/],
    ['share of failed requests by model', /whether the whole has “failed” too/],
    ['is gpt-4o good?', /yes or no/],
    ['which model is slowest?', /Which figure of `latency_ms`/],
    ['what is the most expensive model?', /prices of models only for a whole workload/],
  ]
  test.each(refused)('“%s” is not guessed at', async (question, answer) => {
    const asked = await stage.ask(question, [workload])
    expect(asked.text).toMatch(answer)
    expect(asked.text).not.toContain('**')
  })

  test('a question that is understood in part says which part was not', async () => {
    const file = await stage.attach('workload.csv', WORKLOAD)
    const { text } = await stage.ask('How many requests? How many purple ones?', [file])
    expect(text).toContain('**5** requests')
    expect(text).toContain('About “How many purple ones?”')
  })

  test('of several tables the newest is asked, and named, unless the question names one', async () => {
    const older = await stage.attach('older.csv', WORKLOAD)
    const newer = await stage.attach('newer.csv', 'a,b\n1,2\n')
    const [unnamed, named] = await stage.talk(
      ['How many rows?', 'How many rows in older.csv?'],
      [older, newer],
    )
    expect(unnamed?.text).toMatch(/`newer.csv`, there is \*\*1\*\*[^]*newest of the attached/)
    expect(named?.text).toContain('In `older.csv`, there are **5** rows')
  })

  test('without a table it asks for one, and still does arithmetic', async () => {
    expect((await stage.ask('How many rows?', [])).text).toMatch(/Attach a CSV file/)
    expect((await stage.ask('(3+4)*5^2', [])).text).toContain('**175**')
    expect((await stage.ask('1,234.5 / 3', [])).text).toContain('**411.5**')
    expect((await stage.ask('1 / 0', [])).text).toMatch(/could not calculate/)
  })
})
