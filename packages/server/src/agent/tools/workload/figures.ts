import type { Cell } from '../data/schemas.ts'
import {
  bigOf,
  dollars,
  dollarText,
  numberOf,
  numberOrNull,
  rounded,
  shareOf,
  shareOrNull,
} from './money.ts'
import type { Pricing } from './pricing.ts'
import type { Distribution, Figures } from './schemas.ts'
import type { Subject } from './subject.ts'

const DISTRIBUTED = ['input_tokens', 'output_tokens', 'latency_ms', 'first_token_ms'] as const
/** Cells before the distributions, each of which has six. */
const PLAIN = 7

/** Expressions over rows; `figuresOf` reads their cells in this order. Rows have `cost` if priced. */
export function figuresSql(subject: Subject, priced: boolean): string[] {
  const { has, aggregated } = subject
  const sum = (column: 'input_tokens' | 'output_tokens' | 'cached_input_tokens'): string =>
    has(column) ? `sum(${column})` : 'NULL'
  const errors = has('status')
    ? `coalesce(sum(requests) FILTER (WHERE status = 'error'), 0)`
    : 'NULL'
  const distributions = DISTRIBUTED.flatMap((column) =>
    has(column) && !aggregated ? distributionSql(column) : Array.from({ length: 6 }, () => 'NULL'),
  )
  return [
    'sum(requests)',
    errors,
    sum('input_tokens'),
    sum('output_tokens'),
    sum('cached_input_tokens'),
    priced ? 'sum(cost)' : 'NULL',
    priced ? 'coalesce(sum(requests) FILTER (WHERE cost IS NULL), 0)' : 'sum(requests)',
    ...distributions,
  ]
}

const distributionSql = (column: string): string[] => [
  `sum(${column}) / count(${column})`,
  // The same aggregate four times is computed once: its values are held in memory once.
  ...[1, 2, 3, 4].map((place) => `(quantile_cont(${column}, [0.5, 0.9, 0.95, 0.99]))[${place}]`),
  `max(${column})`,
]

/** @param total of everything that shares are of; without a cost when it is not measurable. */
export function figuresOf(
  cells: readonly Cell[],
  subject: Subject,
  total: { requests: number | null; cost: bigint | undefined },
): Figures {
  const [requests, errors, input, output, cached, cost, unpriced] = cells
  const cents = total.cost === undefined || cost === null ? undefined : bigOf(cost)
  const distribution = (index: number): Distribution | null =>
    distributionOf(cells.slice(PLAIN + index * 6, PLAIN + 6 + index * 6))
  return {
    requests: numberOrNull(requests),
    errors: numberOrNull(errors),
    error_rate:
      errors === null || requests === null ? null : shareOf(numberOf(errors), numberOf(requests)),
    input_tokens: numberOrNull(input),
    output_tokens: numberOrNull(output),
    cached_input_tokens: numberOrNull(cached),
    cached_share_of_input:
      cached === null || input === null || !subject.has('cached_input_tokens')
        ? null
        : shareOf(numberOf(cached), numberOf(input)),
    cost_usd: cents === undefined ? null : dollars(cents),
    cost_text: cents === undefined ? null : dollarText(cents),
    share_of_requests: shareOrNull(numberOrNull(requests), total.requests),
    share_of_cost:
      cents === undefined || total.cost === undefined ? null : shareOf(cents, total.cost),
    unpriced_requests: numberOf(unpriced),
    input_tokens_per_request: distribution(0),
    output_tokens_per_request: distribution(1),
    latency_ms: distribution(2),
    first_token_ms: distribution(3),
  }
}

function distributionOf(cells: readonly Cell[]): Distribution | null {
  if (cells.length < 6 || cells.some((cell) => cell === null)) return null
  const [mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0] = cells.map((cell) =>
    rounded(numberOf(cell), 3),
  )
  return { mean, p50, p90, p95, p99, max }
}

export const formulaOfFigures = (pricing: Pricing | undefined): Record<string, string> => ({
  requests: 'sum of requests; a row is one request unless the file is aggregated',
  errors: 'sum of requests with status error',
  error_rate: 'errors / requests',
  input_tokens: 'sum of input_tokens, cached input included',
  output_tokens: 'sum of output_tokens, reasoning included',
  cached_share_of_input: 'cached_input_tokens / input_tokens',
  ...(pricing ? { cost_usd: `sum of cost; ${pricing.formula}` } : {}),
  share_of_requests: 'requests of the group / requests of the whole',
  share_of_cost: 'cost of the group / cost of the whole',
  p50: 'percentile over requests, between the two nearest ranks (linear interpolation)',
  mean: 'sum / number of requests that have the value',
})
