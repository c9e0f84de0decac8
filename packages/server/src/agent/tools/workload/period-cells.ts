import type { Clock } from '../../../platform/clock.ts'
import type { Dimension } from '../../workload/dimensions.ts'
import { ToolError } from '../tool.ts'
import type { Span } from './choose-periods.ts'
import { keyOf, sqlOf } from './dimension-sql.ts'
import type { Charged } from './lmdi.ts'
import { bigOf, numberOf, numberOrNull } from './money.ts'
import { quantities } from './price-sql.ts'
import { openPricing, REPORTED, type Pricing } from './pricing.ts'
import { PARTS } from './rates.ts'
import type { Subject } from './subject.ts'
import { timestampOf } from './where.ts'

/** Groups that are told apart; the others, which cost least, are one. */
const MOST_GROUPS = 1_000
const MOST_CELLS = { rows: 70_000, bytes: 16_000_000 }

/**
 * How what a request cost lies on its kinds of tokens. `list`: as each was charged for; `shared`: what
 * was paid, shared as list prices share it; `whole`: nobody can tell.
 */
export type Split = 'list' | 'shared' | 'whole'

/** Requests of one model in one group and one period. */
export interface Cell {
  period: 'baseline' | 'comparison'
  /** Of the groups that are not told apart. */
  isRest: boolean
  group: string | null
  model: string | null
  /** Those that rows count. */
  requests: number
  rows: number
  /** Rows that do not say how many requests they stand for. */
  uncounted: number
  /** Requests and rows with a price, what they cost, and tokens and list prices of each of `PARTS`. */
  priced: { requests: number; rows: number; uncounted: number; cost: bigint; parts: Charged[] }
  /** Of rows that count their requests: what these cost, and their tokens. */
  countedCost: bigint
  tokens: { input: number | null; cached: number | null; output: number | null }
  first: number
  last: number
}

/** A selection of rows with their `cost`, and but for `whole` with `cost_input` and so on. */
export interface Charges {
  from: string
  split: Split
}

/** Rows with what they cost, and where models are known with the list price of each kind of token. */
export async function chargesOf(
  subject: Subject,
  pricing: Pricing,
  clock: Clock,
): Promise<Charges> {
  if (pricing.parts) return { from: pricing.from, split: 'list' }
  const list = subject.has('model')
    ? await openPricing(subject, { basis: 'own_models' }, clock)
    : undefined
  if (!list || 'what' in list) return { from: pricing.from, split: 'whole' }
  const paid = pricing.shown.basis === 'reported' ? REPORTED : `coalesce(${REPORTED}, cost)`
  return { from: `(SELECT * REPLACE (${paid} AS cost) FROM ${list.from} AS l)`, split: 'shared' }
}

interface Asked {
  baseline: Span
  comparison: Span
  by: Dimension | null
  /** Undefined where nothing has a price. */
  charges: Charges | undefined
  /** Whether requests of a group are told apart by their model. */
  byModel: boolean
}

const within = ({ from, to }: Span): string =>
  `("at" >= ${timestampOf(from)} AND "at" < ${timestampOf(to)})`

/**
 * All that is asked of both periods, in one pass over the rows.
 *
 * @throws ToolError when groups and models are more than 70,000 together.
 */
export async function cellsOf(
  subject: Subject,
  { baseline, comparison, by, charges, byModel }: Asked,
): Promise<{ cells: Cell[]; groups: number }> {
  const column = (name: 'input_tokens' | 'cached_input_tokens' | 'output_tokens'): string =>
    subject.has(name) ? name : 'NULL::BIGINT'
  const charged = chargedSql(subject, charges)
  const listed = (of: (each: (typeof charged)[number], place: number) => string): string =>
    charged.map((each, place) => `, ${of(each, place)}`).join('')
  const rows = await subject.ask(
    `WITH dated AS (SELECT ${within(comparison)} AS is_later, ${by === null ? 'NULL' : `(${sqlOf(by)})`}::VARCHAR AS grp,
         ${byModel ? 'model' : 'NULL::VARCHAR'} AS kind, requests, "at", ${charges ? 'cost' : 'NULL::HUGEINT AS cost'},
         ${column('input_tokens')} AS input, ${column('cached_input_tokens')} AS cached, ${column('output_tokens')} AS output${listed(({ tokens, cost }, place) => `${tokens} AS tokens_${place}, ${cost} AS cost_${place}`)}
         FROM ${charges?.from ?? subject.from} AS w WHERE ${within(baseline)} OR ${within(comparison)}),
       cells AS MATERIALIZED (SELECT is_later, grp, kind, sum(requests) AS requests,
         sum(requests) FILTER (WHERE cost IS NOT NULL) AS priced, sum(cost) AS cost,
         count(*) AS calls, count(cost) AS priced_rows, count(cost) FILTER (WHERE requests IS NULL) AS priced_uncounted, count(*) - count(requests) AS uncounted, ${counted('cost')} AS counted_cost,
         ${counted('input')} AS input, ${counted('cached')} AS cached, ${counted('output')} AS output, min(epoch_ms("at")) AS begun, max(epoch_ms("at")) AS ended${listed((_, place) => `sum(tokens_${place}) FILTER (WHERE cost IS NOT NULL) AS tokens_${place}, sum(cost_${place}) FILTER (WHERE cost IS NOT NULL) AS cost_${place}`)}
         FROM dated GROUP BY is_later, grp, kind),
       kept AS (SELECT grp, true AS is_kept, count(*) OVER () AS groups FROM cells GROUP BY grp ORDER BY sum(cost) DESC NULLS LAST, sum(requests) DESC NULLS LAST, grp LIMIT ${MOST_GROUPS})
     SELECT is_later, is_kept IS NULL, CASE WHEN is_kept THEN cells.grp END, kind, sum(requests), sum(priced), sum(cost), sum(input), sum(cached), sum(output), min(begun), max(ended),
       (SELECT max(groups) FROM kept), count(*) OVER (), sum(calls), sum(priced_rows), sum(priced_uncounted), sum(uncounted), sum(counted_cost)${listed((_, place) => `sum(tokens_${place}), sum(cost_${place})`)}
     FROM cells LEFT JOIN kept ON cells.grp IS NOT DISTINCT FROM kept.grp GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    MOST_CELLS,
  )
  if (rows.length < numberOf(rows[0]?.[13]))
    throw new ToolError(
      'The files name too many models to compare by another column: choose some with where.',
    )
  const cells = rows.map((row): Cell => {
    const [isLater, isRest, group, model, requests, priced, cost, ...rest] = row
    const [input, cached, output, first, last, _groups, _cells, ...counts] = rest
    const [calls, pricedRows, pricedUncounted, uncounted, countedCost, ...amounts] = counts
    return {
      period: isLater === true ? 'comparison' : 'baseline',
      isRest: isRest === true,
      group: by === null ? null : keyOf(by, group),
      model: model === null || model === undefined ? null : String(model),
      requests: numberOf(requests),
      rows: numberOf(calls),
      uncounted: numberOf(uncounted),
      countedCost: bigOf(countedCost),
      priced: {
        requests: numberOf(priced),
        rows: numberOf(pricedRows),
        uncounted: numberOf(pricedUncounted),
        cost: bigOf(cost),
        parts: charged.map((_, place) => ({
          tokens: numberOf(amounts[place * 2]),
          cost: bigOf(amounts[place * 2 + 1]),
        })),
      },
      tokens: {
        input: numberOrNull(input),
        cached: numberOrNull(cached),
        output: numberOrNull(output),
      },
      first: numberOf(first),
      last: numberOf(last),
    }
  })
  return { cells, groups: numberOf(rows[0]?.[12]) }
}

/** A ratio to requests is of the rows that count them. */
const counted = (column: string): string => `sum(${column}) FILTER (WHERE requests IS NOT NULL)`

/** Tokens of each kind, and their cost where that is known. */
function chargedSql(
  subject: Subject,
  charges: Charges | undefined,
): { tokens: string; cost: string }[] {
  if (charges === undefined) return []
  const amounts = quantities(subject)
  const isKnown = charges.split !== 'whole'
  return PARTS.map((part) => ({
    tokens: amounts[part],
    cost: isKnown ? `cost_${part}` : 'NULL::HUGEINT',
  }))
}
