import { z } from 'zod'

import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import type { Adopted } from '../plan/adopt-plan.ts'
import { planChangeSchema, planStepSchema, type PlanChange, type PlanStep } from '../report.ts'

/** A plan as it is put before a person. */
interface Proposed {
  title: string
  steps: readonly PlanStep[]
  changes?: readonly PlanChange[]
  period?: string | undefined
  /** The report that it stands in. */
  reportId?: string | undefined
}

/** Asks the person for the plan that was just made, or made before in this thread; the run waits for it. */
export async function* adopt(work: Work, plan: Proposed): Steps<string> {
  const { title, steps, changes = [], period, reportId } = plan
  if (steps.length === 0)
    return 'There is no plan to adopt: nothing that could be recommended saves enough. Nothing was recorded.'
  const outcome = yield* work.call('adopt_plan', {
    title: title.slice(0, 300),
    ...(changes.length > 0 && { changes }),
    ...(period !== undefined && { period }),
    ...(reportId !== undefined && { report_id: reportId }),
    steps,
  })
  if (outcome.status === 'ok') {
    const { plan_id: id } = outcome.result as Adopted
    return `The plan is adopted: ${steps.length} steps are recorded as ${id}, and stand under [Plans](/plans). Nothing was put into effect; the steps say who does what.`
  }
  if (outcome.status === 'denied')
    return 'The plan was not adopted: it was refused. Nothing was recorded.'
  const { error = 'no reason was given' } = Object(outcome.result) as { error?: string }
  return `The plan was not adopted: ${error}`
}

const planned = z.object({
  steps: z.array(planStepSchema).min(1),
  changes: z.array(planChangeSchema).optional().catch(undefined),
  period: z.string().optional().catch(undefined),
})
const reported = z.object({ file_id: z.string(), title: z.string() })

/** The plan that this thread made last, with the report that it stands in. */
export function planBefore({ turn }: Work): Proposed | undefined {
  for (const { tools } of turn.history.toReversed()) {
    const found = resultIn(tools, 'plan_actions', planned)
    if (!found) continue
    const { steps, changes = [], period } = found
    const report = reportOf(turn, tools, steps)
    const title = report?.title ?? 'The plan of this conversation'
    return { title, steps, changes, period, reportId: report?.file_id }
  }
  return undefined
}

type Tools = Work['turn']['history'][number]['tools']

/** The report that was kept with a plan; where the same plan came again, that of the first time. */
function reportOf(turn: Work['turn'], tools: Tools, steps: readonly PlanStep[]) {
  const own = resultIn(tools, 'build_report', reported)
  if (own) return own
  const same = turn.history.findLast(
    (message) =>
      JSON.stringify(resultIn(message.tools, 'plan_actions', planned)?.steps) ===
        JSON.stringify(steps) && resultIn(message.tools, 'build_report', reported),
  )
  return same && resultIn(same.tools, 'build_report', reported)
}

/** What the last call of a tool answered. */
function resultIn<T>(tools: Tools, name: string, schema: z.ZodType<T>): T | undefined {
  for (const { call, outcome } of tools.toReversed()) {
    if (call.toolName !== name || outcome.status !== 'ok') continue
    const read = schema.safeParse(outcome.result)
    if (read.success) return read.data
  }
  return undefined
}
