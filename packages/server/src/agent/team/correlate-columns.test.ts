import { afterAll, beforeAll, expect, test } from 'vitest'

import { teamStage, type TeamStage } from '../../../testing/team-stage.ts'
import type { Correlations } from './correlate-columns.ts'

let stage: TeamStage
beforeAll(async () => {
  stage = await teamStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

test('the correlations are those worked out by hand', async () => {
  // Latency is the input’s square, so ρ is 1. Sums of x, x², x³, x⁴ over 1…12: 78, 650, 6084, 60710.
  const r = (12 * 6084 - 78 * 650) / Math.sqrt((12 * 650 - 78 ** 2) * (12 * 60_710 - 650 ** 2))
  const rows = Array.from({ length: 12 }, (_, at) => `${at + 1},7,${(at + 1) ** 2}`)
  const file = await stage.attach(
    'latency.csv',
    `input_tokens,output_tokens,latency_ms\n${rows.join('\n')}\n`,
  )
  const { results, text } = await stage.ask('Does latency depend on the input tokens?', [file])
  const { pairs } = results.get('correlate_columns') as Correlations
  const found = pairs.find(({ a, b }) => a === 'input_tokens' && b === 'latency_ms')
  expect(found).toMatchObject({ requests: 12, spearman: 1 })
  expect(found?.pearson).toBeCloseTo(r, 9)
  const never = pairs.find(({ b }) => b === 'output_tokens')
  expect(never).toMatchObject({ pearson: null })
  expect(text).toContain('input tokens and latency')
})
