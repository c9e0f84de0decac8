import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { ActionPlan } from '../plan/plan-actions.ts'

/** How the recommendations are put into effect. */
export async function* plan(work: Work, on: Case): Steps<void> {
  if (on.recommendations.length === 0) return
  const recommendations = on.recommendations.map(({ id, title, quality_risk }) => ({
    id,
    title,
    quality_risk,
  }))
  const planned = yield* call<ActionPlan>(work, 'plan_actions', { recommendations }, on.failed)
  if (!planned) return
  on.planned = planned.result.planned
  on.steps = planned.result.steps
}
