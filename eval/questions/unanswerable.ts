import { admits, inventsNothing } from '../check.ts'
import type { Question } from '../question.ts'

const asked = (id: string, ask: string, file?: Question['file']): Question => ({
  id: `unanswerable-${id}`,
  group: 'unanswerable',
  ...(file && { file }),
  ask,
  checks: [admits(/attach|upload/), inventsNothing],
})

export const unanswerable: readonly Question[] = [
  asked('no-file', 'How many requests per model did we have last week?'),
  asked('satisfaction', 'How satisfied were the users?', 'bare'),
  asked('no-latency', 'What is the p95 of the latency?', 'bare'),
  asked('no-model', 'Which model was used most?', 'bare'),
  asked('no-tokens', 'What would this workload cost on gpt-4o?', 'days'),
  asked('future', 'Who will win the next election?'),
  asked('quality', 'Which of the models gave the better answers?', 'workload'),
]
