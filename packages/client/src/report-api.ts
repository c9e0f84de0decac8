import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

/*
 * A report of the agents' team, as it is shown. Fields that this version does not know are dropped.
 */

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()])
const kind = z.enum(['integer', 'number', 'time', 'boolean', 'text'])
const columns = z.array(z.object({ name: z.string(), kind }))
const rows = z.array(z.array(cell))
const resting = { facts: z.array(z.string()).default([]) }

const planStepSchema = z.object({
  id: z.string(),
  recommendation: z.string(),
  title: z.string(),
  how: z.string(),
  after: z.array(z.string()),
  effort: z.string(),
  approver: z.string(),
  roll_back: z.string(),
  check: z.string(),
})

const blockSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string(), ...resting }),
  z.object({ kind: z.literal('table'), title: z.string(), columns, rows, ...resting }),
  z.object({
    kind: z.literal('chart'),
    columns,
    rows,
    row_count: z.number(),
    truncated: z.boolean(),
    chart: z.object({
      kind: z.enum(['line', 'bar', 'area', 'scatter']),
      title: z.string(),
      x: z.object({ column: z.string(), kind }),
      y: z.array(z.object({ column: z.string() })),
    }),
    ...resting,
  }),
  z.object({
    kind: z.literal('recommendation'),
    id: z.string(),
    rank: z.number(),
    title: z.string(),
    what: z.string(),
    saving_usd: z.number().nullable(),
    saving_text: z.string(),
    saving_share: z.number().nullable(),
    latency: z.string(),
    quality_risk: z.enum(['none', 'low', 'medium', 'high', 'unknown']),
    quality: z.string(),
    assumptions: z.array(z.string()),
    confidence: z.number(),
    confidence_formula: z.string(),
    formula: z.string(),
    ...resting,
  }),
  z.object({ kind: z.literal('steps'), steps: z.array(planStepSchema), ...resting }),
  z.object({
    kind: z.literal('notes'),
    tone: z.enum(['assumption', 'not_measurable', 'missing', 'warning']),
    notes: z.array(z.string()),
    ...resting,
  }),
])

const factSchema = z.object({
  id: z.string(),
  value: z.number(),
  text: z.string(),
  what: z.string(),
  tool_call_id: z.string(),
  tool: z.string(),
  formula: z.string(),
})

const reportSchema = z.object({
  title: z.string(),
  sections: z.array(z.object({ heading: z.string(), blocks: z.array(blockSchema) })),
  facts: z.array(factSchema),
})

const planChangeSchema = z.object({
  /** Of the recommendation it carries out; steps name it. */
  id: z.string(),
  title: z.string(),
  saving_usd: z.number().nullable(),
  saving_text: z.string(),
  saving_share: z.number().nullable(),
})

const adoptedPlanSchema = z.object({
  plan_id: z.string(),
  thread_id: z.string(),
  thread_title: z.string().default(''),
  run_id: z.string(),
  /** Of the Markdown; null: it stands in no report that is still there. */
  report_id: z.string().nullable().default(null),
  title: z.string(),
  /** What each saves if it alone is done: savings overlap. */
  changes: z.array(planChangeSchema).default([]),
  /** What time the savings are for, in words. */
  period: z.string().nullable().default(null),
  steps: z.array(planStepSchema),
  adopted_by: z.string().optional(),
  adopted_at: z.string(),
})

const adoptedPlansSchema = z.object({ plans: z.array(adoptedPlanSchema) })

export type AdoptedPlan = z.infer<typeof adoptedPlanSchema>
export type PlanChange = z.infer<typeof planChangeSchema>
export type Report = z.infer<typeof reportSchema>
export type ReportBlock = z.infer<typeof blockSchema>
export type ReportFact = z.infer<typeof factSchema>
export type PlanStep = z.infer<typeof planStepSchema>

/**
 * Reports of the person who is signed in, and the plans that they adopted.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class ReportApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  /** @param fileId of the report's Markdown, or of its document. */
  report(fileId: string, signal?: AbortSignal): Promise<Report> {
    const path = `/api/reports/${encodeURIComponent(fileId)}`
    return this.#http.json(reportSchema, 'GET', path, { signal })
  }

  /** Newest first. */
  async plans(signal?: AbortSignal): Promise<AdoptedPlan[]> {
    return (await this.#http.json(adoptedPlansSchema, 'GET', '/api/plans', { signal })).plans
  }
}
