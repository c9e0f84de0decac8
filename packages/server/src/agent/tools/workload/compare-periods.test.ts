import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  openWorkloadStage,
  realData,
  type WorkloadStage,
} from '../../../../testing/workload-stage.ts'
import type { StoredFile } from '../../../files/files.ts'
import type { PeriodComparison } from './period-comparison.ts'

interface Call {
  model: string
  user?: string
  input: number
  output: number
  cached?: number
  cost?: number
}

const HEADER = 'time,model,user,input_tokens,output_tokens,cached_input_tokens,cost_usd'

/** Every call once on each of the days, from one minute after midnight on; the last at the end of the day. */
function rowsOf(days: readonly string[], calls: readonly Call[]): string[] {
  return days.flatMap((day) =>
    calls.map(({ model, user = '', input, output, cached, cost }, at) => {
      const time = at === calls.length - 1 ? '23:59:00' : `00:${String(at + 1).padStart(2, '0')}:00`
      return `${day}T${time}Z,${model},${user},${input},${output},${cached ?? ''},${cost ?? ''}`
    }),
  )
}

const daysFrom = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) =>
    new Date(Date.parse(first) + at * 86_400_000).toISOString().slice(0, 10),
  )
const times = (count: number, call: Call): Call[] => Array.from({ length: count }, () => call)
const csv = (...parts: string[][]): string => `${[HEADER, ...parts.flat()].join('\n')}\n`

let stage: WorkloadStage
beforeAll(async () => {
  stage = await openWorkloadStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const ask = (file: StoredFile | StoredFile[], input: object = {}): Promise<PeriodComparison> =>
  stage.call<PeriodComparison>('compare_periods', file, input)

const effectsOf = ({ effects }: PeriodComparison): Record<string, number> =>
  Object.fromEntries(
    (effects ?? []).flatMap((each) => (each.cost_usd === 0 ? [] : [[each.effect, each.cost_usd]])),
  )

/** To the femto-dollar: what a number of dollars holds of it. */
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

function expectExact({ effects, difference, groups, others }: PeriodComparison): void {
  const cost = difference.cost_usd ?? NaN
  expect(sum((effects ?? []).map((each) => each.cost_usd))).toBeCloseTo(cost, 12)
  for (const group of groups)
    expect(sum(Object.values(group.effects))).toBeCloseTo(group.difference.cost_usd, 12)
  if (groups.length > 0)
    expect(
      sum(groups.map((group) => group.difference.cost_usd)) + (others?.cost_usd ?? 0),
    ).toBeCloseTo(cost, 12)
}

/** gpt-4o: $2.50 and $10 a million; gpt-4o-mini: $0.15 and $0.60. $0.0035 and $0.00021 a call. */
const BIG: Call = { model: 'gpt-4o', user: 'ann', input: 1_000, output: 100 }
const SMALL: Call = { model: 'gpt-4o-mini', user: 'ann', input: 1_000, output: 100 }

describe('two weeks of the same workload', () => {
  test('more requests of the same kind are volume alone, and the weeks are found', async () => {
    const file = await stage.store(
      'volume.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), times(4, BIG)),
        rowsOf(daysFrom('2026-03-09', 7), times(6, BIG)),
      ),
    )
    const answer = await ask(file)
    expect(answer.baseline).toMatchObject({
      from: '2026-03-02T00:00:00.000Z',
      to: '2026-03-09T00:00:00.000Z',
      hours: 168,
      covered_share: 1,
      requests: 28,
      cost_usd: 0.098,
      usd_per_request: 0.0035,
      input_tokens_per_request: 1_000,
      output_tokens_per_request: 100,
      usd_per_million_tokens: 3.18181818,
    })
    expect(answer.comparison).toMatchObject({
      from: '2026-03-09T00:00:00.000Z',
      requests: 42,
      cost_usd: 0.147,
    })
    expect(answer.chosen).toBe('the last whole week of the data against the one before')
    expect(answer.difference).toEqual({
      requests: 14,
      requests_share: 0.5,
      cost_usd: 0.049,
      cost_text: '$0.05',
      cost_share: 0.5,
    })
    expect(effectsOf(answer)).toEqual({ volume: 0.049 })
    expect(answer.by).toBe('model')
    expect(answer.method.name).toContain('LMDI-I')
    expectExact(answer)
  })

  test('volume, mix, tokens by kind, new and gone, each by hand', async () => {
    const before = [...times(2, BIG), ...times(2, SMALL), { ...BIG, model: 'gpt-4.1' }]
    const after = [BIG, ...times(3, { ...SMALL, output: 200 }), { ...BIG, model: 'gpt-4.1-mini' }]
    const file = await stage.store(
      'all.csv',
      csv(rowsOf(daysFrom('2026-03-02', 7), before), rowsOf(daysFrom('2026-03-09', 7), after)),
    )
    const answer = await ask(file)
    const L = (a: number, b: number): number => (a - b) / Math.log(a / b)
    // Of 4 calls a day half are of the small model, then three quarters; its output doubles.
    const mini = { input: [0.0021, 0.00315], output: [0.00084, 0.00252] } as const
    const big = [0.049, 0.0245] as const
    const mix =
      L(big[1], big[0]) * Math.log(0.5) +
      (L(mini.input[1], mini.input[0]) + L(mini.output[1], mini.output[0])) * Math.log(1.5)
    const tokens = L(mini.output[1], mini.output[0]) * Math.log(2)
    const found = effectsOf(answer)
    expect(found['mix']).toBeCloseTo(mix, 12)
    expect(found['tokens']).toBeCloseTo(tokens, 12)
    // gpt-4.1: $2 and $8 a million; gpt-4.1-mini: $0.40 and $1.60.
    expect(found['gone']).toBeCloseTo(-7 * 0.0028, 12)
    expect(found['new']).toBeCloseTo(7 * 0.00056, 12)
    expect(Object.keys(found)).toEqual(['mix', 'tokens', 'new', 'gone'])
    expect(answer.tokens?.find(({ kind }) => kind === 'output')?.cost_usd).toBeCloseTo(tokens, 12)
    expect(answer.groups.map(({ key, state }) => [key, state])).toEqual([
      ['gpt-4o', 'stays'],
      ['gpt-4.1', 'gone'],
      ['gpt-4.1-mini', 'new'],
      ['gpt-4o-mini', 'stays'],
    ])
    expectExact(answer)
  })

  test('by user, another model of the same user is the effect of models', async () => {
    const before = [BIG, BIG, { ...BIG, user: 'ben' }]
    const after = [SMALL, SMALL, { ...BIG, user: 'ben' }]
    const file = await stage.store(
      'models.csv',
      csv(rowsOf(daysFrom('2026-03-02', 7), before), rowsOf(daysFrom('2026-03-09', 7), after)),
    )
    const answer = await ask(file, { by: 'user' })
    expect(effectsOf(answer)).toEqual({ models: -0.04606 })
    expect(answer.groups[0]).toMatchObject({
      key: 'ann',
      difference: { cost_usd: -0.04606, share_of_difference: 1 },
    })
    const top = await ask(file, { by: 'user', top: 1 })
    expect(top).toMatchObject({ groups_in_all: 2, others: { groups: 1, cost_usd: 0, requests: 0 } })
    expectExact(top)
  })

  test('what was paid changes its price; where half is cached, that is told by kind', async () => {
    const days = [daysFrom('2026-03-02', 7), daysFrom('2026-03-09', 7)] as const
    const paid = await stage.store(
      'paid.csv',
      csv(
        rowsOf(days[0], times(2, { ...BIG, cost: 0.5 })),
        rowsOf(days[1], times(2, { ...BIG, cost: 0.4 })),
      ),
    )
    const answer = await ask(paid)
    expect(effectsOf(answer)).toEqual({ price: -1.4 })
    expect(answer.pricing?.basis).toBe('reported')
    const cached = await stage.store(
      'cached.csv',
      csv(
        rowsOf(days[0], times(2, { ...BIG, cached: 0 })),
        rowsOf(days[1], times(2, { ...BIG, cached: 500 })),
      ),
    )
    const kinds = await ask(cached)
    // Half of 14,000 input tokens at $1.25 instead of $2.50 a million.
    expect(effectsOf(kinds)).toEqual({ tokens: -0.00875 })
    expect(kinds.tokens?.map(({ kind, cost_usd: usd }) => [kind, usd])).toEqual([
      ['input', -0.0175],
      ['cached_input', 0.00875],
      ['cache_write', 0],
      ['output', 0],
    ])
  })

  test('what was paid is shared among kinds of tokens as list prices share it', async () => {
    // At four fifths of the list; the answers become twice as long, and then the price is the list's.
    const before = { ...BIG, cost: 0.8 * 0.0035 }
    const after = { ...BIG, output: 200, cost: 0.0045 }
    const own = { model: 'house-llm-7', input: 100, output: 10, cost: 0.001 }
    const file = await stage.store(
      'shared.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), [before, own]),
        rowsOf(daysFrom('2026-03-09', 7), [after, { ...own, input: 210, cost: 0.002 }]),
      ),
    )
    const answer = await ask(file)
    const L = (a: number, b: number): number => (a === b ? a : (a - b) / Math.log(a / b))
    const input = L(7 * 0.0025, 7 * 0.8 * 0.0025)
    const output = L(7 * 0.002, 7 * 0.8 * 0.001)
    const whole = L(0.014, 0.007)
    const found = effectsOf(answer)
    expect(found['tokens']).toBeCloseTo(output * Math.log(2) + whole * Math.log(2), 12)
    expect(found['price']).toBeCloseTo((input + output) * Math.log(1 / 0.8), 12)
    expect(Object.keys(found)).toEqual(['tokens', 'price'])
    expect(answer.tokens?.find(({ kind }) => kind === 'all')?.cost_usd).toBeCloseTo(
      whole * Math.log(2),
      12,
    )
    expect(answer.formula['price']).toContain('as list prices share it')
    expectExact(answer)
  })

  test('paid by models that are not named, input and output are one kind', async () => {
    const rows = (days: string[], cost: number) =>
      days.flatMap((day) => [`${day}T00:01:00Z,100,10,${cost}`, `${day}T23:59:00Z,100,10,${cost}`])
    const lines = [...rows(daysFrom('2026-03-02', 7), 0.1), ...rows(daysFrom('2026-03-09', 7), 0.3)]
    const file = await stage.store(
      'unnamed.csv',
      `time,input_tokens,output_tokens,cost_usd\n${lines.join('\n')}\n`,
    )
    const answer = await ask(file)
    expect(effectsOf(answer)).toEqual({ price: 2.8 })
    expect(answer).toMatchObject({ by: null, tokens: null })
    expect(answer.not_measurable[0]?.what).toContain('price per token')
    expectExact(answer)
  })

  test('a period that the data hold in part says so, and its length is an effect of its own', async () => {
    const file = await stage.store(
      'part.csv',
      csv(rowsOf(daysFrom('2026-03-05', 11), times(4, BIG))),
    )
    const answer = await ask(file, { step: 'week' })
    expect(answer.baseline).toMatchObject({
      from: '2026-03-02T00:00:00.000Z',
      covered_share: expect.closeTo(4 / 7, 3),
    })
    expect(answer.chosen).toContain('do not hold two whole ones')
    const said = answer.not_measurable.find(({ what }) => what === 'all of the baseline')
    expect(said?.why).toContain('The data go from 2026-03-05 to 2026-03-15')
    // Twelve calls more, because three days more are there; a minute is missing at the edge.
    expect(effectsOf(answer)['length']).toBeCloseTo(0.042, 4)
    expectExact(answer)
  })

  test('periods that are named; months differ in length', async () => {
    const file = await stage.store(
      'months.csv',
      csv(rowsOf(daysFrom('2026-02-01', 59), times(4, BIG))),
    )
    const months = await ask(file)
    expect([months.baseline.from, months.comparison.from]).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ])
    expect(effectsOf(months)).toEqual({ length: 0.042 })
    const named = await ask(file, {
      comparison: { from: '2026-02-03', to: '2026-02-04' },
      baseline: { from: '2026-03-01', to: '2026-03-02' },
    })
    // The earlier one is the baseline, whatever they are called.
    expect(named.baseline.from).toBe('2026-02-03T00:00:00.000Z')
    const since = await ask(file, { comparison: { from: '2026-03-30' } })
    expect(since).toMatchObject({
      baseline: { from: expect.stringContaining('2026-03-28T00:0') },
      chosen: expect.stringContaining('right before'),
    })
  })

  test('an export with a row a day covers the last day whole', async () => {
    const rows = daysFrom('2026-03-02', 14).map(
      (day, at) => `${day},gpt-4o,${at < 7 ? 10 : 20},${at < 7 ? 10_000 : 20_000},1000`,
    )
    const file = await stage.store(
      'daily.csv',
      `date,model,num_model_requests,input_tokens,output_tokens\n${rows.join('\n')}\n`,
    )
    const answer = await ask(file)
    expect(answer.comparison).toMatchObject({
      from: '2026-03-09T00:00:00.000Z',
      covered_share: 1,
      requests: 140,
    })
    expectExact(answer)
  })

  test('on one model for all of them', async () => {
    const file = await stage.store(
      'on.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), times(4, SMALL)),
        rowsOf(daysFrom('2026-03-09', 7), times(4, BIG)),
      ),
    )
    const answer = await ask(file, { pricing: { basis: 'model', model: 'gpt-4o' } })
    expect(answer).toMatchObject({
      by: null,
      groups: [],
      others: null,
      difference: { cost_usd: 0 },
    })
    expect(answer.pricing?.basis).toBe('model')
  })
})

describe('what cannot be measured says why', () => {
  let week: StoredFile
  beforeAll(async () => {
    week = await stage.store('week.csv', csv(rowsOf(daysFrom('2026-03-02', 14), times(2, BIG))))
  })

  test('nothing has a price: requests and tokens are told, and effects are not', async () => {
    const rows = daysFrom('2026-03-02', 14).map(
      (day, at) => `${day}T0${at % 9}:30:00Z,${at < 7 ? 100 : 200},10`,
    )
    const bare = await stage.store(
      'bare.csv',
      `time,input_tokens,output_tokens\n${rows.join('\n')}\n`,
    )
    const answer = await ask(bare, { step: 'week' })
    expect(answer).toMatchObject({
      effects: null,
      pricing: null,
      difference: { requests: 0, cost_usd: null },
      comparison: { input_tokens_per_request: 200, cost_usd: null },
    })
    expect(answer.not_measurable.map(({ what }) => what)).toContain('cost')
  })

  test.each([
    [
      'no times',
      'model,input_tokens,output_tokens\ngpt-4o,10,1\n',
      /not measurable from these data: The files have no column for at/,
    ],
    [
      'times of a trace',
      '{"timestamp":0,"input_length":10,"output_length":1,"hash_ids":[1]}\n{"timestamp":9000,"input_length":10,"output_length":1,"hash_ids":[1]}\n',
      /not measurable from these data: .*day/i,
    ],
  ])('%s', async (name, text, why) => {
    const file = await stage.store(name === 'no times' ? 'no-times.csv' : 'trace.jsonl', text)
    await expect(ask(file)).rejects.toThrow(why)
  })

  test('requests of one project that are none in a period are new, not unknown', async () => {
    const before = [BIG, BIG]
    const after = [BIG, { ...BIG, user: 'cid' }]
    const file = await stage.store(
      'cid.csv',
      csv(rowsOf(daysFrom('2026-03-02', 7), before), rowsOf(daysFrom('2026-03-09', 7), after)),
    )
    const answer = await ask(file, { where: { user: 'cid' }, step: 'week' })
    expect(answer.baseline).toMatchObject({
      requests: 0,
      cost_usd: 0,
      usd_per_request: null,
      first: null,
    })
    expect(effectsOf(answer)).toEqual({ new: 0.0245 })
    expect(answer.difference.cost_share).toBeNull()
    expectExact(answer)
  })

  test('no price in one of the periods: no difference of cost is made up', async () => {
    const file = await stage.store(
      'one-side.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), times(2, { ...BIG, model: 'house-llm-7' })),
        rowsOf(daysFrom('2026-03-09', 7), times(2, BIG)),
      ),
    )
    const answer = await ask(file)
    expect(answer).toMatchObject({
      effects: null,
      baseline: { cost_usd: null, unpriced_requests: 14 },
      comparison: { cost_usd: 0.049 },
      difference: { cost_usd: null, cost_share: null },
    })
    expect(answer.not_measurable.map(({ what }) => what)).toContain('cost of 14 requests')
  })

  test('what has a price in one period alone is left out of both, and nothing is new', async () => {
    const house = { ...BIG, model: 'house-llm-7' }
    const file = await stage.store(
      'half-cost.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), [house, { ...BIG, cost: 0.01 }]),
        rowsOf(daysFrom('2026-03-09', 7), [
          { ...house, cost: 0.5 },
          { ...BIG, cost: 0.02 },
        ]),
      ),
    )
    const answer = await ask(file)
    expect(answer.difference.cost_usd).toBeCloseTo(0.07, 12)
    expect(effectsOf(answer)['new']).toBeUndefined()
    expect(answer.left_out).toEqual([
      {
        group: 'house-llm-7',
        model: null,
        priced_share: { baseline: 0, comparison: 1 },
        cost_usd: { baseline: 0, comparison: 3.5 },
      },
    ])
    expect(answer.comparison).toMatchObject({ requests: 14, unpriced_requests: 7 })
    expectExact(answer)
  })

  test('a model without a price in any period has no cost that did not change', async () => {
    const house = { ...BIG, model: 'house-llm-7' }
    const file = await stage.store(
      'house.csv',
      csv(
        rowsOf(daysFrom('2026-03-02', 7), times(2, house)),
        rowsOf(daysFrom('2026-03-09', 7), times(3, house)),
      ),
    )
    const answer = await ask(file)
    expect(answer).toMatchObject({
      pricing: null,
      effects: null,
      difference: { requests: 7, cost_usd: null },
    })
    expect(answer.not_measurable.find(({ what }) => what === 'cost')?.why).toBe(
      'No request has a cost, and the price catalogue has no price for house-llm-7.',
    )
  })

  test('a month of which the last day is missing is told, and is as long as its data', async () => {
    const file = await stage.store(
      'april.csv',
      csv(
        rowsOf(daysFrom('2026-03-01', 31), times(2, BIG)),
        rowsOf(daysFrom('2026-04-01', 29), times(2, BIG)),
      ),
    )
    const answer = await ask(file, {
      baseline: { from: '2026-03-01', to: '2026-04-01' },
      comparison: { from: '2026-04-01', to: '2026-05-01' },
    })
    expect(answer.baseline.covered_share).toBe(1)
    expect(answer.comparison.covered_share).toBeCloseTo(29 / 30, 4)
    expect(answer.not_measurable.map(({ why }) => why).join()).toContain(
      'The data go from 2026-03-01 to 2026-04-29',
    )
    // Two days less, and as many requests an hour as before.
    expect(effectsOf(answer)['length']).toBeCloseTo(answer.difference.cost_usd ?? NaN, 4)
  })

  test('nothing in one of the periods', async () => {
    const asked = { comparison: { from: '2026-03-02', to: '2026-03-09' } }
    await expect(ask(week, asked)).rejects.toThrow(
      'there are no requests from 2026-02-23 to 2026-03-01. The data go from 2026-03-02 to 2026-03-',
    )
  })

  test.each([
    [{ comparison: { from: '2026-03-05', to: '2026-03-04' } }, /is none/],
    [
      {
        comparison: { from: '2026-03-05', to: '2026-03-08' },
        baseline: { from: '2026-03-01', to: '2026-03-06' },
      },
      /overlap/,
    ],
    [{ baseline: { from: '2026-03-01', to: '2026-03-06' } }, /period of comparison/],
    [{ where: { from: '2026-03-05' } }, /not in where/],
    [{ by: 'project' }, /no project/],
    [{ comparison: { from: '2027-01-01' } }, /the data end/],
  ])('refused: %j', async (asked, why) => {
    await expect(ask(week, asked)).rejects.toThrow(why)
  })
})

const code = realData('azure-llm-2023', 'code.csv')

test.skipIf(!code)(
  'the halves of the Azure code trace of 2023, against plain JavaScript',
  async () => {
    const rows = `${code}`
      .trimEnd()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => {
        const [time = '', input, output] = line.split(',')
        const at = Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`)
        return { at, input: Number(input), output: Number(output) }
      })
    const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
    const middle = Math.round((first + last + 1) / 2)
    const file = await stage.store('code.csv', `${code}`)
    const answer = await ask(file, { pricing: { basis: 'model', model: 'gpt-4o' } })
    for (const [side, own] of [
      [answer.baseline, rows.filter(({ at }) => at < middle)],
      [answer.comparison, rows.filter(({ at }) => at >= middle)],
    ] as const) {
      expect(side.requests).toBe(own.length)
      const micro = sum(own.map(({ input, output }) => input * 2.5 + output * 10))
      expect(side.cost_usd).toBeCloseTo(micro / 1e6, 9)
      expect(side.input_tokens_per_request).toBeCloseTo(
        sum(own.map(({ input }) => input)) / own.length,
        3,
      )
    }
    expect((answer.baseline.requests ?? NaN) + (answer.comparison.requests ?? NaN)).toBe(
      rows.length,
    )
    expect(answer.chosen).toContain('second half')
    expectExact(answer)
  },
)
