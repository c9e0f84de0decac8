import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openWorkloadStage, type WorkloadStage } from '../../../../testing/workload-stage.ts'
import type { StoredFile } from '../../../files/files.ts'
import type { PeriodComparison } from './period-comparison.ts'
import type { CostDrivers, WorkloadProfile } from './schemas.ts'

const HOUR_MS = 3_600_000
const FIRST = Date.parse('2026-03-02T00:00:00Z')
const HEADER = 'time,model,user,input_tokens,output_tokens,latency_ms,cost_usd'

/** A call an hour over the two weeks from Monday, 2 March 2026 on: $0.01 each. */
const CALLS = Array.from({ length: 336 }, (_, hour) => {
  const at = new Date(FIRST + hour * HOUR_MS + 60_000).toISOString().slice(0, 19)
  return `${at}Z,gpt-4o,u1,1000,100,500,0.01`
})

let stage: WorkloadStage
let stored = 0
beforeAll(async () => {
  stage = await openWorkloadStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const store = (...odd: string[]): Promise<StoredFile> =>
  stage.store(`odd-${(stored += 1)}.csv`, `${[HEADER, ...CALLS, ...odd].join('\n')}\n`)

const profile = (file: StoredFile, input: object = {}) =>
  stage.call<WorkloadProfile>('workload_profile', file, input)
const drivers = (file: StoredFile) => stage.call<CostDrivers>('cost_drivers', file)
const compare = (file: StoredFile | StoredFile[], input: object = {}) =>
  stage.call<PeriodComparison>('compare_periods', file, input)

const WEEKS = {
  chosen: 'the last whole week of the data against the one before',
  baseline: { from: '2026-03-02T00:00:00.000Z', requests: 168 },
  comparison: { from: '2026-03-09T00:00:00.000Z', requests: 168 },
}

test('times that none of the others is like take no dates from the rest', async () => {
  const odd = [
    '1970-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T00:00:00Z',
    '290000-01-01T00:00:00Z',
    'infinity',
  ]
  const file = await store(...odd.map((time) => `${time},gpt-4o,u1,1000,100,500,0.01`))
  expect(await compare(file)).toMatchObject({ ...WEEKS, covered: { rejected_rows: 5 } })
  const { covered, total } = await profile(file)
  expect(total).toMatchObject({ requests: 341, cost_usd: 3.41 })
  expect(covered).toMatchObject({
    from: '2026-03-02T00:01:00Z',
    to: '2026-03-15T23:01:00Z',
    rejected_rows: 5,
  })
  expect(covered.relative).toBeUndefined()
  expect((await drivers(file)).covered.rejected_rows).toBe(5)
})

test('a single time of 0 takes no dates from the rest', async () => {
  const file = await store('1970-01-01T00:00:00Z,gpt-4o,u1,1000,100,500,0.01')
  expect(await compare(file)).toMatchObject({ ...WEEKS, covered: { rejected_rows: 1 } })
})

test('a number in place of a time is read as the others are', async () => {
  const rows = CALLS.map((_, hour) => `${FIRST / 1_000 + hour * 3_600 + 60},100,10,0.01`)
  const csv = ['start_time,input_tokens,output_tokens,cost_usd', ...rows, '0,100,10,0.01']
  const lines = csv.map((line) => `${line},${line.startsWith('s') ? 'num_model_requests' : 1}`)
  const file = await stage.store('unix.csv', `${lines.join('\n')}\n`)
  expect(await compare(file)).toMatchObject({ ...WEEKS, covered: { rejected_rows: 1 } })
})

test('one date among times from the start of a trace is no date of the trace', async () => {
  const rows = [0, 1_000, 2_000, 3_000, 1_772_400_000_000].map((timestamp) =>
    JSON.stringify({ timestamp, input_length: 600, output_length: 10, hash_ids: [1] }),
  )
  const { covered } = await profile(await stage.store('trace.jsonl', `${rows.join('\n')}\n`))
  expect(covered).toMatchObject({
    relative: true,
    from: '1970-01-01T00:00:00Z',
    to: '1970-01-01T00:00:03Z',
    rejected_rows: 1,
  })
})

test('a cost that is no number or beyond all sums is none: the row is counted, and costs what its model does', async () => {
  const odd = ['NaN', 'Infinity', '-Infinity', '1e22', '1e300', '-1e22']
  const file = await store(
    ...odd.map((cost) => `2026-03-15T23:30:00Z,gpt-4o,u1,1000,100,500,${cost}`),
  )
  const answer = await compare(file)
  // $2.50 and $10 a million.
  const estimated = { cost_usd: 3.381, requests: 342 }
  expect(answer.covered.rejected_rows).toBe(6)
  expect(answer.difference.cost_usd).toBe(0.021)
  const { covered, total, pricing } = await profile(file)
  expect({ covered, total, pricing }).toMatchObject({
    covered: { rejected_rows: 6 },
    total: estimated,
    pricing: { basis: 'reported_and_list', estimated_requests: 6 },
  })
  const { total: driven, covered: of } = await drivers(file)
  expect({ driven, of }).toMatchObject({ driven: estimated, of: { rejected_rows: 6 } })
  const reported = { pricing: { basis: 'reported' } }
  expect((await profile(file, reported)).total).toMatchObject({
    cost_usd: 3.36,
    unpriced_requests: 6,
  })
})

test('tokens and latency that are no amounts take nothing from the rest', async () => {
  const odd = [
    '-5000,100,500',
    '1000,-5000,500',
    '1000,100,-500',
    'NaN,100,500',
    '1e30,100,500',
    '1000,100,Infinity',
  ]
  const file = await store(...odd.map((cells) => `2026-03-15T23:30:00Z,gpt-4o,u1,${cells},`))
  const { covered, total } = await profile(file, { pricing: { basis: 'own_models' } })
  expect(covered.rejected_rows).toBe(6)
  expect(total).toMatchObject({
    input_tokens: 339_000,
    output_tokens: 34_100,
    latency_ms: { mean: 500, max: 500 },
  })
  expect(total.cost_usd).toBeGreaterThanOrEqual(336 * 0.0035)
  expect((await drivers(file)).covered.rejected_rows).toBe(6)
  expect((await compare(file)).covered.rejected_rows).toBe(6)
})

test('of a sum no part may be below zero', async () => {
  const calls = [0, -400].map((cached) =>
    JSON.stringify({
      timestamp: '2026-03-02T10:00:00Z',
      modelId: 'anthropic.claude-sonnet-4-5',
      input: { inputTokenCount: 1_000, cacheReadInputTokenCount: cached },
      output: { outputTokenCount: 10 },
    }),
  )
  const { covered, total } = await profile(await stage.store('parts.jsonl', calls.join('\n')))
  expect(covered).toMatchObject({ files: [{ format: 'aws bedrock invocation log' }] })
  expect(covered.rejected_rows).toBe(1)
  expect(total).toMatchObject({ input_tokens: 1_000, cached_input_tokens: 0 })
})

test('a cost below zero is a credit', async () => {
  const file = await store('2026-03-15T23:30:00Z,gpt-4o,u1,0,0,,-1')
  const { covered, total } = await profile(file)
  expect({ covered, total }).toMatchObject({
    covered: { rejected_rows: 0 },
    total: { cost_usd: 2.36 },
  })
  expect((await compare(file)).difference.cost_usd).toBe(-1)
})

describe('periods are chosen among the requests that a condition leaves', () => {
  const days = (first: string, count: number, user: string): string[] =>
    Array.from({ length: count }, (_, day) => {
      const at = new Date(Date.parse(first) + day * 24 * HOUR_MS).toISOString().slice(0, 10)
      return `${at}T12:00:00Z,gpt-4o,${user},1000,100,500,0.01`
    })
  const all = (...rows: string[][]): string => `${[HEADER, ...rows.flat()].join('\n')}\n`

  test('of one who left, the last months with requests', async () => {
    const csv = all(days('2025-09-01', 153, 'u1'), days('2025-10-03', 50, 'u0'))
    const file = await stage.store('left.csv', csv)
    expect((await compare(file)).comparison.from).toBe('2026-01-01T00:00:00.000Z')
    expect(await compare(file, { where: { user: 'u0' } })).toMatchObject({
      baseline: { from: '2025-10-01T00:00:00.000Z', covered_share: 1, requests: 29 },
      comparison: { from: '2025-11-01T00:00:00.000Z', covered_share: 1, requests: 21 },
    })
  })

  test('of one who came in the last days, these days', async () => {
    const csv = all(days('2025-11-01', 102, 'u1'), days('2026-02-02', 9, 'u0'))
    const file = await stage.store('came.csv', csv)
    expect((await compare(file)).comparison.from).toBe('2026-01-01T00:00:00.000Z')
    const { comparison } = await compare(file, { where: { user: 'u0' } })
    expect(comparison).toMatchObject({ from: '2026-02-02T00:00:00.000Z', requests: 7 })
  })

  test('where none of them has a time, that is said', async () => {
    const file = await store('1970-01-01T00:00:00Z,gpt-4o,u0,1000,100,500,0.01')
    await expect(compare(file, { where: { user: 'u0' } })).rejects.toThrow(/not measurable/)
  })
})

test('periods at the end of the calendar hold no request, which is said in words', async () => {
  const asked = {
    baseline: { from: '9999-12-01', to: '9999-12-02' },
    comparison: { from: '9999-12-30', to: '9999-12-31T23:59:59Z' },
  }
  await expect(compare(await store(), asked)).rejects.toThrow(/is not measurable from these data/)
})
