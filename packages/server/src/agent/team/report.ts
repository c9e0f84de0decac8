import { z } from 'zod'

/**
 * The structure of a report: what `build_report` keeps beside the Markdown, and what a printable view
 * is made of. The text of a text block is Markdown without headings, all else is plain text. Every
 * number in it is that of a fact, and `facts` of a block names those it rests on.
 */

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()])
const columnKind = z.enum(['integer', 'number', 'time', 'boolean', 'text'])

export const factSchema = z.strictObject({
  /** `f1`, `f2`, …: unique within the report. */
  id: z.string(),
  value: z.number(),
  /** As it stands in the report: `$1,234.56`, `62.4 %`. */
  text: z.string(),
  /** What it is, in a few words. */
  what: z.string(),
  /** The tool call of this thread whose result it is read from, or the first that it is computed from. */
  tool_call_id: z.string(),
  tool: z.string(),
  formula: z.string(),
})
export type Fact = z.infer<typeof factSchema>

const resting = { facts: z.array(z.string()) }

const table = z.strictObject({
  kind: z.literal('table'),
  title: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), kind: columnKind })),
  rows: z.array(z.array(cell)),
  ...resting,
})

/** As `chart_table` answers, so that whatever draws one draws the other. */
const chart = z.strictObject({
  kind: z.literal('chart'),
  columns: z.array(z.strictObject({ name: z.string(), kind: columnKind })),
  rows: z.array(z.array(cell)),
  row_count: z.number(),
  truncated: z.boolean(),
  chart: z.strictObject({
    kind: z.enum(['line', 'bar', 'area', 'scatter']),
    title: z.string(),
    x: z.strictObject({ column: z.string(), kind: columnKind }),
    y: z.array(z.strictObject({ column: z.string() })),
  }),
  ...resting,
})

export const recommendationSchema = z.strictObject({
  kind: z.literal('recommendation'),
  id: z.string(),
  rank: z.number(),
  title: z.string(),
  /** What to do, in one or two sentences. */
  what: z.string(),
  /** For the period of the data. Null: not measurable from these data. */
  saving_usd: z.number().nullable(),
  saving_text: z.string(),
  /** Of the cost it is taken from; 0 to 1. */
  saving_share: z.number().nullable(),
  latency: z.string(),
  quality_risk: z.enum(['none', 'low', 'medium', 'high', 'unknown']),
  quality: z.string(),
  assumptions: z.array(z.string()),
  /** 0 to 1, with the rule it was given by. */
  confidence: z.number(),
  confidence_formula: z.string(),
  formula: z.string(),
  ...resting,
})
export type Recommendation = z.infer<typeof recommendationSchema>

const stepSchema = z.strictObject({
  id: z.string(),
  /** Of the recommendation it belongs to. */
  recommendation: z.string(),
  title: z.string(),
  how: z.string(),
  /** Ids of the steps that must be done before. */
  after: z.array(z.string()),
  effort: z.string(),
  approver: z.string(),
  roll_back: z.string(),
  /** What shows that it went well, and at which value to roll back. */
  check: z.string(),
})
export type PlanStep = z.infer<typeof stepSchema>

export const blockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string(), ...resting }),
  table,
  chart,
  recommendationSchema,
  z.strictObject({ kind: z.literal('steps'), steps: z.array(stepSchema), ...resting }),
  /** Assumptions, and what is not measurable from these data: one line each. */
  z.strictObject({
    kind: z.literal('notes'),
    tone: z.enum(['assumption', 'not_measurable', 'missing', 'warning']),
    notes: z.array(z.string()),
    ...resting,
  }),
])
export type Block = z.infer<typeof blockSchema>

export const reportSchema = z.strictObject({
  title: z.string(),
  sections: z.array(z.strictObject({ heading: z.string(), blocks: z.array(blockSchema) })),
  facts: z.array(factSchema),
})
/** What a report says, before it is stored. */
export type Report = z.infer<typeof reportSchema>

/**
 * What `build_report` answers. The report itself is the call's argument `report`, and what
 * `GET /api/reports/:file_id` answers to whoever accepts `application/json`.
 */
export interface StoredReport {
  /** The Markdown file of the person. */
  file_id: string
  /** The same as JSON. */
  document_id: string
  title: string
  name: string
  bytes: number
}

export const planStepSchema = stepSchema

/** One change of a plan: what it saves if it alone is done. Savings of several overlap. */
export const planChangeSchema = recommendationSchema.pick({
  id: true,
  title: true,
  saving_usd: true,
  saving_text: true,
  saving_share: true,
})
export type PlanChange = z.infer<typeof planChangeSchema>
