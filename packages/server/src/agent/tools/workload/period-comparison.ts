import { z } from 'zod'

import { DIMENSIONS, TIME_STEPS, type Dimension } from '../../workload/dimensions.ts'
import { STEPS } from './calendar.ts'
import type { Effect } from './lmdi.ts'
import {
  instant,
  priced,
  top,
  type Answered,
  type Covered,
  type Method,
  type PricingShown,
} from './schemas.ts'

/** Arguments and result of `compare_periods`; units as in `schemas.ts`. */

/** Groups that requests of two periods can share: a step of time is in one of them only. */
const shared = z.enum(DIMENSIONS).exclude(TIME_STEPS)

export const comparePeriodsInput = z.strictObject({
  ...priced,
  comparison: z
    .strictObject({
      from: instant.describe('At this time or later'),
      to: instant.optional().describe('Before this time; the end of the data unless given'),
    })
    .optional()
    .describe('The later period; unless given the last whole month, week, day or hour'),
  baseline: z
    .strictObject({
      from: instant.describe('At this time or later'),
      to: instant.optional().describe('Before this time; as long as the comparison unless given'),
    })
    .optional()
    .describe('What it is compared with; unless given as long a time right before it'),
  step: z
    .enum(STEPS)
    .optional()
    .describe('Without periods: the last such unit that the data cover against the one before'),
  so_far: z
    .boolean()
    .optional()
    .describe(
      'With step: the unit that goes on at the end of the data, so far, against as long a part of the one before',
    ),
  by: shared.optional().describe('Groups; model unless given, where the files name it'),
  top: top.optional().describe('Groups shown at most, 10 unless given'),
})
export type ComparePeriodsInput = z.infer<typeof comparePeriodsInput>

/** Kinds of what is charged for; `all` is tokens of every kind that nobody can tell apart. */
export const KINDS = ['input', 'cached_input', 'cache_write', 'output', 'request', 'all'] as const
type Kind = (typeof KINDS)[number]

/** What usage is counted in: tokens, where rows do not say how many requests they stand for. */
export type Counted = 'requests' | 'tokens'

export interface SideFigures {
  /** null: no row says how many requests it stands for. */
  requests: number | null
  /** Rows that do not say it, where there are such: in no figure per request. */
  uncounted_rows?: number
  /** In which nothing of the cost is. */
  unpriced_requests: number
  /** Rows that do not count their requests, and of which nothing is in the cost. */
  unpriced_rows?: number
  cost_usd: number | null
  cost_text: string | null
  /** Of requests with a price, where there are prices. */
  usd_per_request: number | null
  /** Cached input is part of the input. */
  input_tokens_per_request: number | null
  cached_input_tokens_per_request: number | null
  output_tokens_per_request: number | null
  /** Of input and output together, of requests with a price: what a million tokens cost in the mean. */
  usd_per_million_tokens: number | null
}

export interface PeriodFigures extends SideFigures {
  /** At this time or later, before that; UTC. */
  from: string
  to: string
  hours: number
  /** The part of the period for which there are data, 0 to 1; 1 also where less than 5 % is missing. */
  covered_share: number
  /** First and last request in it; null where there is none of those that were asked for. */
  first: string | null
  last: string | null
}

interface Money {
  /** Negative: less than in the baseline. */
  cost_usd: number
  cost_text: string
}

export interface EffectShown extends Money {
  effect: Effect
  /** Of the difference: negative where it goes the other way; null of a difference of nothing. */
  share_of_difference: number | null
}

export interface GroupShown {
  key: string | null
  state: 'stays' | 'new' | 'gone'
  baseline: SideFigures | null
  comparison: SideFigures | null
  difference: Money & { share_of_difference: number | null }
  /** In US dollars; they sum to the group's difference. */
  effects: Record<Effect, number>
}

export interface LeftOut {
  group: string | null
  model: string | null
  /** Part of its rows with a price, 0 to 1. */
  priced_share: { baseline: number; comparison: number }
  /** Of what has a price. */
  cost_usd: { baseline: number; comparison: number }
}

export interface PeriodComparison extends Answered {
  covered: Covered
  pricing: PricingShown | null
  method: Method
  /** How the periods were chosen, in words. */
  chosen: string
  baseline: PeriodFigures
  comparison: PeriodFigures
  /** What `volume`, `mix` and `tokens` are of: tokens where rows do not count their requests. */
  counted_in: Counted
  /**
   * Groups and models that are left out of the cost of both periods, because a greater part of them has
   * a price in one of the periods than in the other.
   */
  left_out: LeftOut[]
  difference: {
    requests: number | null
    /** Of the baseline; null of nothing. */
    requests_share: number | null
    cost_usd: number | null
    cost_text: string | null
    cost_share: number | null
  }
  by: Dimension | null
  /** They sum to the difference of cost; null when nothing has a price. In their order. */
  effects: EffectShown[] | null
  /**
   * The effect `tokens` by kind, `all` of models without a list price; null when only what was paid is
   * known, not for what.
   */
  tokens: (Money & { kind: Exclude<Kind, 'request'> })[] | null
  /** What contributes most to the difference first, whichever way. */
  groups: GroupShown[]
  groups_in_all: number
  /** What the groups shown leave; null: nothing. */
  others:
    | (Money & { groups: number; requests: number | null; effects: Record<Effect, number> })
    | null
}
