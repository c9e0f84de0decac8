import type { Dimension } from '../../workload/dimensions.ts'
import { BIN, type Bin } from './concentration.ts'
import type { Costed } from './costed.ts'
import { keyOf, sqlOf } from './dimension-sql.ts'
import { bigOf, costOf, numberOf, numberOrNull, shareOf, shareOrNull } from './money.ts'
import type { CostDrivers, SizeBucket } from './schemas.ts'

const MOST_ROWS = { rows: 70_000, bytes: 16_000_000 }

/** Upper ends of the classes of size, in tokens of one request. */
const EDGES = {
  input_tokens: [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000],
  output_tokens: [0, 50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
} as const
type Side = keyof typeof EDGES

interface GroupedCosts {
  by: CostDrivers['by']
  /** Only where rows are single requests. */
  bins: Bin[]
  sizes: Record<Side, SizeBucket[] | null>
}

/**
 * Requests and their cost by each dimension, by stretches of cost and by size, in one pass: what a row
 * costs is computed once for all of them.
 */
export async function groupedCosts(
  { subject, pricing, total }: Costed,
  dimensions: readonly Dimension[],
  top: number,
): Promise<GroupedCosts> {
  const single = !subject.aggregated
  const sides = (['input_tokens', 'output_tokens'] as const).filter(
    (side) => single && subject.has(side),
  )
  const keys = [...dimensions.map(sqlOf), ...sides.map(bucketOf), ...(single ? [BIN] : [])]
  if (keys.length === 0)
    return { by: [], bins: [], sizes: { input_tokens: null, output_tokens: null } }
  const names = keys.map((_, place) => `key_${place}`)
  const tokens = (side: Side): string => (subject.has(side) ? side : 'NULL::BIGINT')
  const which = `CASE ${names.map((name, place) => `WHEN grouping(${name}) = 0 THEN ${place}`).join(' ')} END`
  const text = `CASE ${names.map((name) => `WHEN grouping(${name}) = 0 THEN ${name}::VARCHAR`).join(' ')} END`
  const rows = await subject.ask(
    `WITH keyed AS (SELECT ${keys.map((sql, place) => `${sql} AS ${names[place] ?? ''}`).join(', ')},
         cost, requests, ${tokens('input_tokens')} AS input, ${tokens('output_tokens')} AS output FROM ${pricing.from} AS w),
       grouped AS (SELECT ${which} AS place, ${text} AS key, count(*) AS calls, coalesce(sum(cost), 0) AS paid,
         sum(requests) AS requests, coalesce(sum(requests) FILTER (WHERE cost IS NULL), 0) AS unpriced, count(cost) = 0 AS is_unpriced,
         sum(input) AS input, sum(output) AS output
         FROM keyed GROUP BY GROUPING SETS (${names.map((name) => `(${name})`).join(', ')}))
     SELECT place, key, calls, paid, requests, unpriced, input, output, count(*) OVER (PARTITION BY place) AS in_all, is_unpriced
     FROM grouped QUALIFY place >= ${dimensions.length} OR row_number() OVER (PARTITION BY place ORDER BY paid DESC, requests DESC NULLS LAST, key NULLS LAST) <= ${top}
     ORDER BY place, paid DESC, requests DESC NULLS LAST, key NULLS LAST`,
    MOST_ROWS,
  )
  const at = (place: number) => rows.filter((row) => numberOf(row[0]) === place)
  const by = dimensions.map((dimension, place): CostDrivers['by'][number] => {
    const own = at(place)
    const groups = own.map(([, key, , paid, requests, unpriced, , , , isUnpriced]) => ({
      key: keyOf(dimension, key),
      requests: numberOrNull(requests),
      share_of_requests: shareOrNull(numberOrNull(requests), total.requests),
      unpriced_requests: numberOf(unpriced),
      is_unpriced: isUnpriced === true,
      ...costOf(bigOf(paid), total.cost),
    }))
    const left = numberOf(own[0]?.[8]) - own.length
    if (left <= 0) return { dimension, groups, others: null }
    const cost = total.cost - own.reduce((sum, [, , , paid]) => sum + bigOf(paid), 0n)
    const requests =
      total.requests === null
        ? null
        : total.requests - groups.reduce((sum, group) => sum + (group.requests ?? 0), 0)
    const share_of_requests = shareOrNull(requests, total.requests)
    const others = { groups: left, requests, share_of_requests, ...costOf(cost, total.cost) }
    return { dimension, groups, others }
  })
  const sizes: GroupedCosts['sizes'] = { input_tokens: null, output_tokens: null }
  for (const [index, side] of sides.entries()) {
    const edges = EDGES[side]
    sizes[side] = at(dimensions.length + index)
      .filter(([, key]) => key !== null && key !== undefined)
      .toSorted(([, one], [, other]) => numberOf(one) - numberOf(other))
      .map(([, bucket, , paid, requests, , input, output]) => ({
        above_tokens: edges[numberOf(bucket)] ?? 0,
        up_to_tokens: edges[numberOf(bucket) + 1] ?? null,
        requests: numberOf(requests),
        share_of_requests: shareOf(numberOf(requests), total.requests ?? 0),
        tokens: numberOf(side === 'input_tokens' ? input : output),
        ...costOf(bigOf(paid), total.cost),
      }))
  }
  const bins = single
    ? at(keys.length - 1).map(([, bin, calls, paid]): Bin => ({
        bin: numberOf(bin),
        requests: bigOf(calls),
        cost: bigOf(paid),
      }))
    : []
  return { by, bins: bins.toSorted((one, other) => other.bin - one.bin), sizes }
}

/** The class of size of a row; none of rows that do not say it. */
function bucketOf(side: Side): string {
  const edges = EDGES[side]
  const cases = edges.slice(1).map((edge, index) => `WHEN ${side} <= ${edge} THEN ${index}`)
  return `CASE WHEN ${side} IS NULL THEN NULL ${cases.join(' ')} ELSE ${edges.length - 1} END`
}
