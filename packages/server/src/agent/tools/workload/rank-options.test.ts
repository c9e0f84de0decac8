import { expect, test } from 'vitest'
import { z } from 'zod'

import { rankOptions } from './rank-options.ts'
import type { Ranking } from './schemas.ts'

interface Given {
  id: string
  saving_usd: number
  latency_change_ms: number | null
  quality_risk: string
}

async function rank(options: readonly Given[], weights?: object): Promise<Ranking> {
  const context = {
    userId: 'ann',
    threadId: 'thread',
    runId: 'run',
    files: [],
    signal: new AbortController().signal,
    progress: () => undefined,
  }
  const titled = options.map((option) => ({ ...option, title: option.id }))
  const input = { options: titled, ...(weights ? { weights } : {}) }
  return z.custom<Ranking>().parse(await rankOptions.run(rankOptions.input.parse(input), context))
}

const BATCH = { id: 'batch', saving_usd: 50, latency_change_ms: 1_000, quality_risk: 'none' }
const SMALL = { id: 'small', saving_usd: 100, latency_change_ms: -200, quality_risk: 'medium' }
const WORSE = { id: 'worse', saving_usd: 20, latency_change_ms: 0, quality_risk: 'high' }

test('scores are the weighted parts that are shown', async () => {
  const { ranked, weights } = await rank([BATCH, SMALL, WORSE])
  expect(weights).toEqual({ cost: 0.5, latency: 0.2, quality: 0.3 })
  expect(ranked.map(({ id, score, scores }) => ({ id, score, scores }))).toEqual([
    { id: 'small', score: 0.82, scores: { cost: 1, latency: 1, quality: 0.4 } },
    { id: 'batch', score: 0.4875, scores: { cost: 0.375, latency: 0, quality: 1 } },
    { id: 'worse', score: 0.166667, scores: { cost: 0, latency: 0.833333, quality: 0 } },
  ])
})

test('an option that another beats in everything is marked', async () => {
  const { ranked } = await rank([BATCH, SMALL, WORSE])
  expect(ranked.map(({ id, dominated_by: by }) => [id, by])).toEqual([
    ['small', []],
    ['batch', []],
    ['worse', ['small']],
  ])
})

test('latency that is not measured of every option counts for none', async () => {
  const answer = await rank([BATCH, { ...SMALL, latency_change_ms: null }])
  expect(answer.weights).toEqual({ cost: 0.625, latency: 0, quality: 0.375 })
  expect(answer.ranked[0]?.scores.latency).toBeNull()
  expect(answer.not_measurable[0]?.why).toContain('small')
})

test('ties are broken by saving, then by id, whatever the order they come in', async () => {
  const twins = ['c', 'a', 'b'].map((id) => ({ ...BATCH, id }))
  for (const options of [twins, twins.toReversed()]) {
    const { ranked } = await rank(options)
    expect(ranked.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  }
})

test('only the ratio of weights counts; all for cost ranks by saving', async () => {
  const { ranked, weights } = await rank([BATCH, SMALL, WORSE], {
    cost: 0.2,
    latency: 0,
    quality: 0,
  })
  expect(weights.cost).toBe(1)
  expect(ranked.map(({ id }) => id)).toEqual(['small', 'batch', 'worse'])
})
