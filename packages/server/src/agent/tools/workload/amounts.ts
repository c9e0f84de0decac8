import type { ModelPrices } from '../data/catalogue.ts'
import { bigOf } from './money.ts'
import { hasTokens, quantities, REQUESTS_AT_MOST } from './price-sql.ts'
import { PARTS, ratesOf } from './rates.ts'
import type { Subject } from './subject.ts'

/** What rows are charged for that every model charges at the same rates. */
interface Amounts {
  /** Input tokens of each of these requests are more than this. */
  above: number
  isBatch: boolean
  sums: Record<(typeof PARTS)[number], bigint>
}

/**
 * Sums of tokens by where any of the models changes its rates. Within one of them a price is linear,
 * so the price of the sums is the sum of the requests' prices.
 */
export async function amountsOf(
  subject: Subject,
  from: string,
  models: readonly ModelPrices[],
): Promise<Amounts[]> {
  const starts = new Set(models.flatMap(({ steps }) => steps.map(({ above }) => above)))
  const steps = [...starts.add(-1)].toSorted((a, b) => a - b)
  const input = subject.has('input_tokens') ? 'coalesce(input_tokens, 0)' : '0'
  const cases = steps
    .slice(1)
    .map((step, index) => `WHEN ${input} <= ${step} * ${REQUESTS_AT_MOST} THEN ${index}`)
  const step = cases.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE ${steps.length - 1} END`
  const batch = subject.has('is_batch') ? 'coalesce(is_batch, false)' : 'false'
  const amounts = quantities(subject)
  const rows = await subject.ask(
    `SELECT ${step} AS step, ${batch} AS batch, ${PARTS.map((part) => `sum(${amounts[part]})`).join(', ')}
     FROM ${from} AS w WHERE ${hasTokens(subject)} GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  return rows.map(([place, isBatch, input_, cached, write, output, request]) => ({
    above: steps[Number(place)] ?? -1,
    isBatch: isBatch === true,
    sums: {
      input: bigOf(input_),
      cached: bigOf(cached),
      write: bigOf(write),
      output: bigOf(output),
      request: bigOf(request),
    },
  }))
}

/** Femto-dollars of the amounts on a model. */
export function priceOfAmounts(prices: ModelPrices, amounts: readonly Amounts[]): bigint {
  let cost = 0n
  for (const { above, isBatch, sums } of amounts) {
    const step = prices.steps.findLast((candidate) => candidate.above <= above)
    if (!step) continue
    const rates = ratesOf(prices, step, isBatch)
    for (const part of PARTS) cost += sums[part] * rates[part]
  }
  return cost
}
