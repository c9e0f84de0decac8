import type { PeriodComparison } from '../tools/workload/period-comparison.ts'
import type {
  Anomalies,
  BatchPricing,
  CostDrivers,
  Growth,
  PromptReuse,
  Ranking,
  Substitution,
  WorkloadProfile,
} from '../tools/workload/schemas.ts'
import type { Failed } from './call.ts'
import type { Correlations } from './correlate-columns.ts'
import { Facts, type Called } from './facts.ts'
import type { MissingData } from './missing/find-missing-data.ts'
import type { ActionPlan } from './plan/plan-actions.ts'
import type { PlanStep, Recommendation } from './report.ts'
import type { TriageResult } from './triage/triage-question.ts'

/** What the team knows of one question; each agent adds what it found. */
export interface Case {
  triage: Called<TriageResult>
  facts: Facts
  failed: Failed[]
  findings: Findings
  options: Options
  recommendations: Recommendation[]
  /** Requests, where these are too few to recommend anything by. */
  tooFew?: number
  /** Of recommendations that exclude each other only the first is in the plan. */
  planned: string[]
  steps: PlanStep[]
  /** The plan whose steps these are, as `plan_actions` answered it. */
  plan?: ActionPlan
  missing?: Called<MissingData>
  /** What became of the plan, when the person asked for it. */
  adoption?: string
}

/** What the data agent found. */
export interface Findings {
  profile?: Called<WorkloadProfile>
  overTime?: Called<WorkloadProfile>
  groups: Called<WorkloadProfile>[]
  /** Why the cost changed, by one group or another; what was asked for first. */
  changes: Called<PeriodComparison>[]
  /** Both periods of a question about latency or errors, the earlier one first. */
  periods: (Called<WorkloadProfile> & { from: string; to: string })[]
  drivers?: Called<CostDrivers>
  anomalies?: Called<Anomalies>
  reuse?: Called<PromptReuse>
  growth?: Called<Growth>
  correlations?: Called<Correlations>
}

/** What the optimization agent computed. */
export interface Options {
  substitution?: Called<Substitution>
  shortRequests?: Called<Substitution>
  batch?: Called<BatchPricing>
  ranking?: Called<Ranking>
}

export const openCase = (triage: Called<TriageResult>): Case => ({
  triage,
  facts: new Facts(),
  failed: [],
  findings: { groups: [], changes: [], periods: [] },
  options: {},
  recommendations: [],
  planned: [],
  steps: [],
})
