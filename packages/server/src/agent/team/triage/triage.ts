import { z } from 'zod'

import {
  NAME_COLUMNS,
  type Dimension as Group,
  type NameColumn,
} from '../../workload/dimensions.ts'

/** What a question about AI spend can be about; the first is what nothing else was recognised for. */
export const TOPICS = [
  'change',
  'cost',
  'saving',
  'model_choice',
  'caching',
  'batch',
  'growth',
  'rate_limits',
  'anomaly',
  'performance',
  'usage',
  'correlation',
  'report',
  'other',
] as const
export type Topic = (typeof TOPICS)[number]

/** What a question about a change may name besides, and still ask for nothing else. */
const OF_A_CHANGE: ReadonlySet<Topic> = new Set(['change', 'cost', 'usage', 'report', 'other'])

export const isOfAChange = (topics: readonly Topic[]): boolean =>
  topics.every((topic) => OF_A_CHANGE.has(topic))

/** Why cost changed is all that is asked: no advice, and no account of all the data. */
export const asksOnlyForChange = (topics: readonly Topic[]): boolean =>
  topics[0] === 'change' && isOfAChange(topics)

export const METRICS = [
  'cost',
  'requests',
  'input_tokens',
  'output_tokens',
  'latency',
  'first_token',
  'errors',
  'cache_hits',
] as const
export type Metric = (typeof METRICS)[number]

/** Columns that a question can be split by. */
export const DIMENSIONS = [...NAME_COLUMNS, 'source', 'hour', 'day', 'week', 'month'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** How the tools group for it: hours are those of the day, days those of the week. */
export function groupOf(dimension: Dimension): Group {
  if (dimension === 'hour') return 'hour_of_day'
  return dimension === 'day' ? 'weekday' : dimension
}

const dates = {
  /** ISO dates; `to` is the last day that counts. Open ones, as `--03-31`, until the data were seen. */
  from: z.string().nullable(),
  to: z.string().nullable(),
}

const periodSchema = z.strictObject({
  ...dates,
  /** Counted back from the last event of the data. */
  last_days: z.number().nullable(),
  words: z.string(),
})

/** Periods whose difference is asked for; without any the last ones that the data hold. */
const comparedSchema = z.strictObject({
  /** null: as long a time before the comparison. */
  baseline: z.strictObject(dates).nullable(),
  comparison: z.strictObject(dates).nullable(),
  /** Calendar units: the last one against the one before. */
  step: z.enum(['hour', 'day', 'week', 'month']).nullable(),
  /** The unit that goes on, against the same part of the one before. */
  so_far: z.boolean(),
  /** How many units earlier: 1 for “and the week before?”. */
  back: z.number().int().min(0).default(0),
  words: z.string(),
})

const targetsSchema = z.strictObject({
  /** Share of the cost to be saved: 0.2 for “20 % cheaper”. */
  saving_share: z.number().min(0).max(1).nullable(),
  /** Spend of a month at most, in US dollars. */
  monthly_usd: z.number().nullable(),
  /** 3 for “3× usage”. */
  growth_factor: z.number().positive().nullable(),
  /** Until the growth is reached; 1 for “next month”. */
  growth_months: z.number().positive().nullable(),
  latency_ms: z.number().positive().nullable(),
})

const limitsSchema = z.strictObject({
  requests_per_minute: z.number().positive().nullable(),
  tokens_per_minute: z.number().positive().nullable(),
  /** The account's usage tier, as its provider calls it: `3`, `scale`. */
  tier: z.string().nullable().default(null),
})

/** Values of the data's columns that a question names: it is about these requests alone. */
const namedSchema = z.partialRecord(z.enum(NAME_COLUMNS), z.array(z.string()))
export type Named = Partial<Record<NameColumn, string[]>>

/** What a question says, before anybody looked at the data. */
export const readingSchema = z.strictObject({
  topics: z.array(z.enum(TOPICS)).min(1),
  priority: z.enum(['high', 'normal', 'low']),
  priority_why: z.string(),
  /** The model that the workload is to be priced on; null: as the data name it. */
  base_model: z.string().nullable(),
  /** Models to compare with. */
  candidates: z.array(z.string()),
  metrics: z.array(z.enum(METRICS)),
  dimensions: z.array(z.enum(DIMENSIONS)),
  period: periodSchema.nullable(),
  compared: comparedSchema.nullable().default(null),
  targets: targetsSchema,
  limits: limitsSchema,
  /** Of the questions before, until the data were seen; then of this one too. */
  named: namedSchema.default({}),
  /** Files that the question is about. */
  file_ids: z.array(z.string()),
  /** Why the period that was named was not understood: nothing is computed for another. */
  not_understood: z.string().optional(),
  adopt: z.boolean(),
})
export type Reading = z.infer<typeof readingSchema>

export const SUFFICIENCY = ['sufficient', 'partial', 'insufficient'] as const

/** A reading, and whether the data can answer it. */
export const triageSchema = z.strictObject({
  question: z.string(),
  /** The first topic, in words. */
  category: z.string(),
  ...readingSchema.shape,
  sufficiency: z.enum(SUFFICIENCY),
  reasons: z.array(z.string()),
  /** What is missing, by its name in the schema of workload events. */
  missing: z.array(z.strictObject({ column: z.string(), for: z.string() })),
  /** What of the reading a language model added. */
  from_model: z.array(z.string()),
})
export type Triage = z.infer<typeof triageSchema>

export const NO_TARGETS: Reading['targets'] = {
  saving_share: null,
  monthly_usd: null,
  growth_factor: null,
  growth_months: null,
  latency_ms: null,
}

export const NO_LIMITS: Reading['limits'] = {
  requests_per_minute: null,
  tokens_per_minute: null,
  tier: null,
}

/** Topics as a person reads them. */
export const TOPIC_NAMES: Record<Topic, string> = {
  change: 'change of cost',
  cost: 'cost',
  saving: 'cost optimisation',
  model_choice: 'model choice',
  caching: 'prompt caching',
  batch: 'batch processing',
  growth: 'growth and capacity',
  rate_limits: 'rate limits',
  anomaly: 'anomalies and trends',
  performance: 'performance',
  usage: 'usage patterns',
  correlation: 'correlation',
  report: 'report',
  other: 'other than AI spend',
}
