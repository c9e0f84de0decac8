import { calcPrice } from '@pydantic/genai-prices'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import {
  openWorkloadStage,
  realData,
  type WorkloadStage,
} from '../../../../testing/workload-stage.ts'
import type { StoredFile } from '../../../files/files.ts'
import type { CostDrivers, Growth, PromptReuse, Substitution, WorkloadProfile } from './schemas.ts'

/** Real requests, and the same numbers by plain JavaScript that shares nothing with the tools. */

const code = realData('azure-llm-2023', 'code.csv')
const conv = realData('azure-llm-2023', 'conv.csv')
const mooncake = realData('mooncake-2024', 'conversation.jsonl')

let stage: WorkloadStage
beforeAll(async () => {
  stage = await openWorkloadStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

function readTrace(csv: string) {
  const [, ...lines] = csv.trimEnd().split(/\r?\n/)
  return lines.map((line) => {
    const [time = '', input, output] = line.split(',')
    return { minute: time.slice(0, 16), input: Number(input), output: Number(output) }
  })
}

describe.skipIf(!code || !conv)('the Azure traces of 2023 as if on gpt-4o', () => {
  const rows = readTrace(`${conv}`.trimEnd() + '\n' + `${code}`.split(/\r?\n/).slice(1).join('\n'))
  const priceOf = (row: { input: number; output: number }, model: string, provider = 'openai') =>
    calcPrice({ input_tokens: row.input, output_tokens: row.output }, model, {
      providerId: provider,
    })?.total_price ?? NaN
  const pricing = { basis: 'model', model: 'gpt-4o' }
  let files: StoredFile[]
  beforeAll(async () => {
    files = [await stage.store('code.csv', `${code}`), await stage.store('conv.csv', `${conv}`)]
  })

  test('profile: totals, cost and percentiles', async () => {
    const { total } = await stage.call<WorkloadProfile>('workload_profile', files, { pricing })
    expect(total.requests).toBe(rows.length)
    expect(total.input_tokens).toBe(sum(rows.map(({ input }) => input)))
    expect(total.output_tokens).toBe(sum(rows.map(({ output }) => output)))
    expect(total.cost_usd).toBeCloseTo(sum(rows.map((row) => priceOf(row, 'gpt-4o'))), 6)
    const sorted = rows.map(({ output }) => output).toSorted((a, b) => a - b)
    const place = (sorted.length - 1) * 0.95
    const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    expect(total.output_tokens_per_request?.p95).toBeCloseTo(low + (high - low) * (place % 1), 3)
  })

  test('drivers: the dearest requests and the 80 %', async () => {
    const drivers = await stage.call<CostDrivers>('cost_drivers', files, { pricing })
    const costs = rows
      .map(({ input, output }) => input * 25 + output * 100)
      .toSorted((a, b) => b - a)
    const all = sum(costs)
    for (const { share_of_requests: share, cost_usd: cost } of drivers.concentration ?? []) {
      const top = sum(costs.slice(0, Math.ceil(share * costs.length)))
      expect(cost).toBeCloseTo(top / 1e7, 9)
    }
    let [paid, count] = [0, 0]
    while (paid < all * 0.8) {
      paid += costs[count] ?? 0
      count += 1
    }
    expect(drivers.pareto?.requests).toBe(count)
    expect(sum((drivers.input_sizes ?? []).map(({ cost_usd: cost }) => cost))).toBeCloseTo(
      all / 1e7,
      6,
    )
  })

  test('substitutes: a slice on other models', async () => {
    const fits = rows.filter(({ input, output }) => input <= 2_000 && output <= 200)
    const answer = await stage.call<Substitution>('substitute_model', files, {
      pricing,
      slice: { max_input_tokens: 2_000, max_output_tokens: 200 },
      candidates: [{ model: 'gpt-4o-mini' }, { model: 'gemini-2.5-flash', provider: 'google' }],
    })
    expect(answer.slice.requests).toBe(fits.length)
    const now = sum(fits.map((row) => priceOf(row, 'gpt-4o')))
    for (const { provider, model, saving_usd: saving } of answer.options) {
      const then = sum(fits.map((row) => priceOf(row, model, provider)))
      expect(saving).toBeCloseTo(now - then, 6)
    }
  })

  test('growth: the busiest minute', async () => {
    const { peaks, limits } = await stage.call<Growth>('project_growth', files, {
      factor: 3,
      limits: { requests_per_minute: 1_500 },
    })
    const minutes = new Map<string, number>()
    for (const { minute } of rows) minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
    const counts = [...minutes.values()]
    expect(peaks?.now.requests_per_minute).toBe(Math.max(...counts))
    expect(limits[0]).toMatchObject({
      times_exceeded_then: counts.filter((calls) => calls * 3 > 1_500).length,
      of_times: counts.length,
    })
  })
})

describe.skipIf(!mooncake)('the Mooncake trace of 2024', () => {
  const line = z.object({
    timestamp: z.number(),
    input_length: z.number(),
    hash_ids: z.array(z.number()),
  })
  // Read also where the file is absent and nothing of this is run.
  const requests = (mooncake ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => line.parse(JSON.parse(text)))
    .map((request, place) => ({ ...request, place }))
    .toSorted((a, b) => a.timestamp - b.timestamp || a.place - b.place)

  test('the share of input that an ideal prefix cache saves, from hash_ids alone', async () => {
    const seen = new Set<number>()
    let reusable = 0
    for (const { input_length: input, hash_ids: blocks } of requests) {
      const missed = blocks.findIndex((block) => !seen.has(block))
      reusable += Math.min((missed < 0 ? blocks.length : missed) * 512, input)
      for (const block of blocks) seen.add(block)
    }
    const file = await stage.store('conversation.jsonl', `${mooncake}`)
    const answer = await stage.call<PromptReuse>('prompt_reuse', file, { model: 'gpt-4o' })
    const all = sum(requests.map(({ input_length: input }) => input))
    expect(answer.prefix_cache?.caches[0]).toMatchObject({
      input_tokens: all,
      reusable_input_tokens: reusable,
      share_of_input_tokens: Number((reusable / all).toFixed(6)),
    })
    expect(answer.saving?.saving_usd).toBeCloseTo((reusable * 1.25) / 1e6, 9)
  })

  test('a cache of 10,000 blocks that forgets after five minutes, replayed', async () => {
    const held = new Map<number, number>()
    let reusable = 0
    for (const { timestamp, input_length: input, hash_ids: blocks } of requests) {
      const missed = blocks.findIndex(
        (block) => timestamp - (held.get(block) ?? -Infinity) > 300_000,
      )
      reusable += Math.min((missed < 0 ? blocks.length : missed) * 512, input)
      for (const block of blocks.toReversed()) {
        held.delete(block)
        held.set(block, timestamp)
      }
      for (const block of held.keys()) {
        if (held.size <= 10_000) break
        held.delete(block)
      }
    }
    const file = await stage.store('conversation.jsonl', `${mooncake}`)
    const asked = { capacity_blocks: 10_000, ttl_seconds: 300 }
    const answer = await stage.call<PromptReuse>('prompt_reuse', file, asked)
    expect(answer.prefix_cache?.caches[1]?.reusable_input_tokens).toBe(reusable)
  })
})
