import { z } from 'zod'

import type { Rows } from '../../../platform/statement.ts'
import { planStepSchema, type PlanStep } from '../report.ts'

export interface AdoptedPlan {
  planId: string
  threadId: string
  runId: string
  title: string
  steps: PlanStep[]
  adoptedAt: string
}

/** Plans that people adopted, each visible to its person alone. */
export interface Plans {
  /** The same plan again changes nothing. */
  adopt(userId: string, plan: AdoptedPlan): Promise<void>
  /** Newest first. */
  list(userId: string): Promise<AdoptedPlan[]>
}

const stored = z.object({
  id: z.string(),
  thread_id: z.string(),
  run_id: z.string(),
  title: z.string(),
  steps: z.string(),
  created_at: z.string(),
})

export const createPlanStore = (rows: Rows): Plans => ({
  adopt: (userId, { planId, threadId, runId, title, steps, adoptedAt }) =>
    rows.write([
      {
        sql: 'insert into plan (id, user_id, thread_id, run_id, title, steps, created_at) values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing',
        parameters: [planId, userId, threadId, runId, title, JSON.stringify(steps), adoptedAt],
      },
    ]),
  async list(userId) {
    const found = await rows.query({
      sql: 'select id, thread_id, run_id, title, steps, created_at from plan where user_id = ? order by created_at desc, id',
      parameters: [userId],
    })
    return found.map((row) => {
      const { id, thread_id, run_id, title, steps, created_at } = stored.parse(row)
      return {
        planId: id,
        threadId: thread_id,
        runId: run_id,
        title,
        steps: z.array(planStepSchema).parse(JSON.parse(steps)),
        adoptedAt: created_at,
      }
    })
  },
})
