import { count, figure } from '../check.ts'
import { CALLS, countBy, percentile, sum } from '../data.ts'
import type { Question } from '../question.ts'

const inputs = CALLS.map(({ input }) => input)
const outputs = CALLS.map(({ output }) => output)
const latencies = CALLS.map(({ latencyMs }) => latencyMs)
const users = countBy(({ user }) => user).size

const total = (id: string, ask: string, ...checks: Question['checks']): Question => ({
  id: `totals-${id}`,
  group: 'totals',
  file: 'workload',
  ask,
  checks,
})

export const totals: readonly Question[] = [
  total('rows', 'How many requests are there?', count('requests', CALLS.length)),
  total('input', 'Total input tokens?', count('input tokens', sum(inputs))),
  total(
    'both',
    'How many requests, and how many input and output tokens in total?',
    count('requests', CALLS.length),
    count('input tokens', sum(inputs)),
    count('output tokens', sum(outputs)),
  ),
  total('users', 'How many different users are there?', count('users', users)),
  total('models', 'How many distinct models?', count('models', countBy(({ model }) => model).size)),
  total('mean', 'What is the average latency?', figure('mean latency', sum(latencies) / 3_000)),
  total('median', 'Median of output_tokens', figure('median', percentile(outputs, 0.5))),
  total('p95', '95th percentile of latency_ms', figure('p95', percentile(latencies, 0.95))),
  total('p99', 'p99 of input_tokens', figure('p99', percentile(inputs, 0.99))),
  total('max', 'What is the largest number of input tokens?', count('max', Math.max(...inputs))),
  total('min', 'What is the smallest latency_ms?', count('min', Math.min(...latencies))),
]
