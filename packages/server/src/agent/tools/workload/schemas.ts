import { z } from 'zod'

import {
  DIMENSIONS,
  NAME_COLUMNS,
  type Dimension,
  type NameColumn,
} from '../../workload/dimensions.ts'

/**
 * Arguments and results of the tools over a workload. Tokens are counts, money is US dollars
 * (`*_usd`; `*_text` is the same to the cent), shares are between 0 and 1, times are UTC.
 * `null` stands for what the data do not hold: `not_measurable` says why, and what it would take.
 */

const dimension = z.enum(DIMENSIONS)
const oneOrMore = z.union([z.string(), z.array(z.string()).min(1).max(50)])
const tokens = z.number().int().min(0)
export const instant = z.iso
  .datetime({ offset: true, local: true })
  .or(z.iso.date())
  .describe('ISO 8601; UTC unless it names an offset')

const namesInput = Object.fromEntries(
  NAME_COLUMNS.map((name) => [name, oneOrMore.optional()]),
) as Record<NameColumn, z.ZodOptional<typeof oneOrMore>>

/** Keeps the requests that fulfil everything named. */
export const whereInput = z.strictObject({
  from: instant.optional().describe('At this time or later'),
  to: instant.optional().describe('Before this time'),
  source: oneOrMore.optional().describe('Names of files'),
  ...namesInput,
  status: z.enum(['ok', 'error']).optional(),
  is_batch: z.boolean().optional(),
  min_input_tokens: tokens.optional().describe('Input tokens of a request, at least'),
  max_input_tokens: tokens.optional().describe('Input tokens of a request, at most'),
  min_output_tokens: tokens.optional().describe('Output tokens of a request, at least'),
  max_output_tokens: tokens.optional().describe('Output tokens of a request, at most'),
})
export type Where = z.infer<typeof whereInput>

/**
 * How requests are priced. `auto`: `reported` if the files say what was paid, else `own_models`; where
 * they say it of some requests only, `reported_and_list`.
 */
const pricingInput = z.strictObject({
  basis: z
    .enum(['auto', 'reported', 'own_models', 'model'])
    .describe(
      'reported: the cost column; own_models: list prices of each request’s own model; model: list prices of the one model named',
    ),
  model: z.string().optional().describe('With basis model: a name of the price catalogue'),
  provider: z.string().optional().describe('Catalogue provider; openai unless named'),
})
export type PricingChoice = z.infer<typeof pricingInput>

const overFiles = {
  file_ids: z.array(z.string()).min(1).max(20).describe('Attached files: one workload'),
  where: whereInput.optional(),
}
/** Files, a condition and how requests are priced. */
export const priced = { ...overFiles, pricing: pricingInput.optional() }
const share = z.number().min(0).max(1)
export const top = z.number().int().min(1).max(100)

export const workloadProfileInput = z.strictObject({
  ...priced,
  by: z.array(dimension).max(2).optional().describe('Groups; none: the whole alone'),
  top: top.optional().describe('Groups shown at most, 20 unless given'),
})

export const costDriversInput = z.strictObject({
  ...priced,
  by: z.array(dimension).max(6).optional().describe('Unless given: what the files hold'),
  top: top.optional().describe('Groups and requests shown at most, 10 unless given'),
  long_context_tokens: tokens.optional().describe('What counts as long; 100000 unless given'),
})

export const findAnomaliesInput = z.strictObject({
  ...priced,
  metric: z
    .enum([
      'requests',
      'input_tokens',
      'output_tokens',
      'tokens',
      'cost_usd',
      'error_rate',
      'input_tokens_per_request',
      'output_tokens_per_request',
      'latency_ms_p50',
      'latency_ms_p95',
    ])
    .optional()
    .describe('requests unless given; tokens where rows do not count their requests'),
  bucket: z.enum(['minute', 'hour', 'day']).optional().describe('Found from the span unless given'),
  season: z
    .number()
    .int()
    .min(0)
    .max(200)
    .optional()
    .describe('Buckets in a season, 0 for none; unless given a day or a week, if the span holds 3'),
  threshold: z.number().min(1).max(20).optional().describe('Modified z-score; 3.5 unless given'),
  significance: z.number().min(0.0001).max(0.2).optional().describe('Of the trend; 0.05'),
})

export const promptReuseInput = z.strictObject({
  ...overFiles,
  model: z
    .string()
    .optional()
    .describe('Whose cached price counts; unless given the one model that the files name'),
  provider: z.string().optional(),
  capacity_blocks: z.number().int().min(1).optional().describe('Blocks that a cache holds (LRU)'),
  ttl_seconds: z.number().min(1).optional().describe('A block unused for longer is forgotten'),
  top: top.optional().describe('Repeated prompts shown at most, 10 unless given'),
})

export const substituteModelInput = z.strictObject({
  ...priced,
  slice: whereInput.optional().describe('Only these requests move; unless given all do'),
  candidates: z
    .array(z.strictObject({ model: z.string(), provider: z.string().optional() }))
    .min(1)
    .max(20)
    .optional()
    .describe('Unless given: cheaper ones of the same provider, and some of others'),
  other_providers: z.boolean().optional().describe('Whether unnamed candidates may be others’'),
})

export const batchPricingInput = z.strictObject({
  ...priced,
  deferrable: z
    .strictObject({
      all: z.boolean().optional(),
      hours: z
        .strictObject({
          from: z.number().int().min(0).max(23),
          to: z.number().int().min(0).max(24).describe('Exclusive'),
          utc_offset_hours: z.number().min(-12).max(14).optional(),
        })
        .optional()
        .describe('Hours of the day in which nobody waits'),
      operations: z.array(z.string()).min(1).max(50).optional(),
      bursts: z
        .strictObject({ times_median: z.number().min(1).max(1_000) })
        .optional()
        .describe('Minutes with more requests than so many times the median of busy minutes'),
    })
    .optional()
    .describe('What can wait a day: requests that fulfil any of it; unless given: what looks so'),
})

export const projectGrowthInput = z.strictObject({
  ...priced,
  factor: z.number().min(0.01).max(10_000).describe('3 for three times the usage'),
  after_months: z.number().min(0.1).max(120).optional().describe('When it is so; 1 unless given'),
  limits: z
    .strictObject({
      requests_per_minute: z.number().positive().optional(),
      tokens_per_minute: z.number().positive().optional(),
      input_tokens_per_minute: z.number().positive().optional(),
      output_tokens_per_minute: z.number().positive().optional(),
      requests_per_day: z.number().positive().optional(),
      tokens_per_day: z.number().positive().optional(),
    })
    .optional()
    .describe('Rate limits of the account'),
  tier: z
    .strictObject({ provider: z.string(), tier: z.string(), model: z.string() })
    .optional()
    .describe(
      'Published limits, such as provider openai, tier 1, model gpt-4o, or anthropic, tier start',
    ),
})

const QUALITY_RISKS = ['none', 'low', 'medium', 'high', 'unknown'] as const
/** A class with its reason, never a score: quality is not in usage data. */
export type QualityRisk = (typeof QUALITY_RISKS)[number]

export const rankOptionsInput = z.strictObject({
  options: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(200),
        title: z.string().min(1).max(300),
        saving_usd: z.number().describe('In one and the same period for all; negative: costs more'),
        latency_change_ms: z
          .number()
          .nullable()
          .describe('Of the median request; null: not measured'),
        quality_risk: z.enum(QUALITY_RISKS),
      }),
    )
    .min(1)
    .max(50),
  weights: z
    .strictObject({ cost: share, latency: share, quality: share })
    .optional()
    .describe('0.5, 0.2 and 0.3 unless given; only their ratio counts'),
})

/** What cannot be said from these data. */
export interface NotMeasurable {
  what: string
  why: string
  /** What would make it measurable. */
  needs: string
}

/** Every result has these. */
export interface Answered {
  /** What each number is, by its field's name. */
  formula: Record<string, string>
  not_measurable: NotMeasurable[]
}

/** Which requests a result is about. */
export interface Covered {
  files: { file_id: string; name: string; format: string }[]
  /** In words; '' for everything. */
  where: string
  rows: number
  /** null: no row says how many requests it stands for. */
  requests: number | null
  /** Rows that do not say how many requests they stand for, where there are such. */
  uncounted_rows?: number
  /** First and last request; null without a time column. */
  from: string | null
  to: string | null
  /** The files have no clock in common: there is no first and no last request. */
  clocks_differ?: true
  /** Times count from the start of a trace, shown as 1970-01-01: no day is known, and no hour of it. */
  relative?: true
  /** Rows that could not be read, of all files. */
  rejected_rows: number
}

export interface CatalogueShown {
  package: '@pydantic/genai-prices'
  version: string
  /** Prices of this moment. */
  priced_at: string
}

/** Dollars per million tokens of one request with more input tokens than `above_input_tokens`. */
interface RatesShown {
  above_input_tokens: number
  input: number
  /** null: the catalogue has no price of its own for it, and it is charged as input. */
  cached_input: number | null
  cache_write: number | null
  output: number
}

export interface PricedModelShown {
  provider: string
  model: string
  usd_per_million_tokens: RatesShown[]
}

export interface PricingShown {
  basis: 'reported' | 'own_models' | 'model' | 'reported_and_list'
  /** The models whose list prices were used, at most 20; none when reported. */
  models: PricedModelShown[]
  /** null when reported. */
  catalogue: CatalogueShown | null
  /** Requests whose cost is a list price, which nobody need have paid. */
  estimated_requests: number
  /** Requests without a price: no cost in their row, or a model that the catalogue does not have. */
  unpriced_requests: number
  /** Rows that do not count their requests, which are in neither of these; only where there are such. */
  uncounted_rows?: { estimated: number; unpriced: number }
  /** Models that the catalogue does not have, with the nearest names it has; at most 20. */
  unknown: { model: string; requests: number; uncounted_rows?: number; nearest: string[] }[]
}

/** Of requests; each row once for each of its requests where rows are single requests. */
export interface Distribution {
  mean: number
  p50: number
  p90: number
  p95: number
  p99: number
  max: number
}

export interface Figures {
  /** null: no row says how many requests it stands for. */
  requests: number | null
  /** Requests with the status `error`. */
  errors: number | null
  error_rate: number | null
  input_tokens: number | null
  output_tokens: number | null
  cached_input_tokens: number | null
  cached_share_of_input: number | null
  cost_usd: number | null
  cost_text: string | null
  share_of_requests: number | null
  share_of_cost: number | null
  unpriced_requests: number
  input_tokens_per_request: Distribution | null
  output_tokens_per_request: Distribution | null
  latency_ms: Distribution | null
  first_token_ms: Distribution | null
}

export interface WorkloadProfile extends Answered {
  covered: Covered
  pricing: PricingShown | null
  total: Figures
  by: Dimension[]
  /** Along time in its order, else those that cost most (or have most requests) first. */
  groups: (Figures & { key: Partial<Record<Dimension, string | null>> })[]
  groups_in_all: number
}

interface CostShare {
  cost_usd: number
  cost_text: string
  share_of_cost: number
}

export interface SizeBucket extends CostShare {
  above_tokens: number
  /** null: no end. */
  up_to_tokens: number | null
  requests: number
  share_of_requests: number
  tokens: number
}

export interface CostDrivers extends Answered {
  covered: Covered
  pricing: PricingShown
  total: { requests: number | null; cost_usd: number; cost_text: string }
  /** null when only what was paid is known, not for what. */
  parts:
    | (CostShare & {
        part: 'input' | 'cached_input' | 'cache_write' | 'output' | 'per_request'
        tokens: number
      })[]
    | null
  by: {
    dimension: Dimension
    groups: (CostShare & {
      key: string | null
      requests: number | null
      share_of_requests: number | null
      /** Of these nothing is in the cost. */
      unpriced_requests: number
      /** No row of it has a price. */
      is_unpriced: boolean
    })[]
    /** What the groups shown leave; null: nothing. */
    others:
      | (CostShare & {
          groups: number
          requests: number | null
          share_of_requests: number | null
        })
      | null
  }[]
  /** The dearest 1 %, 10 %, 20 % and 50 % of the requests; null of aggregated rows. */
  concentration: (CostShare & { share_of_requests: number; requests: number })[] | null
  /** The fewest requests that together cost at least 80 %. */
  pareto: { requests: number; share_of_requests: number; share_of_cost: 0.8 } | null
  largest: (CostShare & {
    at: string | null
    source: string
    model: string | null
    user: string | null
    requests: number
    input_tokens: number | null
    output_tokens: number | null
  })[]
  input_sizes: SizeBucket[] | null
  output_sizes: SizeBucket[] | null
  long_context:
    | (CostShare & { above_tokens: number; requests: number; share_of_requests: number })
    | null
  /** What failed and was paid for. */
  errors: (CostShare & { requests: number; share_of_requests: number }) | null
  /** The same prompt again within 10 minutes after it failed. */
  retries: (CostShare & { requests: number; share_of_requests: number }) | null
}

export interface Method {
  name: string
  reference: string
  /** How it is applied here. */
  applied: string
}

export interface Anomalies extends Answered {
  covered: Covered
  pricing: PricingShown | null
  metric: string
  unit: string
  bucket: 'minute' | 'hour' | 'day'
  methods: Method[]
  span: {
    from: string
    to: string
    /** Whole buckets that were looked at. */
    buckets: number
    /** Of these, without any request. */
    empty_buckets: number
    /** First and last bucket, which the files may hold only in part. */
    left_out: string[]
    /** Buckets of a season that was taken out; 0: none. */
    season: number
  } | null
  /** The strongest first, at most 50. */
  anomalies: {
    at: string
    value: number
    expected: number
    difference: number
    /** Modified z-score. */
    score: number
    direction: 'high' | 'low'
  }[]
  anomalies_in_all: number
  /** null with fewer than 10 buckets. */
  trend: {
    direction: 'rising' | 'falling' | 'none'
    /** Mann–Kendall. */
    s: number
    z: number
    p_value: number
    /** Theil–Sen, in the metric's unit. */
    slope_per_bucket: number
    slope_per_day: number
    median: number
  } | null
  /** Bucket and value, for a chart; at most 750. */
  series: [at: string, value: number][]
}

export interface PrefixCache {
  /** null: unbounded. */
  capacity_blocks: number | null
  ttl_seconds: number | null
  requests: number
  requests_with_hit: number
  input_tokens: number
  /** Input tokens that the cache would hold when their request comes. */
  reusable_input_tokens: number
  share_of_input_tokens: number
}

export interface PromptReuse extends Answered {
  covered: Covered
  /** null without `prompt_hash`. */
  repeated_prompts: {
    requests: number
    distinct_prompts: number
    /** Requests whose prompt had come before. */
    repeated_requests: number
    share_of_requests: number
    repeated_input_tokens: number | null
    share_of_input_tokens: number | null
    /** What these requests cost: saved if their answers were kept. */
    cost_usd: number | null
    cost_text: string | null
    top: { prompt_hash: string; requests: number; input_tokens: number | null }[]
  } | null
  /** null without `prompt_blocks`; first the unbounded cache, then the one asked for. */
  prefix_cache: {
    block_tokens: number
    blocks: number
    distinct_blocks: number
    caches: PrefixCache[]
  } | null
  /** What the provider's cache did already; null without `cached_input_tokens`. */
  already_cached: { input_tokens: number; share_of_input_tokens: number } | null
  /** What the last cache of `prefix_cache` would save at the model's cached price; null: no such price. */
  saving: {
    provider: string
    model: string
    usd_per_million_tokens: RatesShown[]
    /** Of the first tier. */
    input_usd_per_million: number
    cached_input_usd_per_million: number
    /** Beyond what is cached already. */
    newly_cached_input_tokens: number
    gross_usd: number
    gross_text: string
    /** What writing all other input into the cache costs more than plain input; 0 at most providers. */
    write_surcharge_usd: number
    write_surcharge_text: string
    saving_usd: number
    saving_text: string
    /** The input at today's caching. */
    input_cost_usd: number
    input_cost_text: string
    share_of_input_cost: number
    catalogue: CatalogueShown
  } | null
}

export interface Substitute {
  provider: string
  model: string
  usd_per_million_tokens: RatesShown[]
  /** Of the requests that move. */
  cost_usd: number
  cost_text: string
  saving_usd: number
  saving_text: string
  share_of_slice_cost: number
  share_of_total_cost: number
  /** The whole workload afterwards. */
  total_after_usd: number
  total_after_text: string
  /** Tokens; null: the catalogue does not say. */
  context_window: number | null
  /** Requests that move and do not fit into it; null when it is not known. */
  requests_beyond_context: number | null
  latency: {
    /** Median of the candidate's requests in the data less the median of those that move; null: not measurable. */
    change_ms: number | null
    why: string
  }
  quality_risk: QualityRisk
  quality_reason: string
}

export interface Substitution extends Answered {
  covered: Covered
  pricing: PricingShown
  total: { requests: number | null; cost_usd: number; cost_text: string }
  slice: {
    where: string
    requests: number
    share_of_requests: number
    cost_usd: number
    cost_text: string
    share_of_cost: number
  }
  /** The greatest saving first. */
  options: Substitute[]
  unknown: { model: string; nearest: string[] }[]
  catalogue: CatalogueShown
}

export interface BatchOffer {
  provider: string
  /** Of the list price. */
  discount: number
  answered_within: string
  source: string
  read_on: string
}

export interface BatchPricing extends Answered {
  covered: Covered
  pricing: PricingShown
  offers: BatchOffer[]
  total: { requests: number | null; cost_usd: number; cost_text: string }
  /** If everything that an offer covers, and is no batch call yet, could wait. */
  everything: CostShare & { requests: number; saving_usd: number; saving_text: string }
  /** Requests that may be counted by several reasons; `deferrable` counts each once. */
  reasons: (CostShare & {
    reason: 'all' | 'hours' | 'operations' | 'bursts'
    detail: string
    requests: number
    saving_usd: number
    saving_text: string
  })[]
  deferrable: CostShare & {
    requests: number
    share_of_requests: number
    saving_usd: number
    saving_text: string
    share_of_total_cost_saved: number
  }
  assumptions: string[]
}

export interface Growth extends Answered {
  covered: Covered
  pricing: PricingShown | null
  factor: number
  after_months: number
  /** What the files hold, and the same times `factor`. */
  span: { days: number; now: Volume; projected: Volume } | null
  total: { now: Volume; projected: Volume }
  /** 30 days at the mean of the span; null when the span is shorter than a week. */
  month: { now: Volume; projected: Volume } | null
  /** null without a time column. */
  peaks: { now: Peaks; projected: Peaks } | null
  limits: {
    limit: string
    value: number
    /** Who says so: the person, or a page. */
    source: string
    read_on: string | null
    /** What the provider says of it. */
    note?: string
    peak_now: number
    peak_then: number
    /** 1 - peak / value; negative: exceeded. */
    headroom_now: number
    headroom_then: number
    exceeded_now: boolean
    exceeded_then: boolean
    /** Minutes (or days) of the span above it. */
    times_exceeded_now: number
    times_exceeded_then: number
    of_times: number
    exceeded_at_factor: number
    /** If usage grows by the same factor again and again; null: never, or already. */
    exceeded_after_months: number | null
  }[]
}

export interface Volume {
  requests: number
  input_tokens: number | null
  output_tokens: number | null
  cost_usd: number | null
  cost_text: string | null
}

/** The busiest calendar minute (day), and the 99th percentile of minutes with requests. */
export interface Peaks {
  requests_per_minute: number
  requests_per_minute_p99: number
  tokens_per_minute: number | null
  input_tokens_per_minute: number | null
  output_tokens_per_minute: number | null
  requests_per_day: number
  tokens_per_day: number | null
}

export interface Ranking extends Answered {
  /** As used: they add up to 1, and what is not measured of every option has 0. */
  weights: { cost: number; latency: number; quality: number }
  ranked: {
    rank: number
    id: string
    title: string
    score: number
    scores: { cost: number; latency: number | null; quality: number }
    saving_usd: number
    saving_text: string
    latency_change_ms: number | null
    quality_risk: QualityRisk
    /** Ids of options that are at least as good in everything and better in something. */
    dominated_by: string[]
  }[]
}
