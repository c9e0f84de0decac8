import { z } from 'zod'

import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import type { Adopted } from '../plan/adopt-plan.ts'
import { planStepSchema, type PlanStep } from '../report.ts'

/** Asks the person for the plan that was just made, or made before in this thread; the run waits for it. */
export async function* adopt(work: Work, title: string, steps: readonly PlanStep[]): Steps<string> {
  if (steps.length === 0)
    return 'There is no plan to adopt: nothing that could be recommended saves enough. Nothing was recorded.'
  const outcome = yield* work.call('adopt_plan', { title: title.slice(0, 300), steps })
  if (outcome.status === 'ok') {
    const { plan_id: id } = outcome.result as Adopted
    return `The plan is adopted: ${steps.length} steps are recorded as ${id}. Nothing was put into effect; the steps say who does what.`
  }
  if (outcome.status === 'denied')
    return 'The plan was not adopted: it was refused. Nothing was recorded.'
  const { error = 'no reason was given' } = Object(outcome.result) as { error?: string }
  return `The plan was not adopted: ${error}`
}

const planned = z.object({ steps: z.array(planStepSchema).min(1) })

/** The plan that this thread made last. */
export function planBefore({ turn }: Work): PlanStep[] | undefined {
  for (const { tools } of turn.history.toReversed())
    for (const { call, outcome } of tools.toReversed())
      if (call.toolName === 'plan_actions' && outcome.status === 'ok') {
        const read = planned.safeParse(outcome.result)
        if (read.success) return read.data.steps
      }
  return undefined
}
