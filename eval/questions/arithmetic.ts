import { figure, money } from '../check.ts'
import type { Question } from '../question.ts'

const worked = (id: string, ask: string, ...checks: Question['checks']): Question => ({
  id: `arithmetic-${id}`,
  group: 'arithmetic',
  ask,
  checks,
})

export const arithmetic: readonly Question[] = [
  worked('product', 'What is 1234 * 5678?', figure('product', 7_006_652)),
  worked('percent', 'What is 17.5 % of 2,480?', figure('share', 434)),
  worked('root', 'sqrt(2) to three digits?', figure('root', Math.SQRT2)),
  worked('order', 'What is (3 + 4) * 2 ^ 3?', figure('value', 56)),
  worked(
    'prices',
    'What would 10 million input and 2 million output tokens cost at $2.50 and $10 per million?',
    money('dollars', 45),
  ),
]
