import type { Check } from './check.ts'
import type { FileName } from './data.ts'

export type Group =
  | 'totals'
  | 'groups and filters'
  | 'prices'
  | 'charts'
  | 'arithmetic'
  | 'follow-ups'
  | 'unanswerable'
  | 'hostile files'
  | 'spend'

export interface Question {
  /** Unique; also names the file of its answer. */
  id: string
  group: Group
  ask: string
  /** Attached to it; a follow-up goes on with those of the question before. */
  file?: FileName
  /** Goes on in the conversation of this question. */
  after?: string
  /** The one for the model, unless named. */
  agent?: string
  checks: readonly Check[]
}
