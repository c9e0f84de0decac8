import { describe, expect, test } from 'vitest'

import { readQuestion } from './read-question.ts'
import type { Reading, Topic } from './triage.ts'

const FILES = [
  { fileId: 'f-code', name: 'code.csv' },
  { fileId: 'f-conv', name: 'conv.csv' },
]

const read = (question: string, before?: Reading) => readQuestion(question, FILES, before)

/** Question, its first topic, others that must be among the topics. */
const PHRASINGS: [string, Topic, ...Topic[]][] = [
  ['Where does the money go if this ran on gpt-4o, and what should we change?', 'cost', 'saving'],
  ['Why is our bill so high?', 'cost'],
  ['What do we spend per model?', 'cost'],
  ['How can we cut our LLM costs by 20 %?', 'cost', 'saving'],
  ['We pay too much for Claude. Make it cheaper.', 'cost', 'saving'],
  ['Give me quick wins to save money', 'cost', 'saving'],
  ['Reduce spend without hurting latency', 'performance', 'cost', 'saving'],
  ['What is driving our costs?', 'cost'],
  ['Which model should we use?', 'model_choice'],
  ['Should we switch from gpt-4o to claude-haiku-4-5?', 'model_choice'],
  ['What if this ran on gemini-2.5-flash?', 'model_choice'],
  ['Would a smaller model do?', 'model_choice'],
  ['Compare gpt-4o with gpt-4.1-mini for this workload', 'model_choice'],
  ['How much would prompt caching save?', 'caching', 'saving'],
  ['What share of input tokens would prefix caching save?', 'caching', 'saving'],
  ['How often do we send the same prompt?', 'caching'],
  ['Are there duplicate requests?', 'caching'],
  ['Could some of this run in the batch API?', 'batch'],
  ['How much cheaper would overnight batches be?', 'batch', 'saving'],
  ['What if we have 3× usage next month?', 'growth'],
  ['What happens to the bill if traffic doubles?', 'growth', 'cost'],
  ['Forecast our spend for the next quarter', 'growth', 'cost'],
  ['Usage grows 15% a month for 6 months. Then what?', 'growth'],
  ['Do we stay within 500 RPM and 2M TPM at 3x usage?', 'rate_limits', 'growth'],
  ['Why do we get 429s?', 'rate_limits'],
  ['Were there any spikes last week?', 'anomaly'],
  ['Is anything unusual in the token usage?', 'anomaly'],
  ['Our cost suddenly jumped. What happened?', 'anomaly', 'cost'],
  ['What is the trend of output tokens?', 'anomaly'],
  ['How slow is it? p95 latency please', 'performance'],
  ['What is our error rate per model?', 'performance'],
  ['Who uses it most?', 'usage'],
  ['When is the busiest hour?', 'usage'],
  ['Top 5 users by tokens', 'usage'],
  ['Does latency depend on the input tokens?', 'correlation', 'performance'],
  ['Is there a correlation between prompt length and cost?', 'correlation', 'cost'],
  ['Write a report for the CFO', 'report'],
  ['Give me an overview of this workload', 'report'],
  ['How is our usage?', 'usage'],
  ['Audit our AI spend', 'cost', 'report'],
]

describe('what a question is about', () => {
  test.each(PHRASINGS)('%s', (question, first, ...others) => {
    const { topics } = read(question)
    expect(topics[0]).toBe(first)
    expect(topics).toEqual(expect.arrayContaining(others))
  })

  test.each([
    'Who will win the election?',
    'Translate this into French: good morning',
    'Hello',
    'Write a poem about the sea',
  ])('not about AI spend: %s', (question) => {
    expect(read(question).topics).toEqual(['other'])
  })
})

describe('models', () => {
  test.each([
    ['Where does the money go if this ran on gpt-4o?', 'gpt-4o', []],
    ['What would it cost on GPT 4o mini?', 'gpt-4o-mini', []],
    ['and on gpt-4o-mini?', 'gpt-4o-mini', []],
    ['Switch from gpt-4o to gpt-4.1-mini?', 'gpt-4o', ['gpt-4.1-mini']],
    [
      'We run on gpt-4o. Compare with claude-haiku-4-5 and gemini-2.5-flash.',
      'gpt-4o',
      ['claude-haiku-4-5', 'gemini-2.5-flash'],
    ],
    ['What if everything ran on Sonnet 4.5?', 'claude-sonnet-4.5', []],
    ['Should we switch to gpt-5-nano?', null, ['gpt-5-nano']],
    ['Replace o3 with o4-mini', 'o3', ['o4-mini']],
    [
      'Compare gpt-4o with gpt-4.1-mini and gpt-4o-mini for this workload.',
      'gpt-4o',
      ['gpt-4.1-mini', 'gpt-4o-mini'],
    ],
    ['Which requests could move to a cheaper model than gpt-4o?', 'gpt-4o', []],
    ['How many requests are there?', null, []],
  ] as const)('%s', (question, base, candidates) => {
    expect(read(question)).toMatchObject({ base_model: base, candidates })
  })
})

describe('targets, limits and periods', () => {
  test.each([
    ['Make it 20 % cheaper', { saving_share: 0.2 }],
    ['Cut the bill by 35%', { saving_share: 0.35 }],
    ['Halve the cost', { saving_share: 0.5 }],
    ['Stay under $5,000 a month', { monthly_usd: 5000 }],
    ['Stay below $12k per year', { monthly_usd: 1000 }],
    ['3× usage next month', { growth_factor: 3, growth_months: 1 }],
    ['three times the usage in 6 months', { growth_factor: 3, growth_months: 6 }],
    ['traffic doubles', { growth_factor: 2 }],
    ['usage grows by 50% in two quarters', { growth_factor: 1.5, growth_months: 6 }],
    ['p95 under 800 ms', { latency_ms: 800 }],
    ['answers within 2 seconds', { latency_ms: 2000 }],
  ])('%s', (question, targets) => {
    expect(read(question).targets).toMatchObject(targets)
  })

  test('rate limits are read with their scale', () => {
    expect(read('we have 500 rpm and 2M tokens per minute').limits).toEqual({
      requests_per_minute: 500,
      tokens_per_minute: 2_000_000,
      tier: null,
    })
    expect(read('do we stay within tier 3 at twice the usage?').limits.tier).toBe('3')
    expect(read('we are on the Scale tier').limits.tier).toBe('scale')
  })

  test.each([
    ['cost since 2024-03-01', { from: '2024-03-01', to: null }],
    ['cost between 2024-03-01 and 2024-03-15', { from: '2024-03-01', to: '2024-03-15' }],
    ['cost in February 2024', { from: '2024-02-01', to: '2024-02-29' }],
    ['cost on 2023-11-16', { from: '2023-11-16', to: '2023-11-16' }],
    ['cost last week', { last_days: 7 }],
    ['cost of the past 14 days', { last_days: 14 }],
  ])('%s', (question, period) => {
    expect(read(question).period).toMatchObject(period)
  })

  test.each([
    ['This is urgent: cut costs', 'high'],
    ['Just curious what it costs', 'low'],
    ['Make it 20% cheaper', 'high'],
    ['What does it cost?', 'normal'],
  ])('priority: %s', (question, priority) => {
    expect(read(question).priority).toBe(priority)
  })
})

describe('follow-ups', () => {
  const first = read('Where does the money go if this ran on gpt-4o, and what should we change?')

  test('another model keeps the question', () => {
    const next = read('and on gpt-4o-mini?', first)
    expect(next).toMatchObject({ base_model: 'gpt-4o-mini', topics: first.topics })
  })

  test('one of the files keeps the rest', () => {
    const next = read('only the code file', first)
    expect(next).toMatchObject({
      file_ids: ['f-code'],
      base_model: 'gpt-4o',
      topics: first.topics,
    })
    expect(read('and with 3× usage next month?', next)).toMatchObject({
      file_ids: ['f-code'],
      topics: ['growth', ...first.topics],
      targets: { growth_factor: 3, growth_months: 1 },
    })
  })

  test.each([
    '3x usage next month',
    'What happens to the bill if usage is three times as much next month?',
    'How much would prompt caching save?',
  ])('model, files and period are kept: %s', (question) => {
    const only = read('only the code file, since 2024-03-01', first)
    const mini = read('and on gpt-4o-mini?', only)
    expect(read(question, mini)).toMatchObject({
      base_model: 'gpt-4o-mini',
      file_ids: ['f-code'],
      period: { from: '2024-03-01' },
    })
  })

  test('a split by model is of the models in the data', () => {
    expect(read('What do we spend per model?', first).base_model).toBeNull()
  })

  test('both files again', () => {
    const only = read('only the code file', first)
    expect(read('and for both files?', only).file_ids).toEqual(['f-code', 'f-conv'])
  })

  test.each(['and adopt it', 'Adopt this plan', 'ok, go ahead with the plan'])('%s', (question) => {
    expect(read(question, first)).toMatchObject({ adopt: true, topics: first.topics })
  })

  test('a new question is not the old one', () => {
    expect(read('What is the p95 latency of gemini-2.5-pro?', first)).toMatchObject({
      topics: ['performance'],
      base_model: 'gemini-2.5-pro',
    })
  })
})
