import type { TableProfile } from '../../../tools/data/schemas.ts'
import type { AggregateQuestion } from '../question/question.ts'
import { quoteName, whereSql } from '../question/sql.ts'

export type ToolName =
  | 'profile_table'
  | 'query_table'
  | 'chart_table'
  | 'price_workload'
  | 'price_tokens'
  | 'workload_profile'
  | 'calculate'

export interface PlannedCall {
  toolName: ToolName
  input: Record<string, unknown>
}

/** What to call for a question whose values are all known, and why, in one sentence. */
export interface Plan {
  calls: PlannedCall[]
  thought: string
}

export const query = (profile: TableProfile, sql: string): PlannedCall => ({
  toolName: 'query_table',
  input: { file_id: profile.file_id, sql },
})

export const where = (condition: string): string => (condition === '' ? '' : ` WHERE ${condition}`)

/** A row without a time lies in no bucket of time. */
export function conditions(question: AggregateQuestion): string {
  const timed = question.groupings
    .filter((grouping) => grouping.kind !== 'column')
    .map((grouping) => `${quoteName(grouping.column)} IS NOT NULL`)
  return [whereSql(question.filters), ...timed].filter(Boolean).join(' AND ')
}
