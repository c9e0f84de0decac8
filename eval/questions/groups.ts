import { count, figure, mentions } from '../check.ts'
import { CALLS, countBy, largest, sum } from '../data.ts'
import type { Question } from '../question.ts'

const perModel = countBy(({ model }) => model)
const perUser = countBy(({ user }) => user)
const perDay = countBy(({ time }) => time.slice(0, 10))
const [topModel, topModelCount] = largest(perModel)
const [topUser, topUserCount] = largest(perUser)
const [topDay, topDayCount] = largest(perDay)
const of = (model: string) => CALLS.filter((call) => call.model === model)
const tokensOf = (model: string): number => sum(of(model).map(({ input }) => input))

const grouped = (id: string, ask: string, ...checks: Question['checks']): Question => ({
  id: `groups-${id}`,
  group: 'groups and filters',
  file: 'workload',
  ask,
  checks,
})

export const groups: readonly Question[] = [
  grouped(
    'per-model',
    'How many requests per model?',
    ...[...perModel].map(([model, requests]) => count(model, requests)),
  ),
  grouped(
    'top-model',
    'Which model has the most requests?',
    mentions(topModel, new RegExp(topModel)),
    count('requests', topModelCount),
  ),
  grouped(
    'top-user',
    'Which user made the most requests?',
    mentions(topUser, new RegExp(topUser)),
    count('requests', topUserCount),
  ),
  grouped(
    'tokens-per-model',
    'Sum of input_tokens by model',
    ...[...perModel.keys()].map((model) => count(model, tokensOf(model))),
  ),
  grouped('one-model', 'How many requests used gpt-4o?', count('gpt-4o', of('gpt-4o').length)),
  grouped(
    'mean-of-model',
    'What is the average latency_ms of gpt-4.1?',
    figure('mean', sum(of('gpt-4.1').map(({ latencyMs }) => latencyMs)) / of('gpt-4.1').length),
  ),
  grouped(
    'long',
    'How many requests have more than 5000 input tokens?',
    count('requests', CALLS.filter(({ input }) => input > 5_000).length),
  ),
  grouped(
    'slow',
    'How many requests took longer than 10000 ms?',
    count('requests', CALLS.filter(({ latencyMs }) => latencyMs > 10_000).length),
  ),
  grouped(
    'day',
    'How many requests were there on 2026-05-05?',
    count('requests', perDay.get('2026-05-05') ?? 0),
  ),
  grouped(
    'busiest-day',
    'Which day had the most requests?',
    mentions(topDay, new RegExp(`${topDay}|May ${Number(topDay.slice(8))}`)),
    count('requests', topDayCount),
  ),
  grouped(
    'share',
    'What share of the requests used gpt-4o-mini?',
    figure('percent', (100 * of('gpt-4o-mini').length) / CALLS.length),
  ),
  grouped(
    'two-conditions',
    'How many requests of gpt-4o had more than 500 output tokens?',
    count('requests', of('gpt-4o').filter(({ output }) => output > 500).length),
  ),
]
