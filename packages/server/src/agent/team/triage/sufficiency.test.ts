import { expect, test } from 'vitest'

import { judge } from './sufficiency.ts'
import type { Reading, Triage } from './triage.ts'

const TOKENS = ['input_tokens', 'output_tokens']

interface Given {
  topics: Reading['topics']
  columns: string[]
  hasBaseModel?: boolean
  rows?: number
  dimensions?: Reading['dimensions']
}

const judged = ({ topics, columns, hasBaseModel = false, rows = 10, dimensions = [] }: Given) =>
  judge(
    { topics, dimensions },
    { rows, columns: new Set(['source', 'requests', ...columns]), hasBaseModel },
  )

const CASES: [string, Given, Triage['sufficiency']][] = [
  [
    'tokens and a named model',
    { topics: ['cost'], columns: TOKENS, hasBaseModel: true },
    'sufficient',
  ],
  [
    'tokens and models',
    { topics: ['cost', 'saving'], columns: [...TOKENS, 'model'] },
    'sufficient',
  ],
  ['what was paid', { topics: ['cost'], columns: [...TOKENS, 'cost_usd'] }, 'sufficient'],
  ['what was paid, for nobody knows what', { topics: ['cost'], columns: ['cost_usd'] }, 'partial'],
  ['tokens of no model', { topics: ['cost'], columns: TOKENS }, 'partial'],
  [
    'one side of the tokens',
    { topics: ['cost'], columns: ['input_tokens'], hasBaseModel: true },
    'partial',
  ],
  ['neither tokens nor money', { topics: ['cost'], columns: ['at', 'user'] }, 'insufficient'],
  ['no times for anomalies', { topics: ['anomaly'], columns: TOKENS }, 'insufficient'],
  ['times', { topics: ['anomaly'], columns: ['at'] }, 'sufficient'],
  ['no latency', { topics: ['performance'], columns: TOKENS }, 'insufficient'],
  ['no prompts', { topics: ['caching'], columns: TOKENS }, 'insufficient'],
  [
    'no prompts, but a cost',
    { topics: ['caching', 'cost'], columns: TOKENS, hasBaseModel: true },
    'partial',
  ],
  [
    'prompt blocks',
    { topics: ['caching'], columns: ['input_tokens', 'prompt_blocks'] },
    'sufficient',
  ],
  ['growth without times', { topics: ['growth'], columns: TOKENS, hasBaseModel: true }, 'partial'],
  ['limits without times', { topics: ['rate_limits'], columns: TOKENS }, 'insufficient'],
  [
    'a split by who is not there',
    { topics: ['cost'], columns: TOKENS, hasBaseModel: true, dimensions: ['user'] },
    'partial',
  ],
  ['no rows', { topics: ['cost'], columns: TOKENS, rows: 0 }, 'insufficient'],
]

test.each(CASES)('%s', (_what, given, sufficiency) => {
  const answer = judged(given)
  expect(answer.sufficiency).toBe(sufficiency)
  expect(answer.reasons.length > 0).toBe(sufficiency !== 'sufficient')
})
