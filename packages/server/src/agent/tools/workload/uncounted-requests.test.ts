import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openWorkloadStage, type WorkloadStage } from '../../../../testing/workload-stage.ts'
import type { StoredFile } from '../../../files/files.ts'
import type { PeriodComparison } from './period-comparison.ts'
import type { Anomalies, CostDrivers, WorkloadProfile } from './schemas.ts'

const HEADER =
  'usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count'
const SONNET = 'claude-sonnet-4-5-20250929'

const days = (month: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${month}-${String(at + 1).padStart(2, '0')}`)

/** $3 a million input tokens, $0.30 cached, $15 output: $0.4503 a day. */
const march = days('2026-03', 31).map(
  (day) => `${day},${SONNET},key1,Default,standard,0-200k,100000,0,0,1000,10000,0`,
)
const april = days('2026-04', 30).map(
  (day) => `${day},${SONNET},key1,Default,standard,0-200k,200000,0,0,1000,10000,0`,
)

let stage: WorkloadStage
let anthropic: StoredFile
let report: StoredFile
let counted: StoredFile
beforeAll(async () => {
  stage = await openWorkloadStage()
  anthropic = await stage.store('anthropic.csv', `${[HEADER, ...march, ...april].join('\n')}\n`)
  report = await stage.store(
    'report.json',
    JSON.stringify({
      data: days('2026-03', 2).map((day) => ({
        starting_at: `${day}T00:00:00Z`,
        ending_at: `${day}T23:59:59Z`,
        results: [
          {
            uncached_input_tokens: 60_000,
            cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
            cache_read_input_tokens: 100,
            output_tokens: 7_000,
            model: 'claude-sonnet-4-5',
            workspace_id: 'w1',
            api_key_id: null,
          },
        ],
      })),
    }),
  )
  counted = await stage.store(
    'counted.csv',
    `date,model,user,spend,api_requests,prompt_tokens,completion_tokens\n${[...days('2026-03', 31), ...days('2026-04', 30)].map((day) => `${day},gpt-4o,ann,0.5,10,1000,100`).join('\n')}\n`,
  )
})
afterAll(() => stage[Symbol.asyncDispose]())

describe('an export that does not count its requests', () => {
  test('tokens are exact, cost is the list price, and requests are not measurable', async () => {
    const answer = await stage.call<WorkloadProfile>('workload_profile', anthropic, {
      by: ['model'],
    })
    expect(answer.covered).toMatchObject({ rows: 61, requests: null, uncounted_rows: 61 })
    expect(answer.total).toMatchObject({
      requests: null,
      input_tokens: 31 * 101_000 + 30 * 201_000,
      output_tokens: 61 * 10_000,
      cost_usd: 31 * 0.4503 + 30 * 0.7503,
      unpriced_requests: 0,
    })
    expect(answer.groups).toMatchObject([{ requests: null, share_of_cost: 1 }])
    expect(answer.not_measurable.map(({ what }) => what)).toContain('requests')
  })

  test('the report of the API is read as the CSV is', async () => {
    const answer = await stage.call<CostDrivers>('cost_drivers', report)
    expect(answer.total).toMatchObject({ requests: null, cost_usd: 0.57006 })
    expect(answer.concentration).toBeNull()
  })

  test('what stands out is looked for in tokens, and not in requests that nobody counted', async () => {
    const tokens = await stage.call<Anomalies>('find_anomalies', anthropic)
    expect(tokens.metric).toBe('tokens')
    const requests = await stage.call<Anomalies>('find_anomalies', anthropic, {
      metric: 'requests',
    })
    expect(requests.not_measurable.map(({ what }) => what)).toEqual(['requests'])
  })

  test('two months are compared by their tokens', async () => {
    const answer = await stage.call<PeriodComparison>('compare_periods', anthropic, {
      step: 'month',
    })
    expect(answer.counted_in).toBe('tokens')
    expect(answer.baseline).toMatchObject({ requests: null, input_tokens_per_request: null })
    expect(answer.difference).toMatchObject({ requests: null, requests_share: null })
    expect(answer.difference.cost_usd).toBeCloseTo(30 * 0.7503 - 31 * 0.4503, 9)
    const effects = Object.fromEntries((answer.effects ?? []).map((e) => [e.effect, e.cost_usd]))
    expect(effects['volume']).toBeGreaterThan(0)
    expect(effects['price']).toBe(0)
    expect(Object.values(effects).reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(
      30 * 0.7503 - 31 * 0.4503,
      9,
    )
  })
})

describe('together with a file that counts its requests and says what they cost', () => {
  const together = (): StoredFile[] => [anthropic, counted]

  test('what has no cost is estimated at list prices, and none of it is left out', async () => {
    const answer = await stage.call<CostDrivers>('cost_drivers', together())
    expect(answer.total.cost_usd).toBeCloseTo(61 * 0.5 + 31 * 0.4503 + 30 * 0.7503, 9)
    expect(answer.total.requests).toBe(610)
    expect(answer.pricing).toMatchObject({
      basis: 'reported_and_list',
      unpriced_requests: 0,
      uncounted_rows: { estimated: 61, unpriced: 0 },
    })
  })

  test('a model without a price is said with its rows', async () => {
    const house = await stage.store(
      'house.csv',
      `${[HEADER, ...march.map((row) => row.replace(SONNET, 'house-llm-7'))].join('\n')}\n`,
    )
    const answer = await stage.call<CostDrivers>('cost_drivers', [house, counted])
    expect(answer.pricing).toMatchObject({
      unpriced_requests: 0,
      uncounted_rows: { estimated: 0, unpriced: 31 },
      unknown: [{ model: 'house-llm-7', requests: 0 }],
    })
    expect(answer.not_measurable.map(({ what, why }) => `${what}: ${why}`)).toContain(
      'cost of 31 rows that do not count their requests: The price catalogue does not have: house-llm-7 (31 rows).',
    )
  })

  test('tokens per request are those of the rows that count their requests', async () => {
    const answer = await stage.call<PeriodComparison>('compare_periods', together(), {
      step: 'month',
    })
    expect(answer.baseline).toMatchObject({
      requests: 310,
      input_tokens_per_request: 100,
      output_tokens_per_request: 10,
      usd_per_request: 0.05,
    })
    expect(answer.difference.cost_usd).toBeCloseTo(30 * 0.7503 - 31 * 0.4503 - 0.5, 9)
  })
})
