import { z } from 'zod'

import type { Rows } from '../../../platform/statement.ts'
import { reportNameOf } from '../build-report.ts'
import { planChangeSchema, planStepSchema, type PlanChange, type PlanStep } from '../report.ts'

export interface AdoptedPlan {
  planId: string
  threadId: string
  runId: string
  title: string
  steps: PlanStep[]
  /** What each change saves alone; empty when nobody said. */
  changes: PlanChange[]
  /** What time the savings are for, in words. */
  period: string | null
  /** The Markdown file of the report that it stands in. */
  reportId: string | null
  adoptedAt: string
}

export interface ListedPlan extends AdoptedPlan {
  threadTitle: string
}

/** Plans that people adopted, each visible to its person alone. */
export interface Plans {
  /** The same plan again changes nothing. */
  adopt(userId: string, plan: AdoptedPlan): Promise<void>
  /** Newest first. A report that is no more is not named. */
  list(userId: string): Promise<ListedPlan[]>
}

const stored = z.object({
  id: z.string(),
  thread_id: z.string(),
  run_id: z.string(),
  title: z.string(),
  steps: z.string(),
  about: z.string().nullable(),
  created_at: z.string(),
  thread_title: z.string().nullable(),
})
const aboutSchema = z.object({
  changes: z.array(planChangeSchema),
  period: z.string().nullable(),
  reportId: z.string().nullable(),
})
const NOTHING: z.infer<typeof aboutSchema> = { changes: [], period: null, reportId: null }

const reportFile = z.object({ id: z.string(), name: z.string() })

export const createPlanStore = (rows: Rows): Plans => ({
  adopt: (userId, { planId, threadId, runId, title, steps, adoptedAt, ...about }) =>
    rows.write([
      {
        sql: 'insert into plan (id, user_id, thread_id, run_id, title, steps, about, created_at) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing',
        parameters: [
          planId,
          userId,
          threadId,
          runId,
          title,
          JSON.stringify(steps),
          JSON.stringify(aboutSchema.parse(about)),
          adoptedAt,
        ],
      },
    ]),
  async list(userId) {
    const [found, files] = await Promise.all([
      rows.query({
        sql: 'select plan.id, plan.thread_id, plan.run_id, plan.title, plan.steps, plan.about, plan.created_at, thread.title as thread_title from plan left join thread on thread.id = plan.thread_id where plan.user_id = ? order by plan.created_at desc, plan.id',
        parameters: [userId],
      }),
      rows.query({
        sql: "select id, name from file where user_id = ? and origin = 'report' and media_type = 'text/markdown'",
        parameters: [userId],
      }),
    ])
    const reports = z.array(reportFile).parse(files)
    return found.map((row) => {
      const { id, thread_id, run_id, title, steps, about, created_at, thread_title } =
        stored.parse(row)
      const { changes, period, reportId } =
        about === null ? NOTHING : aboutSchema.parse(JSON.parse(about))
      // A plan that is adopted before its report is written finds it by their run.
      const report = reports.find((file) =>
        reportId === null ? file.name === `${reportNameOf(run_id)}.md` : file.id === reportId,
      )
      return {
        planId: id,
        threadId: thread_id,
        threadTitle: thread_title ?? '',
        runId: run_id,
        title,
        steps: z.array(planStepSchema).parse(JSON.parse(steps)),
        changes,
        period,
        reportId: report?.id ?? null,
        adoptedAt: created_at,
      }
    })
  },
})
