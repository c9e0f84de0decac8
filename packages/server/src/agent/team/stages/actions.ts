import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { ActionPlan } from '../plan/plan-actions.ts'
import { savingPeriod } from '../reporting/summary-volume.ts'

/** How the recommendations are put into effect. */
export async function* plan(work: Work, on: Case): Steps<void> {
  if (on.recommendations.length === 0) return
  const recommendations = on.recommendations.map((each) => ({
    id: each.id,
    title: each.title,
    quality_risk: each.quality_risk,
    saving_usd: each.saving_usd,
    saving_text: each.saving_text,
    saving_share: each.saving_share,
  }))
  const covered = on.findings.drivers?.result.covered
  const period = covered && savingPeriod(covered)
  const planned = yield* call<ActionPlan>(
    work,
    'plan_actions',
    { recommendations, ...(period && { period }) },
    on.failed,
  )
  if (!planned) return
  on.plan = planned.result
  on.planned = planned.result.planned
  on.steps = planned.result.steps
}
