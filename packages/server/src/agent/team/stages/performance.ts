import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { ToolError } from '../../tools/tool.ts'
import { choosePeriods } from '../../tools/workload/choose-periods.ts'
import type { WorkloadProfile } from '../../tools/workload/schemas.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import { comparedArgs } from './change.ts'
import { timeOf } from './data.ts'
import { scopeOf } from './scope.ts'

/** Latency and errors of two periods, side by side: what they are made of no tool says. */
export async function* comparePerformance(work: Work, on: Case): Steps<void> {
  const scope = scopeOf(on.triage.result, null)
  const whole = yield* call<WorkloadProfile>(work, 'workload_profile', { ...scope }, on.failed)
  const { from, to, relative } = whole?.result.covered ?? {}
  if (!from || !to || relative) return
  try {
    const data = { from: timeOf(from), to: timeOf(to) + 1 }
    const { baseline, comparison } = choosePeriods(comparedArgs(on.triage.result.compared), data)
    for (const span of [baseline, comparison]) {
      const [start, end] = [span.from, span.to].map((at) => new Date(at).toISOString())
      const where = { ...scope.where, from: start, to: end }
      const found = yield* call<WorkloadProfile>(
        work,
        'workload_profile',
        { ...scope, where },
        on.failed,
      )
      if (found) on.findings.periods.push({ ...found, from: start ?? '', to: end ?? '' })
    }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    on.failed.push({ tool: 'workload_profile', why: error.message })
  }
}
