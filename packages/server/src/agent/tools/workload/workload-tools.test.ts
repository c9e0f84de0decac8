import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openWorkloadStage, type WorkloadStage } from '../../../../testing/workload-stage.ts'
import type { StoredFile } from '../../../files/files.ts'
import type {
  Anomalies,
  BatchPricing,
  CostDrivers,
  Growth,
  PromptReuse,
  Substitution,
  WorkloadProfile,
} from './schemas.ts'

/** Dollars of a number of micro-dollars: tokens × dollars per million tokens. */
const micro = (amount: number): number => Number((amount / 1_000_000).toFixed(12))

const ON_GPT_4O = { basis: 'model', model: 'gpt-4o' }

/**
 * Prices per million tokens (input, cached input, output): gpt-4o 2.50, 1.25, 10; gpt-4o-mini 0.15,
 * 0.075, 0.60; gemini-2.5-pro above 200,000 input tokens 2.50, 0.25, 15; mystery-1 is in no catalogue.
 */
const TABLE = `time,model,user,operation,status,prompt_hash,input_tokens,cached_input_tokens,output_tokens,latency_ms
2026-01-05 10:00:00,gpt-4o,ann,chat,ok,a,1000,200,100,500
2026-01-05 10:00:30,gpt-4o,ann,chat,error,b,2000,0,0,100
2026-01-05 10:01:00,gpt-4o-mini,bob,embeddings,ok,b,4000,0,50,200
2026-01-05 11:00:00,gemini-2.5-pro,bob,chat,ok,b,300000,0,1000,9000
2026-01-05 11:00:00,mystery-1,cid,chat,ok,a,10,0,10,50
`

let stage: WorkloadStage
let table: StoredFile

beforeAll(async () => {
  stage = await openWorkloadStage()
  table = await stage.store('table.csv', TABLE)
})
afterAll(() => stage[Symbol.asyncDispose]())

const ask = <T>(tool: string, input: object = {}, file = table): Promise<T> =>
  stage.call<T>(tool, file, input)

const whats = ({ not_measurable: list }: { not_measurable: { what: string }[] }): string[] =>
  list.map(({ what }) => what)

describe('workload_profile', () => {
  test('each request is priced on its own model, at its tier, cached input at its price', async () => {
    const { total, pricing, ...answer } = await ask<WorkloadProfile>('workload_profile')
    expect(total).toMatchObject({
      requests: 5,
      errors: 1,
      error_rate: 0.2,
      input_tokens: 307_010,
      output_tokens: 1_160,
      cached_input_tokens: 200,
      cost_usd: micro(3_250 + 5_000 + 630 + 765_000),
      cost_text: '$0.77',
      unpriced_requests: 1,
    })
    expect(total.latency_ms).toEqual({
      mean: 1_970,
      p50: 200,
      p90: 5_600,
      p95: 7_300,
      p99: 8_660,
      max: 9_000,
    })
    expect(pricing?.unknown.map(({ model }) => model)).toEqual(['mystery-1'])
    expect(pricing?.catalogue?.version).toMatch(/^\d+\./)
    expect(whats(answer)).toEqual(['time to the first token', 'cost of 1 requests'])
    expect(answer.formula['cost_usd']).toContain('at the tier')
  })

  test('groups are those that cost most first; time goes in its order', async () => {
    const byUser = await ask<WorkloadProfile>('workload_profile', { by: ['user'] })
    expect(byUser.groups.map(({ key, cost_usd: cost }) => [key.user, cost])).toEqual([
      ['bob', micro(765_630)],
      ['ann', micro(8_250)],
      ['cid', null],
    ])
    const byHour = await ask<WorkloadProfile>('workload_profile', { by: ['hour', 'status'] })
    expect(byHour.groups.map(({ key, requests }) => [key.hour, key.status, requests])).toEqual([
      ['2026-01-05T10', 'error', 1],
      ['2026-01-05T10', 'ok', 2],
      ['2026-01-05T11', 'ok', 2],
    ])
    const byDay = await ask<WorkloadProfile>('workload_profile', { by: ['weekday'], top: 1 })
    expect(byDay).toMatchObject({ groups_in_all: 1, groups: [{ key: { weekday: '1' } }] })
  })

  test('a condition keeps what fulfils all of it, and says itself in words', async () => {
    const { total, covered } = await ask<WorkloadProfile>('workload_profile', {
      where: { user: ['ann', 'bob'], from: '2026-01-05T10:00:30Z', max_input_tokens: 4_000 },
    })
    expect(total.requests).toBe(2)
    expect(covered.where).toBe(
      'from 2026-01-05T10:00:30.000Z, user is ann or bob, input_tokens of a request ≤ 4000',
    )
  })

  test('text of a condition is text, not SQL', async () => {
    const where = { user: "ann' OR true OR user = '" }
    await expect(ask('workload_profile', { where })).rejects.toThrow('No request fulfils')
  })

  test('what the files do not hold is said, never invented', async () => {
    const bare = await stage.store('bare.csv', 'input_tokens,output_tokens\n10,1\n20,2\n')
    const answer = await ask<WorkloadProfile>('workload_profile', {}, bare)
    expect(answer.total).toMatchObject({ requests: 2, cost_usd: null, errors: null })
    expect(answer.total.latency_ms).toBeNull()
    expect(whats(answer)).toEqual([
      'cached input tokens',
      'latency',
      'time to the first token',
      'errors and error rate',
      'anything over time',
      'cost',
    ])
    await expect(ask('workload_profile', { by: ['user'] }, bare)).rejects.toThrow(/no user/)
    await expect(ask('workload_profile', { where: { user: 'x' } }, bare)).rejects.toThrow(/no user/)
    await expect(ask('cost_drivers', {}, bare)).rejects.toThrow('not measurable from these data')
  })

  test('what was paid is taken as it is when the files say so; a batch call costs half', async () => {
    const header = 'time,model,is_batch,input_tokens,output_tokens,cost_usd\n'
    const rows = `2026-01-05 10:00:00,gpt-4o,true,1000,100,0.00175
2026-01-05 10:00:00,gpt-4o,false,1000,100,0.1
2026-01-05 10:00:00,gpt-4o,false,1000,100,0.2
`
    const paid = await stage.store('paid.csv', header + rows)
    const reported = await ask<WorkloadProfile>('workload_profile', {}, paid)
    expect(reported.pricing?.basis).toBe('reported')
    // 0.1 + 0.2 as binary fractions would be 0.30000000000000004.
    expect(reported.total.cost_usd).toBe(0.30175)
    const list = await ask<WorkloadProfile>(
      'workload_profile',
      { pricing: { basis: 'own_models' } },
      paid,
    )
    expect(list.total.cost_usd).toBe(micro(3_500 + 3_500 + 1_750))
  })

  test('an empty cost column is none: every request is estimated at list prices', async () => {
    const lines = [
      { model: 'gpt-4o', provider: 'openai', input_tokens: 1_200, cached_input_tokens: 1_024 },
      { model: 'gpt-4o-mini', provider: 'openai', input_tokens: 2_000 },
      { model: 'house-llm-7', provider: null, input_tokens: 900 },
      { model: 'gpt-4o', provider: 'openai', input_tokens: null },
    ].map((call, index) => ({
      at: `2026-01-05T10:00:0${index}Z`,
      requests: 1,
      output_tokens: call.input_tokens === null ? null : 100,
      cost_usd: null,
      ...call,
    }))
    const text = lines.map((line) => JSON.stringify(line)).join('\n')
    const spans = await stage.store('calls.ndjson', `${text}\n`)
    const { total, pricing, ...answer } = await ask<WorkloadProfile>('workload_profile', {}, spans)
    expect(total).toMatchObject({
      requests: 4,
      cost_usd: micro(176 * 2.5 + 1_024 * 1.25 + 100 * 10 + 2_000 * 0.15 + 100 * 0.6),
      unpriced_requests: 2,
    })
    expect(pricing).toMatchObject({
      basis: 'own_models',
      catalogue: { package: '@pydantic/genai-prices', version: expect.stringMatching(/^\d+\./) },
      estimated_requests: 2,
      unpriced_requests: 2,
      unknown: [{ model: 'house-llm-7', requests: 1 }],
    })
    expect(answer.not_measurable).toContainEqual({
      what: 'cost of 2 requests',
      why: 'The price catalogue does not have: house-llm-7 (1); 1 have no model or no tokens.',
      needs: expect.any(String),
    })
  })

  test('what was paid for some requests only is kept, and the others are told as estimates', async () => {
    const file = await stage.store(
      'partly.csv',
      `time,model,input_tokens,output_tokens,cost_usd
2026-01-05 10:00:00,gpt-4o,1000,100,0.5
2026-01-05 10:00:01,gpt-4o,1000,100,
2026-01-05 10:00:02,mystery-1,1000,100,
`,
    )
    const { total, pricing } = await ask<WorkloadProfile>('workload_profile', {}, file)
    expect(total.cost_usd).toBe(0.5 + micro(3_500))
    expect(pricing).toMatchObject({
      basis: 'reported_and_list',
      estimated_requests: 1,
      unpriced_requests: 1,
      unknown: [{ model: 'mystery-1', requests: 1 }],
    })
    const reported = { pricing: { basis: 'reported' } }
    const paid = await ask<WorkloadProfile>('workload_profile', reported, file)
    expect([paid.total.cost_usd, paid.total.unpriced_requests]).toEqual([0.5, 2])
  })

  test('of rows that stand for several requests no percentiles are told', async () => {
    const aggregated = await stage.store(
      'aggregated.csv',
      'time,model,requests,input_tokens,output_tokens\n2026-01-05,gemini-2.5-pro,10,2500000,1000\n',
    )
    const answer = await ask<WorkloadProfile>('workload_profile', {}, aggregated)
    // 250,000 input tokens a request are above the tier.
    expect(answer.total.cost_usd).toBe(micro(2_500_000 * 2.5 + 1_000 * 15))
    expect(answer.total.input_tokens_per_request).toBeNull()
    expect(whats(answer)).toContain('percentiles of tokens and latency of single requests')
  })
})

describe('cost_drivers', () => {
  test('parts, groups, concentration, sizes, errors and retries add up', async () => {
    const answer = await ask<CostDrivers>('cost_drivers')
    const total = 773_880
    expect(answer.total.cost_usd).toBe(micro(total))
    expect(answer.parts?.map(({ part, tokens, cost_usd: cost }) => [part, tokens, cost])).toEqual([
      ['input', 306_800, micro(757_600)],
      ['cached_input', 200, micro(250)],
      ['output', 1_160 - 10, micro(16_030)],
    ])
    const [first] = answer.by
    expect(answer.by.map(({ dimension }) => dimension)).toEqual(['model', 'user', 'operation'])
    expect(first?.groups[0]).toMatchObject({
      key: 'gemini-2.5-pro',
      cost_usd: micro(765_000),
      share_of_cost: 0.988525,
    })
    expect(answer.concentration?.map(({ requests, cost_usd: cost }) => [requests, cost])).toEqual([
      [1, micro(765_000)],
      [1, micro(765_000)],
      [1, micro(765_000)],
      [3, micro(773_250)],
    ])
    expect(answer.pareto).toMatchObject({ requests: 1, share_of_requests: 0.2 })
    expect(answer.largest[0]).toMatchObject({ model: 'gemini-2.5-pro', user: 'bob' })
    expect(
      answer.input_sizes?.map(({ above_tokens: above, requests }) => [above, requests]),
    ).toEqual([
      [0, 1],
      [500, 1],
      [1_000, 1],
      [2_000, 1],
      [256_000, 1],
    ])
    expect(answer.long_context).toMatchObject({ requests: 1, cost_usd: micro(765_000) })
    expect(answer.errors).toMatchObject({ requests: 1, cost_usd: micro(5_000) })
    // The third row repeats the second's prompt half a minute after it failed, the fourth an hour.
    expect(answer.retries).toMatchObject({ requests: 1, cost_usd: micro(630) })
  })

  test('what the groups shown leave is told as others', async () => {
    const { by } = await ask<CostDrivers>('cost_drivers', { by: ['model'], top: 1 })
    expect(by[0]?.others).toMatchObject({ groups: 3, requests: 4, cost_usd: micro(8_880) })
  })

  test('the 80 % may end within requests of equal cost', async () => {
    const equal = await stage.store(
      'equal.csv',
      `model,input_tokens,output_tokens\n${'gpt-4o,1000,0\n'.repeat(10)}`,
    )
    const answer = await ask<CostDrivers>('cost_drivers', {}, equal)
    expect(answer.pareto?.requests).toBe(8)
    expect(answer.concentration?.map(({ share_of_cost: share }) => share)).toEqual([
      0.1, 0.1, 0.2, 0.5,
    ])
  })
})

describe('find_anomalies', () => {
  const perMinute = (counts: readonly number[]): string =>
    `time,requests,input_tokens\n${counts
      .map((count, minute) => `2026-01-05 10:${String(minute).padStart(2, '0')}:00,${count},1\n`)
      .join('')}`

  test('a burst has the modified z-score of its distance; ends of the files are left out', async () => {
    const counts = Array.from({ length: 20 }, (_, minute) => (minute === 10 ? 100 : 10))
    const file = await stage.store('burst.csv', perMinute(counts))
    const answer = await ask<Anomalies>('find_anomalies', {}, file)
    expect(answer.span).toMatchObject({
      buckets: 18,
      left_out: ['2026-01-05T10:00', '2026-01-05T10:19'],
    })
    // MAD is 0, so the mean absolute deviation stands in: 90 / (1.253314 × 90 / 18).
    expect(answer.anomalies).toEqual([
      {
        at: '2026-01-05T10:10',
        value: 100,
        expected: 10,
        difference: 90,
        score: 14.36,
        direction: 'high',
      },
    ])
    expect(answer.trend?.direction).toBe('none')
    expect(answer.methods.map(({ name }) => name)).toContain('Mann–Kendall test')
  })

  test('a rise is a trend with its slope, and no anomaly', async () => {
    const counts = Array.from({ length: 12 }, (_, minute) => 5 + 2 * minute)
    const file = await stage.store('rise.csv', perMinute(counts))
    const answer = await ask<Anomalies>('find_anomalies', {}, file)
    // Ten values, all 45 pairs rise: z = 44 / √125.
    expect(answer.trend).toMatchObject({
      direction: 'rising',
      s: 45,
      z: 3.9355,
      slope_per_bucket: 2,
      slope_per_day: 2_880,
    })
    expect(answer.anomalies).toEqual([])
  })

  test('a daily course is no anomaly; what breaks it is', async () => {
    const hours = Array.from({ length: 24 * 5 }, (_, hour) => hour)
    const lines = hours.map((hour) => {
      const at = new Date(Date.UTC(2026, 0, 5, hour)).toISOString()
      const usual = 100 + 80 * Math.sin((hour / 24) * 2 * Math.PI) + (hour % 5)
      return `${at},${Math.round(hour === 60 ? usual + 100 : usual)},1\n`
    })
    const file = await stage.store('daily.csv', `time,requests,input_tokens\n${lines.join('')}`)
    const answer = await ask<Anomalies>('find_anomalies', { bucket: 'hour' }, file)
    expect(answer.span?.season).toBe(24)
    expect(answer.anomalies.map(({ at }) => at)).toEqual(['2026-01-07T12'])
  })

  test('too short a span is said to be so', async () => {
    const answer = await ask<Anomalies>('find_anomalies')
    expect(answer).toMatchObject({ trend: null, anomalies: [], span: null })
    expect(answer.not_measurable[0]?.needs).toContain('At least 10')
    const bare = await stage.store('timeless.csv', 'input_tokens,output_tokens\n1,2\n')
    expect(whats(await ask('find_anomalies', {}, bare))).toEqual(['requests over time'])
  })
})

describe('prompt_reuse', () => {
  const BLOCKS = [
    [0, 1_500, [1, 2, 3]],
    [10_000, 1_400, [1, 2, 4]],
    [20_000, 1_500, [1, 2, 3]],
    [30_000, 1_000, [5, 2]],
    [100_000, 2_000, [1, 2, 4, 6]],
  ]
    .map(([timestamp, input_length, hash_ids]) =>
      JSON.stringify({ timestamp, input_length, output_length: 1, hash_ids }),
    )
    .join('\n')

  test('the longest prefix that came before counts, at most the request’s input', async () => {
    const file = await stage.store('blocks.jsonl', BLOCKS)
    const reuse = (input: object) => ask<PromptReuse>('prompt_reuse', input, file)
    const ideal = await reuse({ model: 'gpt-4o' })
    expect(ideal.prefix_cache).toMatchObject({ block_tokens: 512, blocks: 15, distinct_blocks: 6 })
    expect(ideal.prefix_cache?.caches).toEqual([
      {
        capacity_blocks: null,
        ttl_seconds: null,
        requests: 5,
        requests_with_hit: 3,
        input_tokens: 7_400,
        reusable_input_tokens: 1_024 + 1_500 + 1_536,
        share_of_input_tokens: 0.548649,
      },
    ])
    expect(ideal.saving).toMatchObject({
      saving_usd: micro(4_060 * 1.25),
      write_surcharge_usd: 0,
      input_cost_usd: micro(7_400 * 2.5),
    })
    const brief = await reuse({ ttl_seconds: 15 })
    expect(brief.prefix_cache?.caches[1]?.reusable_input_tokens).toBe(2 * 1_024)
    const small = await reuse({ capacity_blocks: 3 })
    expect(small.prefix_cache?.caches[1]?.reusable_input_tokens).toBe(3 * 1_024)
    const large = await reuse({ capacity_blocks: 6, ttl_seconds: 15 })
    expect(large.prefix_cache?.caches[1]?.reusable_input_tokens).toBe(2 * 1_024)
  })

  test('traces number their blocks each for itself: none is shared between two', async () => {
    const traces = [await stage.store('a.jsonl', BLOCKS), await stage.store('b.jsonl', BLOCKS)]
    const input = { model: 'gpt-4o', capacity_blocks: 6 }
    const both = await stage.call<PromptReuse>('prompt_reuse', traces, input)
    expect(both.prefix_cache).toMatchObject({ blocks: 30, distinct_blocks: 12 })
    expect(both.prefix_cache?.caches).toMatchObject([{ reusable_input_tokens: 2 * 4_060 }])
    expect(whats(both)).toContain('a cache of 6 blocks')
  })

  test('where writing to a cache costs more, that is taken off', async () => {
    const file = await stage.store('blocks.jsonl', BLOCKS)
    const input = { model: 'claude-sonnet-4-5', provider: 'anthropic' }
    const { saving } = await ask<PromptReuse>('prompt_reuse', input, file)
    expect(saving).toMatchObject({
      gross_usd: micro(4_060 * 2.7),
      write_surcharge_usd: micro(3_340 * 0.75),
      saving_usd: micro(10_962 - 2_505),
    })
  })

  test('prompts that are asked again are counted from their second time', async () => {
    const answer = await ask<PromptReuse>('prompt_reuse', { model: 'gpt-4o' })
    expect(answer.repeated_prompts).toEqual({
      requests: 5,
      distinct_prompts: 2,
      repeated_requests: 3,
      share_of_requests: 0.6,
      repeated_input_tokens: 304_010,
      share_of_input_tokens: 0.990228,
      cost_usd: micro(10_500 + 760_000 + 125),
      cost_text: '$0.77',
      top: [
        { prompt_hash: 'b', requests: 3, input_tokens: 306_000 },
        { prompt_hash: 'a', requests: 2, input_tokens: 1_010 },
      ],
    })
    expect(answer.already_cached).toEqual({ input_tokens: 200, share_of_input_tokens: 0.000651 })
    expect(answer.prefix_cache).toBeNull()
    expect(whats(answer)).toEqual(['shared prefixes'])
  })
})

describe('substitute_model', () => {
  test('a slice moves, the rest stays; the class of risk has a reason', async () => {
    const answer = await ask<Substitution>('substitute_model', {
      pricing: ON_GPT_4O,
      slice: { max_input_tokens: 2_000 },
      candidates: [{ model: 'gpt-4o-mini' }, { model: 'gpt-4o-minni' }],
    })
    expect(answer.slice).toMatchObject({ requests: 3, cost_usd: micro(8_375) })
    expect(answer.total.cost_usd).toBe(micro(778_875))
    expect(answer.options).toHaveLength(1)
    expect(answer.options[0]).toMatchObject({
      model: 'gpt-4o-mini',
      cost_usd: micro(502.5),
      saving_usd: micro(7_872.5),
      saving_text: '$0.01',
      share_of_slice_cost: 0.94,
      total_after_usd: micro(771_002.5),
      requests_beyond_context: 0,
      quality_risk: 'medium',
      latency: { change_ms: null },
    })
    expect(answer.options[0]?.quality_reason).toContain('of the class “small”')
    expect(answer.unknown).toEqual([
      { model: 'gpt-4o-minni', nearest: expect.arrayContaining(['gpt-4o-mini']) },
    ])
    expect(whats(answer)).toEqual(['quality of the answers', 'effect on latency'])
  })

  test('what nobody named are cheaper ones, of the same maker and of others', async () => {
    const input = { pricing: ON_GPT_4O }
    const { options } = await ask<Substitution>('substitute_model', input)
    expect(options.every(({ saving_usd: saving }) => saving > 0)).toBe(true)
    const makers = new Set(options.map(({ provider }) => provider))
    expect([...makers]).toEqual(expect.arrayContaining(['openai', 'anthropic', 'google']))
    const own = await ask<Substitution>('substitute_model', { ...input, other_providers: false })
    expect(new Set(own.options.map(({ provider }) => provider))).toEqual(new Set(['openai']))
    expect(options.find(({ model }) => model === 'gpt-4o-mini')?.requests_beyond_context).toBe(1)
  })

  test('latency is told where both models are in the data', async () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0 ? 'gpt-4o,1000,100,900' : 'gpt-4o-mini,1000,100,400',
    )
    const header = 'model,input_tokens,output_tokens,latency_ms\n'
    const file = await stage.store('both.csv', `${header}${rows.join('\n')}\n`)
    const { options } = await ask<Substitution>(
      'substitute_model',
      { slice: { model: 'gpt-4o' }, candidates: [{ model: 'gpt-4o-mini' }] },
      file,
    )
    expect(options[0]?.latency.change_ms).toBe(-500)
  })
})

describe('batch_pricing', () => {
  test('reasons may overlap; what can wait counts each request once', async () => {
    const answer = await ask<BatchPricing>('batch_pricing', {
      pricing: ON_GPT_4O,
      deferrable: { hours: { from: 11, to: 12 }, operations: ['embeddings', 'chat'] },
    })
    expect(answer.everything.saving_usd).toBe(micro(778_875 / 2))
    expect(
      answer.reasons.map(({ reason, requests, saving_usd: saving }) => [reason, requests, saving]),
    ).toEqual([
      ['hours', 2, micro(380_062.5)],
      ['operations', 5, micro(778_875 / 2)],
    ])
    expect(answer.deferrable).toMatchObject({ requests: 5, saving_usd: micro(778_875 / 2) })
    expect(answer.offers.every(({ source, discount }) => source !== '' && discount === 0.5)).toBe(
      true,
    )
  })

  test('hours may pass midnight and lie in another zone', async () => {
    const hours = { from: 23, to: 12, utc_offset_hours: 1 }
    const answer = await ask<BatchPricing>('batch_pricing', { deferrable: { hours } })
    // 10:00 UTC is 11:00 there, 11:00 UTC is noon.
    expect(answer.deferrable).toMatchObject({ requests: 3, saving_usd: micro(8_880 / 2) })
  })

  test('the times of a trace name no night, no hour of the day and no weekday', async () => {
    const line = { timestamp: 0, input_length: 1_000, output_length: 100, hash_ids: [1] }
    const trace = await stage.store('trace.jsonl', JSON.stringify(line))
    const answer = await ask<BatchPricing>('batch_pricing', { pricing: ON_GPT_4O }, trace)
    expect(answer.covered.relative).toBe(true)
    expect(answer.reasons.map(({ reason }) => reason)).toEqual(['bursts'])
    expect(whats(answer)).toContain('what hours could be deferred')
    await expect(ask('workload_profile', { by: ['weekday'] }, trace)).rejects.toThrow(
      'Not measurable by weekday',
    )
  })

  test('each provider’s own discount; none where none is known', async () => {
    const all = { deferrable: { all: true } }
    const own = await ask<BatchPricing>('batch_pricing', all)
    expect(own.deferrable).toMatchObject({ requests: 4, saving_usd: micro(773_880 / 2) })
    const mistral = { basis: 'model', model: 'mistral-large-2512', provider: 'mistral' }
    const none = await ask<BatchPricing>('batch_pricing', { ...all, pricing: mistral })
    expect(none.deferrable.saving_usd).toBe(0)
    expect(whats(none)).toContain('saving by batch calls at mistral')
  })
})

describe('project_growth', () => {
  test('three times the usage against a limit', async () => {
    const answer = await ask<Growth>('project_growth', {
      factor: 3,
      limits: { requests_per_minute: 5 },
    })
    expect(answer.total.projected).toMatchObject({
      requests: 15,
      cost_usd: micro(3 * 773_880),
      cost_text: '$2.32',
    })
    expect(answer.peaks?.now).toMatchObject({ requests_per_minute: 2, tokens_per_minute: 301_020 })
    expect(answer.limits).toEqual([
      {
        limit: 'requests_per_minute',
        value: 5,
        source: 'given by the person',
        read_on: null,
        peak_now: 2,
        peak_then: 6,
        headroom_now: 0.6,
        headroom_then: -0.2,
        exceeded_now: false,
        exceeded_then: true,
        times_exceeded_now: 0,
        times_exceeded_then: 2,
        of_times: 3,
        exceeded_at_factor: 2.5,
        exceeded_after_months: 0.83,
      },
    ])
    expect(answer.month).toBeNull()
    expect(whats(answer)).toContain('usage and cost of a month')
  })

  test('a month is told of a week or more; published limits have their source', async () => {
    const lines = Array.from(
      { length: 11 },
      (_, day) => `2026-01-${String(day + 1).padStart(2, '0')} 00:00:00,gpt-4o,1000,0\n`,
    )
    const file = await stage.store(
      'days.csv',
      `time,model,input_tokens,output_tokens\n${lines.join('')}`,
    )
    const tier = { provider: 'openai', tier: 'tier 1', model: 'gpt-4o' }
    const answer = await ask<Growth>('project_growth', { factor: 2, tier }, file)
    // 11 requests in 10 days.
    expect(answer.month?.now).toMatchObject({ requests: 33, cost_usd: micro(33 * 2_500) })
    expect(answer.limits.map(({ limit, value }) => [limit, value])).toEqual([
      ['requests_per_minute', 500],
      ['tokens_per_minute', 30_000],
    ])
    expect(answer.limits[0]?.source).toMatch(/^https:/)
    expect(answer.limits[0]?.read_on).toMatch(/^20\d\d-/)
    const start = { provider: 'anthropic', tier: 'Start tier', model: 'claude-sonnet-4-5-20250929' }
    const claude = await ask<Growth>('project_growth', { factor: 2, tier: start }, file)
    expect(claude.limits.map(({ limit, value }) => [limit, value])).toEqual([
      ['requests_per_minute', 1_000],
      ['input_tokens_per_minute', 2_000_000],
      ['output_tokens_per_minute', 400_000],
    ])
    expect(claude.limits[0]?.note).toMatch(/together.*cache does not count/)
  })

  test.each([
    [{ provider: 'openai', tier: 'gold', model: 'gpt-4o' }, /tiers 1, 2, 3, 4, 5/, /openai\.com/],
    [
      { provider: 'google', tier: '1', model: 'gemini-2.5-pro' },
      /No page/,
      /aistudio\.google\.com/,
    ],
    [{ provider: 'acme', tier: '1', model: 'm-1' }, /No page/, /provider’s console/],
  ])('limits that no page tells are not guessed: %j', async (tier, why, needs) => {
    const answer = await ask<Growth>('project_growth', { factor: 2, tier })
    expect(answer.limits).toEqual([])
    const said = answer.not_measurable.find(({ what }) => what.includes(tier.model))
    expect(said?.why).toMatch(why)
    expect(said?.needs).toMatch(needs)
  })
})
