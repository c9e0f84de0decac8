import type { Question } from '../question.ts'
import { arithmetic } from './arithmetic.ts'
import { changes } from './changes.ts'
import { charts } from './charts.ts'
import { followUps } from './follow-ups.ts'
import { groups } from './groups.ts'
import { hostileFiles } from './hostile.ts'
import { prices } from './prices.ts'
import { spendQuestions } from './spend.ts'
import { totals } from './totals.ts'
import { unanswerable } from './unanswerable.ts'

/** In the order in which they are asked: a follow-up comes behind what it follows. */
export const QUESTIONS: readonly Question[] = [
  ...totals,
  ...groups,
  ...prices,
  ...charts,
  ...arithmetic,
  ...followUps,
  ...unanswerable,
  ...hostileFiles,
  ...spendQuestions,
  ...changes,
]
