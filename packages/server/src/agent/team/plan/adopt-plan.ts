import { createHash } from 'node:crypto'

import { z } from 'zod'

import { isoTime, type Clock } from '../../../platform/clock.ts'
import type { Tool } from '../../tools/tool.ts'
import { planChangeSchema, planStepSchema, type PlanChange } from '../report.ts'
import type { Plans } from './plan-store.ts'

const adoptPlanInput = z.strictObject({
  title: z.string().min(1).max(300),
  changes: z
    .array(planChangeSchema)
    .max(60)
    .optional()
    .describe('What each change of the plan saves if it alone is done'),
  period: z.string().min(1).max(300).optional().describe('What time the savings are for'),
  report_id: z.string().max(128).optional().describe('The report that the plan stands in'),
  steps: z.array(planStepSchema).min(1).max(60),
})
type Input = z.infer<typeof adoptPlanInput>

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
  // A plan that nobody said yes to is not adopted.
  asksAlways: true,
  async preview(input, { userId }) {
    const plan = adoptPlanInput.parse(input)
    const before = await plans.list(userId)
    return {
      summary: `Records the plan “${plan.title}” with ${countOf(plan.steps.length, 'step')} as adopted. ${savingOf(plan)} Nothing is put into effect by this.`,
      after: {
        plan: plan.title,
        ...(plan.changes && {
          'saving of each change alone': plan.changes.map((change) => changeText(change, plan)),
        }),
        ...(plan.changes && {
          'for the period of the data':
            plan.period ?? 'not known: the files have no times, or none in common',
        }),
        'adopted plans': `${before.length + 1}, where there ${before.length === 1 ? 'is' : 'are'} ${before.length} now`,
      },
    }
  },
  async run(input, { userId, threadId, runId }): Promise<Adopted> {
    const { title, steps, changes = [], period, report_id } = adoptPlanInput.parse(input)
    const digest = createHash('sha256').update(JSON.stringify([runId, title, steps]))
    const planId = `plan-${digest.digest('hex').slice(0, 24)}`
    await plans.adopt(userId, {
      planId,
      threadId,
      runId,
      title,
      steps,
      changes,
      period: period ?? null,
      reportId: report_id ?? null,
      adoptedAt: isoTime(clock),
    })
    return { plan_id: planId, title, steps: steps.length }
  },
})

const countOf = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const shareOf = ({ saving_share: share }: PlanChange): string =>
  share === null ? '' : ` (${(share * 100).toFixed(1)} % of the cost)`

/** The one number that a person decides by. Savings overlap, so they are never added up. */
function savingOf({ changes = [], period }: Input): string {
  const measured = changes.filter(({ saving_usd: usd }) => usd !== null)
  const largest = measured.toSorted((a, b) => (b.saving_usd ?? 0) - (a.saving_usd ?? 0))[0]
  if (!largest) return 'What it saves is not measurable from the data.'
  const of = period === undefined ? 'the requests of the data' : `the period of the data, ${period}`
  const one = changes.length === 1
  const which = one ? 'It saves' : `The largest of its ${changes.length} changes alone saves`
  const rest = one ? '' : ' Savings overlap and must not be added up.'
  return `${which} ${largest.saving_text}${shareOf(largest)} for ${of}.${rest}`
}

function changeText(change: PlanChange, { steps }: Input): string {
  const own = steps.filter(({ recommendation }) => recommendation === change.id).length
  return `${change.title}: ${change.saving_text}${shareOf(change)}, ${countOf(own, 'step')}`
}
