import type { Files } from '../../files/files.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tool } from '../tools/tool.ts'
import type { Workloads } from '../workload/workloads.ts'
import { buildReport } from './build-report.ts'
import { correlateColumns } from './correlate-columns.ts'
import { findMissingData } from './missing/find-missing-data.ts'
import { adoptPlan } from './plan/adopt-plan.ts'
import { planActions } from './plan/plan-actions.ts'
import type { Plans } from './plan/plan-store.ts'
import { triageQuestion } from './triage/triage-question.ts'

/** What the team's agents do beside the tools over a workload; each is a tool, so each is an event. */
export const createTeamTools = (options: {
  workloads: Workloads
  files: Files
  plans: Plans
  clock: Clock
}): Tool[] => [
  triageQuestion(options.workloads),
  correlateColumns(options.workloads),
  findMissingData,
  planActions,
  buildReport(options.files),
  adoptPlan(options.plans, options.clock),
]
