import { z } from 'zod'

import type { Tool } from '../../tools/tool.ts'
import { planChangeSchema, type PlanChange, type PlanStep } from '../report.ts'
import { wayOf } from './step-templates.ts'

export const planActionsInput = z.strictObject({
  recommendations: z
    .array(
      z.strictObject({
        id: z.string().max(300),
        title: z.string().max(300),
        quality_risk: z.enum(['none', 'low', 'medium', 'high', 'unknown']),
        ...planChangeSchema
          .pick({ saving_usd: true, saving_text: true, saving_share: true })
          .partial().shape,
      }),
    )
    .min(1)
    .max(20)
    .describe('In the order of their rank; their ids say what kind of change each is'),
  period: z.string().max(300).optional().describe('What time the savings are for'),
})

export interface ActionPlan {
  /** Recommendations in the plan, in their order. */
  planned: string[]
  /** Those that are not, and why. */
  left_out: { id: string; why: string }[]
  steps: PlanStep[]
  /** Those in the plan of which it is known what they save, in the order of their steps. */
  changes: PlanChange[]
  /** What time the savings are for, in words. */
  period?: string
}

/** More than so many changes at once cannot be told apart on the bill. */
const MOST_CHANGES = 4

export const planActions: Tool = {
  name: 'plan_actions',
  description:
    'Turns ranked recommendations about AI spend into a plan: steps in order, what each depends on, effort, who approves, how it is rolled back and what shows that it went well. Of changes that exclude each other the better ranked is planned.',
  input: planActionsInput,
  timeoutMs: 5_000,
  repeatable: true,
  effect: 'none',
  async run(input): Promise<ActionPlan> {
    const { recommendations, period } = planActionsInput.parse(input)
    const plan: ActionPlan = {
      planned: [],
      left_out: [],
      steps: [],
      changes: [],
      ...(period !== undefined && { period }),
    }
    const chosen = []
    for (const each of recommendations) {
      const why = reasonToLeaveOut(each.id, plan.planned)
      if (why === undefined) {
        plan.planned.push(each.id)
        chosen.push(each)
      } else plan.left_out.push({ id: each.id, why })
    }
    // What harms no answer comes first: it pays while the rest is still being compared.
    const order = chosen.toSorted((a, b) => riskOf(a) - riskOf(b))
    for (const each of order) {
      const { id, title } = each
      const prefix = `s${plan.steps.length + 1}`
      const before = plan.steps.at(-1)?.id
      plan.steps.push(...stepsOf(id, title, prefix, before))
      const { saving_text, saving_usd = null, saving_share = null } = each
      if (saving_text !== undefined)
        plan.changes.push({ id, title, saving_usd, saving_text, saving_share })
    }
    return plan
  },
}

const RISKS = ['none', 'low', 'medium', 'high', 'unknown']
const riskOf = ({ quality_risk: risk }: { quality_risk: string }): number =>
  Math.min(1, RISKS.indexOf(risk))

function reasonToLeaveOut(id: string, planned: readonly string[]): string | undefined {
  if (wayOf(id).length === 0) return 'It has no steps of its own.'
  if (planned.length >= MOST_CHANGES)
    return `More than ${MOST_CHANGES} changes at once cannot be told apart on the bill: take it up afterwards.`
  const other = MODEL_CHANGE.test(id) ? planned.find((each) => MODEL_CHANGE.test(each)) : undefined
  return other === undefined
    ? undefined
    : `It excludes ${other}, which ranks higher: requests move to one model.`
}

const MODEL_CHANGE = /^(?:substitute|route-short):/

/** One change is whole before the next begins to reach people, so that each can be told on the bill. */
function stepsOf(
  recommendation: string,
  title: string,
  prefix: string,
  before: string | undefined,
): PlanStep[] {
  const idOf = (key: string): string => `${prefix}-${key}`
  return wayOf(recommendation).map((step, at) => ({
    id: idOf(step.key),
    recommendation,
    title: `${title}: ${step.title.charAt(0).toLowerCase()}${step.title.slice(1)}`,
    how: step.how,
    after: [...step.after.map(idOf), ...(at === 1 && before !== undefined ? [before] : [])],
    effort: `${step.effort} (assumed)`,
    approver: step.approver,
    roll_back: step.rollBack,
    check: step.check,
  }))
}
