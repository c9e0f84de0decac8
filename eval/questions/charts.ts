import { chart, count } from '../check.ts'
import { countBy } from '../data.ts'
import type { Question } from '../question.ts'

const drawn = (id: string, ask: string, ...checks: Question['checks']): Question => ({
  id: `charts-${id}`,
  group: 'charts',
  file: 'workload',
  ask,
  checks: [chart, ...checks],
})

export const charts: readonly Question[] = [
  drawn('day', 'Show requests per day as a chart.'),
  drawn('hour', 'Requests per hour as a chart'),
  drawn('model', 'Draw a bar chart of requests per model'),
  drawn('tokens', 'Plot the sum of output_tokens per day'),
  drawn(
    'days',
    'Chart of the number of requests per day',
    count('highest', Math.max(...countBy(({ time }) => time.slice(0, 10)).values())),
  ),
]
