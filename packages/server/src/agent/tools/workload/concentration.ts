import type { WorkloadColumn } from '../../workload/columns.ts'
import { quoteName } from '../data/duck/quote.ts'
import type { Costed } from './costed.ts'
import { bigOf, costOf, numberOf, numberOrNull, shareOf } from './money.ts'
import type { CostDrivers, SizeBucket } from './schemas.ts'
import { isoOf } from './subject.ts'

const TOP_SHARES = [0.01, 0.1, 0.2, 0.5] as const
const PARETO_SHARE = 0.8

/**
 * How few requests cost how much. Requests of equal cost are one step of a staircase, so that the
 * number of steps, not of requests, is what must be sorted.
 */
export async function concentrationOf({
  subject,
  pricing,
  total,
}: Costed): Promise<Pick<CostDrivers, 'concentration' | 'pareto'>> {
  const counts = TOP_SHARES.map((share) => Math.ceil(share * total.requests - 1e-9))
  // Of the step that a count ends in, only as many requests as are still wanted.
  const tops = counts.map(
    (count) =>
      `coalesce(sum(price * least(calls, greatest(${count} - (upto - calls), 0))), 0)::HUGEINT`,
  )
  const target = (total.cost * 8n + 9n) / 10n
  // Of the dearest step that reaches the target, as many requests as it takes.
  const within = `CASE WHEN price = 0 THEN 0::HUGEINT ELSE (${target}::HUGEINT - (paid - price * calls) + price - 1) // price END`
  const reached = `arg_max(upto - calls + ${within}, price) FILTER (WHERE paid >= ${target}::HUGEINT)`
  const [row = []] = await subject.ask(
    `WITH steps AS (SELECT coalesce(cost, 0) AS price, count(*)::HUGEINT AS calls FROM ${pricing.from} AS w GROUP BY 1),
     stairs AS (SELECT price, calls, sum(calls) OVER down AS upto, sum(price * calls) OVER down AS paid FROM steps WINDOW down AS (ORDER BY price DESC ROWS UNBOUNDED PRECEDING))
     SELECT ${reached}, ${tops.join(', ')} FROM stairs`,
  )
  const fewest = numberOf(row[0])
  return {
    concentration: TOP_SHARES.map((share, index) => ({
      share_of_requests: share,
      requests: counts[index] ?? 0,
      ...costOf(bigOf(row[index + 1]), total.cost),
    })),
    pareto: {
      requests: fewest,
      share_of_requests: shareOf(fewest, total.requests),
      share_of_cost: PARETO_SHARE,
    },
  }
}

export async function largestOf(
  { subject, pricing, total }: Costed,
  top: number,
): Promise<CostDrivers['largest']> {
  const column = (name: WorkloadColumn): string => (subject.has(name) ? quoteName(name) : 'NULL')
  const rows = await subject.ask(
    `SELECT cost, ${column('at')} AS moment, source, ${column('model')} AS model, ${column('user')} AS person, requests, ${column('input_tokens')} AS input, ${column('output_tokens')} AS output
     FROM ${pricing.from} AS w WHERE cost IS NOT NULL ORDER BY cost DESC, moment, source, input DESC, output DESC LIMIT ${top}`,
  )
  return rows.map(([cost, at, source, model, user, requests, input, output]) => ({
    at: isoOf(at),
    source: String(source),
    model: model === null || model === undefined ? null : String(model),
    user: user === null || user === undefined ? null : String(user),
    requests: numberOf(requests),
    input_tokens: numberOrNull(input),
    output_tokens: numberOrNull(output),
    ...costOf(bigOf(cost), total.cost),
  }))
}

const EDGES = {
  input_tokens: [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000],
  output_tokens: [0, 50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
} as const

/** Requests by their size; those without tokens are in the first bucket; empty ends are left out. */
export async function sizesOf(
  { subject, pricing, total }: Costed,
  column: keyof typeof EDGES,
): Promise<SizeBucket[] | null> {
  if (!subject.has(column)) return null
  const edges = EDGES[column]
  const cases = edges.slice(1).map((edge, index) => `WHEN ${column} <= ${edge} THEN ${index}`)
  const rows = await subject.ask(
    `SELECT CASE ${cases.join(' ')} ELSE ${edges.length - 1} END AS bucket, sum(requests), sum(${column}), sum(cost)
     FROM ${pricing.from} AS w WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`,
  )
  return rows.map(([bucket, requests, tokens, cost]) => ({
    above_tokens: edges[numberOf(bucket)] ?? 0,
    up_to_tokens: edges[numberOf(bucket) + 1] ?? null,
    requests: numberOf(requests),
    share_of_requests: shareOf(numberOf(requests), total.requests),
    tokens: numberOf(tokens),
    ...costOf(bigOf(cost), total.cost),
  }))
}
