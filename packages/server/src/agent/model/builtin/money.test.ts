import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { tableStage, type TableStage } from '../../../../testing/table-stage.ts'
import type { Attachment } from '../../step.ts'

let stage: TableStage
beforeAll(async () => {
  stage = await tableStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

/** A usage export: rows are sums, nothing says what was paid, one model is in no catalogue. */
const USAGE = `start_time,start_time_iso,project_id,project_name,num_model_requests,user_email,model,batch,input_tokens,output_tokens,input_cached_tokens,input_audio_tokens,output_audio_tokens
1767225600,2026-01-01T00:00:00,proj_a,Support,1200,ann@x.com,gpt-4o-2024-08-06,False,4800000,360000,1200000,0,0
1767225600,2026-01-01T00:00:00,proj_b,Search,5200,ben@x.com,gpt-4o-mini-2024-07-18,False,9300000,720000,0,0,0
1767312000,2026-01-02T00:00:00,proj_b,Search,4900,ben@x.com,gpt-4o-mini-2024-07-18,True,8800000,690000,0,0,0
1767398400,2026-01-03T00:00:00,proj_a,Support,900,cid@x.com,o3-2025-04-16,False,2100000,980000,0,0,0
1767398400,2026-01-03T00:00:00,proj_c,Lab,40,cid@x.com,acme-finetune-x,False,150000,12000,0,0,0
`

// Dollars per million tokens as the makers list them; batch calls at half of it.
const GPT_4O = (3.6 * 2.5 + 1.2 * 1.25 + 0.36 * 10).toFixed(2)
const MINI_NOW = 9.3 * 0.15 + 0.72 * 0.6
const MINI = (MINI_NOW + (8.8 * 0.15 + 0.69 * 0.6) / 2).toFixed(2)
const O3 = (2.1 * 2 + 0.98 * 8).toFixed(2)
const ALL = (Number(GPT_4O) + MINI_NOW + (8.8 * 0.15 + 0.69 * 0.6) / 2 + Number(O3)).toFixed(2)
const INPUT = 4.8 + 9.3 + 8.8 + 2.1 + 0.15
const OUTPUT = 0.36 + 0.72 + 0.69 + 0.98 + 0.012
/** Of the input that was read from a cache, at half of what other input costs. */
const CACHED = 1.2
const on = (input: number, output: number): string =>
  ((INPUT - CACHED / 2) * input + OUTPUT * output).toFixed(2)

/** One row a request, with a column of costs that holds nothing, as calls that were sent as spans. */
const CALLS = `at,model,requests,input_tokens,output_tokens,cost_usd,user,project
2026-05-04T08:00:00Z,gpt-4o,1,1200000,80000,,c7,shop
2026-05-04T08:01:00Z,gpt-4o-mini,1,3000000,500000,,c8,shop
2026-05-05T08:01:00Z,house-llm-7,1,900,100,,c8,lab
`

const escaped = (text: string): string => text.replaceAll(/[.$*|()]/g, String.raw`\$&`)
const bold = (usd: string): RegExp => new RegExp(escaped(`**$${usd}**`))
const row = (...cells: string[]): RegExp => new RegExp(escaped(cells.join(' | ')))

describe('what was spent, of a usage export', () => {
  let usage: Attachment
  beforeAll(async () => {
    usage = await stage.attach('usage.csv', USAGE)
  })

  const answered: [string | string[], RegExp][] = [
    ['What did my calls cost?', bold(ALL)],
    ['How much did we spend?', bold(ALL)],
    ['How much money did we spend in total?', bold(ALL)],
    ['What was our total bill?', bold(ALL)],
    ['total cost', bold(ALL)],
    [
      'What did it cost per project?',
      row('Support', '2,100', `$${(Number(GPT_4O) + Number(O3)).toFixed(2)}`),
    ],
    ['cost by model', row('gpt-4o-2024-08-06', '1,200', `$${GPT_4O}`)],
    ['spend per user', row('`ben@x.com`', '10,100', `$${MINI}`)],
    ['How much did each user cost?', row('`cid@x.com`', '940', `$${O3}`)],
    ['daily cost', row('2026-01-01', '6,400', `$${(Number(GPT_4O) + MINI_NOW).toFixed(2)}`)],
    ['cost per day', row('2026-01-03', '940', `$${O3}`)],
    ['cost per team', row('Lab', '40', 'not measurable')],
    ['Which project cost the most?', row('Support', '2,100')],
    ['top 2 users by cost', row('`ann@x.com`', '1,200', `$${GPT_4O}`)],
    ['Which user cost the least?', row('`ben@x.com`', '10,100', `$${MINI}`)],
    ['what is the most expensive project?', row('Support', '2,100')],
    ['How much did Search spend?', bold(MINI)],
    ['What did the requests of ann@x.com cost?', bold(GPT_4O)],
    ['What did we spend on gpt-4o-2024-08-06?', bold(GPT_4O)],
    ['cost on 2026-01-03', bold(O3)],
    ['cost since 2026-01-02', bold(((8.8 * 0.15 + 0.69 * 0.6) / 2 + Number(O3)).toFixed(2))],
    ['total cost where project_name is Search', bold(MINI)],
    [['What did it cost?', 'and per model?'], row('o3-2025-04-16', '900', `$${O3}`)],
    ['What would this cost on gpt-4o-mini?', bold(on(0.15, 0.6))],
    [
      'What would the requests of ben@x.com cost on gpt-4o?',
      bold((18.1 * 2.5 + 1.41 * 10).toFixed(2)),
    ],
    ['What would calls by cid@x.com cost on gpt-4o?', bold('15.55')],
    [
      'What would the requests on o3-2025-04-16 cost on gpt-4o?',
      bold((2.1 * 2.5 + 0.98 * 10).toFixed(2)),
    ],
    [
      'How much cheaper would gpt-4o-mini be than gpt-4o?',
      bold((Number(on(2.5, 10)) - Number(on(0.15, 0.6))).toFixed(2)),
    ],
    [
      'How much would we save with gpt-4o-mini instead of gpt-4o?',
      /\*\* less \(94\.0 %\) on `gpt-4o-mini`/,
    ],
    [
      'What would we save by switching from gpt-4o to gpt-4o-mini?',
      /\*\* less \(94\.0 %\) on `gpt-4o-mini`/,
    ],
    [
      'How much more expensive is gpt-4o than gpt-4o-mini for all of this?',
      /\*\* more \([\d.,]+ %\) on `gpt-4o` than/,
    ],
    [
      'price difference between gpt-4o and gpt-4o-mini where project_name is Search',
      /Search` would cost \*\*\$/,
    ],
    ['How many requests are there?', /\*\*12,240\*\*/],
    ['How many requests per day?', /\| 2026-01-01 \| 6,400 \|/],
    ['input tokens per request', /\*\*2,054\.74\*\*/],
    ['How many tokens did ann@x.com use?', /\*\*5,160,000\*\*/],
    ['How many tokens would be billed in all, input and output together?', /\*\*27,912,000\*\*/],
    ['input and output tokens combined', /\*\*27,912,000\*\*/],
  ]
  test.each(answered)('%j comes to what it asks', async (questions, answer) => {
    const asked = await stage.talk([questions].flat(), [usage])
    expect(asked.at(-1)?.text).toMatch(answer)
  })

  test('an estimate says so, with its prices, and what is not in it', async () => {
    const { text } = await stage.ask('What did my calls cost?', [usage])
    expect(text).toMatch(
      /estimated .*list prices .*`@pydantic\/genai-prices` \d+\.\d+\.\d+, 20\d\d-/,
    )
    expect(text).toContain('Not in it: 40 requests without a price')
    expect(text).toContain('`acme-finetune-x` (40)')
  })

  const refused: string[] = [
    'Why did our cost go up?',
    'average cost per request by quality',
    'What will we spend next month?',
    'How much did Marketing spend?',
    'cost per region',
    'average requests per day',
    'cost where input_tokens > 5000000',
    'How much cheaper would gpt-4o-mini be?',
    'median cost by user',
    'cost of the best model',
    'share of cost by model and day and user',
    'what is the most expensive model?',
    'How much did we spend per satisfied user?',
  ]
  test.each(refused)('“%s” is not guessed at', async (question) => {
    const { text } = await stage.ask(question, [usage])
    expect(text).not.toMatch(/\*\*\$?[\d,.]+\*\*/)
    expect(text).not.toMatch(/\$\d/)
  })
})

describe('what was spent, of calls whose column of costs is empty', () => {
  let calls: Attachment
  beforeAll(async () => {
    calls = await stage.attach('calls.csv', CALLS)
  })

  const paid = 1.2 * 2.5 + 0.08 * 10 + 3 * 0.15 + 0.5 * 0.6
  const cases: [string, RegExp][] = [
    ['What did my calls cost?', bold(paid.toFixed(2))],
    ['cost by user', row('c8', '2', '$0.75')],
    ['What would my calls cost on gpt-4o-mini?', bold((4.2009 * 0.15 + 0.5801 * 0.6).toFixed(2))],
    ['How many requests are there?', /\*\*3\*\* requests/],
    ['what did the requests of c7 cost?', bold('3.80')],
  ]
  test.each(cases)('%s', async (question, answer) => {
    const { text } = await stage.ask(question, [calls])
    expect(text).toMatch(answer)
  })
})

describe('prices without a table', () => {
  const cases: [string, RegExp][] = [
    ['What do 3 M input tokens of gpt-4o cost?', bold('7.50')],
    ['what would 1,500,000 output tokens cost on gpt 4o mini?', bold('0.90')],
    ['How much do 2 million input and 500k output tokens on gpt-4o cost?', bold('10.00')],
    [
      'price of claude-sonnet-4-5',
      /\$3\.00 for input, \$0\.30 for cached input and \$15\.00 for output/,
    ],
    ['What does gpt-4o-mini cost?', /\$0\.15 for input/],
    [
      'What would 10 million input and 2 million output tokens cost at $2.50 and $10 per million?',
      bold('45.00'),
    ],
    ['what do 4 million output tokens at $10 per million cost', bold('40.00')],
    ['What do 500 thousand input tokens cost at $3 per 1M input tokens?', bold('1.50')],
    ['What does gpt-99-ultra cost?', /does not know “gpt-99-ultra”/],
    ['sqrt(2) to three digits?', /\*\*1\.414\*\*/],
    ['What is the square root of 144?', /\*\*12\*\*/],
    ['square root of (9 + 16)', /\*\*5\*\*/],
    ['the cube root of 27', /\*\*3\*\*/],
    ['10 / 3 rounded to 2 decimal places', /\*\*3\.33\*\*/],
    ['22/7 to the nearest whole number', /\*\*3\*\*/],
  ]
  test.each(cases)('%s', async (question, answer) => {
    const { text } = await stage.ask(question, [])
    expect(text).toMatch(answer)
  })

  test.each([
    'What do 3 M tokens of gpt-4o cost?',
    'What do 3 coffees cost?',
    'What would 10 million input and 2 million output tokens cost at $2.50 per million?',
    'What does a good model cost?',
    'price of bread',
    'pi to three digits',
    'What do 3 M input tokens cost in a week on gpt-4o?',
  ])('“%s” is not guessed at', async (question) => {
    const { text } = await stage.ask(question, [])
    expect(text).not.toMatch(/\*\*|\$\d/)
  })
})

describe('figures of a column that is called a number', () => {
  test.each([
    ['What is the average number of stars?', /\*\*2\.75\*\*/],
    ['highest number of stars', /\*\*5\*\*/],
    ['What is the smallest number of stars?', /\*\*1\*\*/],
    ['median number of stars where product is lamp', /\*\*3\*\*/],
  ])('%s', async (question, answer) => {
    const file = await stage.attach(
      'stars.csv',
      'product,stars\nlamp,5\nlamp,1\nchair,2\nchair,3\n',
    )
    const { text } = await stage.ask(question, [file])
    expect(text).toMatch(answer)
  })

  test.each(['average number of stars per product', 'largest number of rows'])(
    '“%s” is not guessed at',
    async (question) => {
      const file = await stage.attach('stars.csv', 'product,stars\nlamp,5\nchair,3\n')
      const { text } = await stage.ask(question, [file])
      expect(text).not.toContain('**')
    },
  )
})
