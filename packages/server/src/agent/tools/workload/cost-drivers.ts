import type { Clock } from '../../../platform/clock.ts'
import { columnOf, type Dimension } from '../../workload/dimensions.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { Tool } from '../tool.ts'
import { concentrationOf, largestOf } from './concentration.ts'
import type { Costed } from './costed.ts'
import { sqlOf } from './dimension-sql.ts'
import { groupedCosts } from './grouped-costs.ts'
import { bigOf, costOf, dollars, dollarText, numberOf, shareOf } from './money.ts'
import { quantities } from './price-sql.ts'
import { needPricing, unpricedOf, type Pricing } from './pricing.ts'
import { PARTS } from './rates.ts'
import { costDriversInput, type CostDrivers, type NotMeasurable } from './schemas.ts'
import { lacking, ofSingleRequests, openSubject, uncountedOf, type Subject } from './subject.ts'

const SHOWN = 10
const LONG_CONTEXT_TOKENS = 100_000
const RETRIED_WITHIN_MINUTES = 10
const USUAL: readonly Dimension[] = ['source', 'model', 'user', 'project', 'api_key', 'operation']
const PART_NAMES = {
  input: 'input',
  cached: 'cached_input',
  write: 'cache_write',
  output: 'output',
  request: 'per_request',
} as const

/** Where the money goes. */
export const costDrivers = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'cost_drivers',
  description:
    'Where the money of the usage in attached files goes: shares of input, cached input and output; by model, user, project, operation and so on; how few requests cost how much; the largest requests; sizes of requests with their cost; long contexts; errors and retries that were paid for. Name a model in pricing to see it as if it had run there.',
  input: costDriversInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<CostDrivers> {
    const asked = costDriversInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    const pricing = await needPricing(subject, asked.pricing, clock)
    const { requests } = subject.covered
    const top = asked.top ?? SHOWN
    const long = asked.long_context_tokens ?? LONG_CONTEXT_TOKENS
    const whole = await wholeOf(subject, pricing, { long, findsDimensions: asked.by === undefined })
    const { cost } = whole
    const costed = { subject, pricing, total: { requests, cost } }
    const wanted = asked.by ?? whole.differs
    const by = wanted.filter((dimension) => subject.has(columnOf(dimension)))
    const single = !subject.aggregated
    const grouped = await groupedCosts(costed, by, top)
    const sliceOf = ({ calls, paid }: Slice) => ({
      requests: calls,
      share_of_requests: shareOf(calls, requests ?? 0),
      ...costOf(paid, cost),
    })
    return {
      covered: subject.covered,
      pricing: pricing.shown,
      total: { requests, cost_usd: dollars(cost), cost_text: dollarText(cost) },
      parts: whole.parts && partsShown(whole.parts, cost),
      by: grouped.by,
      ...(single
        ? await concentrationOf(costed, grouped.bins)
        : { concentration: null, pareto: null }),
      largest: await largestOf(costed, top),
      input_sizes: grouped.sizes.input_tokens,
      output_sizes: grouped.sizes.output_tokens,
      long_context:
        single && subject.has('input_tokens')
          ? { above_tokens: long, ...sliceOf(whole.long) }
          : null,
      errors: subject.has('status') ? sliceOf(whole.errors) : null,
      retries: canTellRetries(subject) ? sliceOf(await retriesOf(costed)) : null,
      formula: {
        cost_usd: `sum of cost; ${pricing.formula}`,
        share_of_cost: 'cost / total cost',
        share_of_requests: 'requests / all requests',
        parts:
          'tokens of each kind × their price, summed over requests; per_request: price of a request itself',
        concentration:
          'requests in order of their cost, the dearest first: cost of the first ceil(share × requests) / total cost',
        pareto: 'the least number of dearest requests whose cost reaches 80 % of the total',
        long_context: `requests with more than ${long} input tokens`,
        errors: 'requests with status error; their cost is what their tokens cost',
        retries: `requests whose prompt_hash is that of a request that failed in the ${RETRIED_WITHIN_MINUTES} minutes before`,
      },
      not_measurable: [
        ...uncountedOf(subject),
        ...unpricedOf(pricing),
        ...notMeasurable(costed, wanted),
      ],
    }
  },
})

interface Slice {
  calls: number
  /** Femto-dollars. */
  paid: bigint
}

interface Whole {
  cost: bigint
  /** Cost and tokens of each part; null when only what was paid is known. */
  parts: { cost: bigint; tokens: number }[] | null
  long: Slice
  errors: Slice
  /** Dimensions in which the requests differ. */
  differs: Dimension[]
}

const sliced = (condition: string): string[] => [
  `coalesce(sum(requests) FILTER (WHERE ${condition}), 0)`,
  `sum(cost) FILTER (WHERE ${condition})`,
]

/** All that is asked of the whole, in one pass. */
async function wholeOf(
  subject: Subject,
  pricing: Pricing,
  { long, findsDimensions }: { long: number; findsDimensions: boolean },
): Promise<Whole> {
  const there = findsDimensions ? USUAL.filter((dimension) => subject.has(columnOf(dimension))) : []
  const amounts = quantities(subject)
  const columns = [
    'sum(cost)',
    ...sliced(subject.has('input_tokens') ? `input_tokens > ${long}` : 'false'),
    ...sliced(subject.has('status') ? `status = 'error'` : 'false'),
    ...there.map(
      (dimension) => `(min(${sqlOf(dimension)}) IS DISTINCT FROM max(${sqlOf(dimension)}))`,
    ),
    ...(pricing.parts
      ? PARTS.flatMap((part) => [
          `sum(cost_${part}) FILTER (WHERE cost IS NOT NULL)`,
          `sum(${amounts[part]}) FILTER (WHERE cost IS NOT NULL)`,
        ])
      : []),
  ]
  const [row = []] = await subject.ask(`SELECT ${columns.join(', ')} FROM ${pricing.from} AS w`)
  const [cost, longCalls, longPaid, errorCalls, errorPaid, ...rest] = row
  const parts = rest.slice(there.length)
  return {
    cost: bigOf(cost),
    long: { calls: numberOf(longCalls), paid: bigOf(longPaid) },
    errors: { calls: numberOf(errorCalls), paid: bigOf(errorPaid) },
    differs: there.filter((_, index) => rest[index] === true),
    parts: pricing.parts
      ? PARTS.map((_, index) => ({
          cost: bigOf(parts[index * 2]),
          tokens: numberOf(parts[index * 2 + 1]),
        }))
      : null,
  }
}

const partsShown = (parts: NonNullable<Whole['parts']>, whole: bigint): CostDrivers['parts'] =>
  PARTS.map((part, index) => ({
    part: PART_NAMES[part],
    tokens: part === 'request' ? 0 : (parts[index]?.tokens ?? 0),
    ...costOf(parts[index]?.cost ?? 0n, whole),
  })).filter(({ tokens, cost_usd }) => tokens > 0 || cost_usd > 0)

const canTellRetries = ({ has }: Subject): boolean =>
  has('status') && has('prompt_hash') && has('at')

async function retriesOf({ subject, pricing }: Costed): Promise<Slice> {
  const failed = `max(CASE WHEN status = 'error' THEN "at" END) OVER (PARTITION BY prompt_hash ORDER BY "at" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const from = `(SELECT *, ${failed} AS failed_at FROM ${pricing.from} AS v WHERE prompt_hash IS NOT NULL)`
  const [row] = await subject.ask(
    `SELECT coalesce(sum(requests), 0), sum(cost) FROM ${from} AS w WHERE "at" - failed_at <= INTERVAL ${RETRIED_WITHIN_MINUTES} MINUTE`,
  )
  return { calls: numberOf(row?.[0]), paid: bigOf(row?.[1]) }
}

function notMeasurable(
  { subject, pricing }: Costed,
  wanted: readonly Dimension[],
): NotMeasurable[] {
  const found: NotMeasurable[] = []
  if (!pricing.parts) {
    found.push({
      what: 'shares of input, cached input and output in the cost',
      why: 'The files say what was paid for a request, not for what.',
      needs: 'pricing {"basis": "own_models"} (needs model and tokens), or one model to price on.',
    })
  }
  for (const dimension of wanted) {
    const column = columnOf(dimension)
    if (!subject.has(column)) found.push(lacking(`cost by ${dimension}`, column))
  }
  for (const column of ['model', 'user', 'project', 'operation'] as const) {
    if (!subject.has(column) && !wanted.includes(column))
      found.push(lacking(`cost by ${column}`, column))
  }
  if (subject.aggregated)
    found.push(ofSingleRequests('concentration, sizes and long contexts of single requests'))
  if (!subject.has('status')) found.push(lacking('errors that were paid for', 'status'))
  if (!subject.has('cached_input_tokens'))
    found.push(lacking('share of cached input', 'cached_input_tokens'))
  if (!canTellRetries(subject)) {
    const column = (['prompt_hash', 'status', 'at'] as const).find((name) => !subject.has(name))
    if (column) found.push(subject.lacking('retries that were paid for', column))
  }
  return found
}
