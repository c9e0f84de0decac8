import type { WorkloadColumn } from '../../workload/columns.ts'
import { quoteName } from '../data/duck/quote.ts'
import type { Costed } from './costed.ts'
import { bigOf, costOf, numberOf, numberOrNull, shareOf } from './money.ts'
import type { CostDrivers } from './schemas.ts'
import { isoOf } from './subject.ts'

const TOP_SHARES = [0.01, 0.1, 0.2, 0.5] as const
const PARETO_SHARE = 0.8

/** Bins of cost for each factor e: some thousands for all costs there are. */
const BINS_PER_E = 256

/** Grows with the cost, so that bins are stretches of the order of costs; -1 is free. */
export const BIN = `CASE WHEN coalesce(cost, 0) <= 0 THEN -1 ELSE floor(ln(cost::DOUBLE) * ${BINS_PER_E})::INTEGER END`

export interface Bin {
  bin: number
  requests: bigint
  cost: bigint
}

/**
 * How few requests cost how much, exactly, without sorting all of them: costs were counted in bins,
 * and only the bins in which an answer lies are looked into.
 *
 * @param bins the dearest first.
 */
export async function concentrationOf(
  { subject, pricing, total }: Costed,
  bins: readonly Bin[],
): Promise<Pick<CostDrivers, 'concentration' | 'pareto'>> {
  const counts = TOP_SHARES.map((share) => BigInt(Math.ceil(share * (total.requests ?? 0) - 1e-9)))
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
      share_of_requests: shareOf(fewest, total.requests ?? 0),
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
