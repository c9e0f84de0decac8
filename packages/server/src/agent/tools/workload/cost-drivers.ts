import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { Tool } from '../tool.ts'
import { concentrationOf, largestOf, sizesOf } from './concentration.ts'
import type { Costed } from './costed.ts'
import { columnOf, keyOf, sqlOf } from './dimensions.ts'
import { bigOf, costOf, dollars, dollarText, numberOf, shareOf } from './money.ts'
import { quantities } from './price-sql.ts'
import { needPricing, totalCost, unpricedOf } from './pricing.ts'
import { PARTS } from './rates.ts'
import {
  costDriversInput,
  type CostDrivers,
  type Dimension,
  type NotMeasurable,
} from './schemas.ts'
import { lacking, ofSingleRequests, openSubject, type Subject } from './subject.ts'

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
    const cost = await totalCost(subject, pricing)
    const costed = { subject, pricing, total: { requests, cost } }
    const top = asked.top ?? SHOWN
    const long = asked.long_context_tokens ?? LONG_CONTEXT_TOKENS
    const wanted = asked.by ?? (await tellingDimensions(subject))
    const by = wanted.filter((dimension) => subject.has(columnOf(dimension)))
    const single = !subject.aggregated
    return {
      covered: subject.covered,
      pricing: pricing.shown,
      total: { requests, cost_usd: dollars(cost), cost_text: dollarText(cost) },
      parts: pricing.parts ? await partsOf(costed) : null,
      by: await inTurn(by, (dimension) => groupsOf(costed, dimension, top)),
      ...(single ? await concentrationOf(costed) : { concentration: null, pareto: null }),
      largest: await largestOf(costed, top),
      input_sizes: single ? await sizesOf(costed, 'input_tokens') : null,
      output_sizes: single ? await sizesOf(costed, 'output_tokens') : null,
      long_context:
        single && subject.has('input_tokens')
          ? {
              above_tokens: long,
              ...(await sliceOf(costed, pricing.from, `input_tokens > ${long}`)),
            }
          : null,
      errors: subject.has('status')
        ? await sliceOf(costed, pricing.from, `status = 'error'`)
        : null,
      retries: canTellRetries(subject) ? await retriesOf(costed) : null,
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
      not_measurable: [...unpricedOf(pricing), ...notMeasurable(costed, wanted)],
    }
  },
})

/** One after the other: a query more at once would only wait for the same processes. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  for (const item of items) done.push(await work(item))
  return done
}

/** Dimensions in which the requests differ. */
async function tellingDimensions(subject: Subject): Promise<Dimension[]> {
  const there = USUAL.filter((dimension) => subject.has(columnOf(dimension)))
  const differs = there.map(
    (dimension) => `(min(${sqlOf(dimension)}) IS DISTINCT FROM max(${sqlOf(dimension)}))`,
  )
  const [row = []] = await subject.ask(`SELECT ${differs.join(', ')} FROM ${subject.from} AS w`)
  return there.filter((_, index) => row[index] === true)
}

async function partsOf({ subject, pricing, total }: Costed): Promise<CostDrivers['parts']> {
  const amounts = quantities(subject)
  const sums = PARTS.flatMap((part) => [`sum(cost_${part})`, `sum(${amounts[part]})`])
  const [row = []] = await subject.ask(
    `SELECT ${sums.join(', ')} FROM ${pricing.from} AS w WHERE cost IS NOT NULL`,
  )
  return PARTS.map((part, index) => ({
    part: PART_NAMES[part],
    tokens: part === 'request' ? 0 : numberOf(row[index * 2 + 1]),
    ...costOf(bigOf(row[index * 2]), total.cost),
  })).filter(({ tokens, cost_usd }) => tokens > 0 || cost_usd > 0)
}

async function groupsOf(
  { subject, pricing, total }: Costed,
  dimension: Dimension,
  top: number,
): Promise<CostDrivers['by'][number]> {
  const rows = await subject.ask(
    `SELECT ${sqlOf(dimension)} AS key, coalesce(sum(cost), 0) AS paid, sum(requests) AS calls, count(*) OVER () AS in_all
     FROM ${pricing.from} AS w GROUP BY 1 ORDER BY paid DESC, calls DESC, key NULLS LAST LIMIT ${top}`,
  )
  const groups = rows.map(([key, paid, calls]) => ({
    key: keyOf(dimension, key),
    requests: numberOf(calls),
    share_of_requests: shareOf(numberOf(calls), total.requests),
    ...costOf(bigOf(paid), total.cost),
  }))
  const left = numberOf(rows[0]?.[3]) - rows.length
  if (left <= 0) return { dimension, groups, others: null }
  const cost = total.cost - rows.reduce((sum, [, paid]) => sum + bigOf(paid), 0n)
  const requests = total.requests - groups.reduce((sum, group) => sum + group.requests, 0)
  const share_of_requests = shareOf(requests, total.requests)
  const others = { groups: left, requests, share_of_requests, ...costOf(cost, total.cost) }
  return { dimension, groups, others }
}

async function sliceOf({ subject, total }: Costed, from: string, condition: string) {
  const [row] = await subject.ask(
    `SELECT coalesce(sum(requests), 0), sum(cost) FROM ${from} AS w WHERE ${condition}`,
  )
  const requests = numberOf(row?.[0])
  return {
    requests,
    share_of_requests: shareOf(requests, total.requests),
    ...costOf(bigOf(row?.[1]), total.cost),
  }
}

const canTellRetries = ({ has }: Subject): boolean =>
  has('status') && has('prompt_hash') && has('at')

function retriesOf(costed: Costed) {
  const failed = `max(CASE WHEN status = 'error' THEN "at" END) OVER (PARTITION BY prompt_hash ORDER BY "at" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const from = `(SELECT *, ${failed} AS failed_at FROM ${costed.pricing.from} AS v WHERE prompt_hash IS NOT NULL)`
  const soon = `"at" - failed_at <= INTERVAL ${RETRIED_WITHIN_MINUTES} MINUTE`
  return sliceOf(costed, from, soon)
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
    if (column) found.push(lacking('retries that were paid for', column))
  }
  return found
}
