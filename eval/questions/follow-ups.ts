import { chart, count, money } from '../check.ts'
import { CALLS, costOn, countBy } from '../data.ts'
import type { Question } from '../question.ts'

const perModel = countBy(({ model }) => model)

const next = (id: string, after: string, ask: string, ...checks: Question['checks']): Question => ({
  id: `follow-ups-${id}`,
  group: 'follow-ups',
  after,
  ask,
  checks,
})

export const followUps: readonly Question[] = [
  {
    id: 'follow-ups-begin',
    group: 'follow-ups',
    file: 'workload',
    ask: 'How many requests are there?',
    checks: [count('requests', CALLS.length)],
  },
  next(
    'per-model',
    'follow-ups-begin',
    'And per model?',
    ...[...perModel].map(([model, requests]) => count(model, requests)),
  ),
  next('chart', 'follow-ups-per-model', 'As a chart, please.', chart),
  next(
    'price',
    'follow-ups-begin',
    'What would they cost on gpt-4o-mini?',
    money('gpt-4o-mini', costOn('gpt-4o-mini')),
  ),
  next('other', 'follow-ups-price', 'And on gpt-4o?', money('gpt-4o', costOn('gpt-4o'))),
]
