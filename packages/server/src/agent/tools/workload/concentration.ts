import type { WorkloadColumn } from '../../workload/columns.ts'
import { quoteName } from '../data/duck/quote.ts'
import type { Costed } from './costed.ts'
import { bigOf, costOf, numberOf, numberOrNull, shareOf } from './money.ts'
import type { CostDrivers, SizeBucket } from './schemas.ts'
import { isoOf } from './subject.ts'

const TOP_SHARES = [0.01, 0.1, 0.2, 0.5] as const
const PARETO_SHARE = 0.8

/** Bins of cost for each factor e: some thousands for all costs there are. */
const BINS_PER_E = 256
const MOST_BINS = { rows: 60_000, bytes: 8_000_000 }

/** Grows with the cost, so that bins are stretches of the order of costs; -1 is free. */
const BIN = `CASE WHEN coalesce(cost, 0) <= 0 THEN -1 ELSE floor(ln(cost::DOUBLE) * ${BINS_PER_E})::INTEGER END`

interface Bin {
  bin: number
  requests: bigint
  cost: bigint
}

/**
 * How few requests cost how much, exactly, without sorting all of them: costs are counted in bins,
 * and only the bins in which an answer lies are looked into.
 */
export async function concentrationOf({
  subject,
  pricing,
  total,
}: Costed): Promise<Pick<CostDrivers, 'concentration' | 'pareto'>> {
  const rows = await subject.ask(
    `SELECT ${BIN} AS bin, count(*), coalesce(sum(cost), 0) FROM ${pricing.from} AS w GROUP BY 1 ORDER BY 1 DESC`,
    MOST_BINS,
  )
  const bins = rows.map(([bin, requests, cost]): Bin => ({
    bin: numberOf(bin),
    requests: bigOf(requests),
    cost: bigOf(cost),
  }))
  const counts = TOP_SHARES.map((share) => BigInt(Math.ceil(share * total.requests - 1e-9)))
  const tops = counts.map((count) =>
    endOf(bins, (above) => above.requests + above.bin.requests >= count),
  )
  const target = (total.cost * 8n + 9n) / 10n
  const reached = endOf(bins, (above) => above.cost + above.bin.cost >= target)
  const taken = tops.map(({ bin, requests }, index) => topOf(bin, (counts[index] ?? 0n) - requests))
  const wanted = [...new Set([...tops, reached].map(({ bin }) => bin))]
  const [row = []] = await subject.ask(
    `WITH prices AS (SELECT ${BIN} AS bin, coalesce(cost, 0) AS price FROM ${pricing.from} AS w),
     steps AS (SELECT bin, price, count(*)::HUGEINT AS calls FROM prices WHERE bin IN (${wanted.join(', ')}) GROUP BY 1, 2),
     stairs AS (SELECT bin, price, calls, sum(calls) OVER down AS upto, sum(price * calls) OVER down AS paid
       FROM steps WINDOW down AS (PARTITION BY bin ORDER BY price DESC ROWS UNBOUNDED PRECEDING))
     SELECT ${fewestOf(reached.bin, target - reached.cost)}, ${taken.join(', ')} FROM stairs`,
  )
  const fewest = Number(reached.requests + bigOf(row[0]))
  return {
    concentration: TOP_SHARES.map((share, index) => ({
      share_of_requests: share,
      requests: Number(counts[index] ?? 0n),
      ...costOf((tops[index]?.cost ?? 0n) + bigOf(row[index + 1]), total.cost),
    })),
    pareto: {
      requests: fewest,
      share_of_requests: shareOf(fewest, total.requests),
      share_of_cost: PARETO_SHARE,
    },
  }
}

/** The first bin, from the dearest down, that fulfils a condition, and the sums of those above it. */
function endOf(
  bins: readonly Bin[],
  ends: (above: { requests: bigint; cost: bigint; bin: Bin }) => boolean,
): { bin: number; requests: bigint; cost: bigint } {
  let [requests, cost] = [0n, 0n]
  for (const bin of bins) {
    if (ends({ requests, cost, bin })) return { bin: bin.bin, requests, cost }
    requests += bin.requests
    cost += bin.cost
  }
  return { bin: -1, requests, cost }
}

/** Cost of the dearest requests of a bin; of equal ones only as many as are still wanted. */
const topOf = (bin: number, count: bigint): string =>
  `coalesce(sum(price * least(calls, greatest(${count} - (upto - calls), 0))) FILTER (WHERE bin = ${bin}), 0)::HUGEINT`

/** How many of the dearest requests of a bin together cost at least so much. */
function fewestOf(bin: number, cost: bigint): string {
  const within = `CASE WHEN price = 0 THEN 0::HUGEINT ELSE (${cost}::HUGEINT - (paid - price * calls) + price - 1) // price END`
  return `coalesce(arg_max(upto - calls + ${within}, price) FILTER (WHERE bin = ${bin} AND paid >= ${cost}::HUGEINT), 0)`
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
