import { createHash } from 'node:crypto'

import { z } from 'zod'

import { isoTime, type Clock } from '../../../platform/clock.ts'
import type { Tool } from '../../tools/tool.ts'
import { planStepSchema } from '../report.ts'
import type { Plans } from './plan-store.ts'

const adoptPlanInput = z.strictObject({
  title: z.string().min(1).max(300),
  steps: z.array(planStepSchema).min(1).max(60),
})

export interface Adopted {
  plan_id: string
  title: string
  steps: number
}

/** Records a plan as adopted, once a person said yes to exactly these steps. It changes nothing else. */
export const adoptPlan = (plans: Plans, clock: Clock): Tool => ({
  name: 'adopt_plan',
  description:
    'Records a plan as adopted by the person, after they approved it. It puts nothing into effect by itself.',
  input: adoptPlanInput,
  timeoutMs: 10_000,
  // The plan’s id follows from the run and the steps.
  repeatable: true,
  effect: 'writes',
  needsApproval: true,
  async preview(input, { userId }) {
    const { title, steps } = adoptPlanInput.parse(input)
    const before = await plans.list(userId)
    return {
      summary: `Records the plan “${title}” with ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} as adopted. Nothing is put into effect by this.`,
      before: { adopted_plans: before.length },
      after: {
        adopted_plans: before.length + 1,
        steps: steps.map((step) => ({
          id: step.id,
          title: step.title,
          after: step.after,
          effort: step.effort,
          approver: step.approver,
          roll_back: step.roll_back,
        })),
      },
    }
  },
  async run(input, { userId, threadId, runId }): Promise<Adopted> {
    const { title, steps } = adoptPlanInput.parse(input)
    const digest = createHash('sha256').update(JSON.stringify([runId, title, steps]))
    const planId = `plan-${digest.digest('hex').slice(0, 24)}`
    await plans.adopt(userId, { planId, threadId, runId, title, steps, adoptedAt: isoTime(clock) })
    return { plan_id: planId, title, steps: steps.length }
  },
})
