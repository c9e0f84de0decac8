import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import type {
  ComparePeriodsInput,
  PeriodComparison,
} from '../../tools/workload/period-comparison.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import { groupOf, type Reading } from '../triage/triage.ts'
import { endOf, type Scope } from './scope.ts'

/** Groups that say something of a change when they were not asked for, where the files hold them. */
const TOLD_GROUPS = ['model', 'project', 'user'] as const

/** Why the cost changed: by what was asked for, and by what the files hold beside it. */
export async function* explainChange(work: Work, on: Case, scope: Scope): Steps<void> {
  const { compared, dimensions, data } = on.triage.result
  const args = { ...scope, ...comparedArgs(compared) }
  // Two periods share no week and no month.
  const asked = dimensions.filter((name) => name !== 'week' && name !== 'month').map(groupOf)
  const told = TOLD_GROUPS.filter((name) => data.columns.includes(name))
  const all = asked.length > 0 ? asked : told
  for (const by of all.length > 0 ? all : [undefined]) {
    const found = yield* call<PeriodComparison>(
      work,
      'compare_periods',
      { ...args, ...(by !== undefined && { by }) },
      on.failed,
    )
    // What cannot be told of one split cannot of another: periods are the same.
    if (!found && on.findings.changes.length === 0) return
    if (found) on.findings.changes.push(found)
  }
}

type Compared = NonNullable<Reading['compared']>

export function comparedArgs(
  compared: Compared | null,
): Pick<ComparePeriodsInput, 'comparison' | 'baseline' | 'step' | 'so_far'> {
  if (!compared) return {}
  const { baseline, comparison, step, so_far } = compared
  const [before, after] = [baseline, comparison].map(spanOf)
  if (!after) return { ...(step !== null && { step, so_far }) }
  return { comparison: after, ...(before && { baseline: before }) }
}

function spanOf(dates: Compared['baseline']): { from: string; to?: string } | undefined {
  if (!dates?.from) return undefined
  if (dates.to === null) return { from: dates.from }
  return { from: dates.from, to: endOf(dates.to) }
}
