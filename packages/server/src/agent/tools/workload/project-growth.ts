import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { Tool } from '../tool.ts'
import { bigOf, dollars, dollarText, numberOrNull, rounded } from './money.ts'
import { peaksOf, type Exceeded, type PeakUnit } from './peaks.ts'
import { openPricing, unpricedOf } from './pricing.ts'
import { PUBLISHED_LIMITS, whereToLook } from './rate-limits.ts'
import {
  projectGrowthInput,
  type Growth,
  type NotMeasurable,
  type Peaks,
  type Volume,
} from './schemas.ts'
import { lacking, ofSingleRequests, openSubject, type Subject } from './subject.ts'

const MS_PER_DAY = 86_400_000
const DAYS_PER_MONTH = 30
/** Shorter spans miss part of the week's course. */
const FEWEST_DAYS = 7

interface Limit {
  limit: PeakUnit
  value: number
  source: string
  read_on: string | null
  note?: string
}

/** What grows when usage does, and which rate limits it meets. */
export const projectGrowth = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'project_growth',
  description:
    'What becomes of the usage in attached files when it grows by a factor ("3 times next month"): requests, tokens and cost in US dollars, busiest minute and day, and these against rate limits, given or published: headroom, and from which factor on they are exceeded.',
  input: projectGrowthInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<Growth> {
    const asked = projectGrowthInput.parse(input)
    const { factor, after_months: after = 1 } = asked
    const published = publishedLimits(asked.tier)
    const limits = [...givenLimits(asked.limits), ...published.limits]
    const subject = await openSubject(workloads, asked, context)
    const pricing = await openPricing(subject, asked.pricing, clock)
    const priced = 'what' in pricing ? undefined : pricing
    const total = await volumeOf(subject, priced?.from)
    const { from, to } = subject.covered
    const days = daysBetween(from, to)
    const peaks = from && !subject.aggregated ? await peaksOf(subject, limits, factor) : undefined
    const month = days >= FEWEST_DAYS ? DAYS_PER_MONTH / days : undefined
    return {
      covered: subject.covered,
      pricing: priced?.shown ?? null,
      factor,
      after_months: after,
      span: from
        ? { days: rounded(days, 6), now: shown(total, 1), projected: shown(total, factor) }
        : null,
      total: { now: shown(total, 1), projected: shown(total, factor) },
      month: month ? { now: shown(total, month), projected: shown(total, month * factor) } : null,
      peaks: peaks ? { now: peaks.now, projected: times(peaks.now, factor) } : null,
      limits: peaks
        ? limits.flatMap((limit, index) =>
            judged(limit, peaks.now[limit.limit], peaks.exceeded[index], { factor, after }),
          )
        : [],
      formula: formulaOf(factor, after, priced?.formula),
      not_measurable: [
        ...('what' in pricing ? [pricing] : unpricedOf(pricing)),
        ...published.unknown,
        ...notMeasurable(subject, days, limits, priced?.shown.models[0]?.provider),
      ],
    }
  },
})

const daysBetween = (from: string | null, to: string | null): number =>
  from && to ? (Date.parse(to) - Date.parse(from)) / MS_PER_DAY : 0

function givenLimits(limits: Partial<Record<PeakUnit, number | undefined>> | undefined): Limit[] {
  return Object.entries(limits ?? {}).flatMap(([limit, value]) =>
    value === undefined
      ? []
      : [{ limit: limit as PeakUnit, value, source: 'given by the person', read_on: null }],
  )
}

/** Of a tier that no page told, nothing; `unknown` says where the account's own are shown. */
function publishedLimits(asked: { provider: string; tier: string; model: string } | undefined): {
  limits: Limit[]
  unknown: NotMeasurable[]
} {
  if (!asked) return { limits: [], unknown: [] }
  const provider = asked.provider.toLowerCase()
  const tier = asked.tier
    .toLowerCase()
    .replaceAll(/\b(?:usage|tier)\b/g, '')
    .trim()
  // A dated snapshot has the limits of its model.
  const model = asked.model.toLowerCase().replace(/-(?:\d{4}-\d\d-\d\d|\d{8})$/, '')
  const ofModel = PUBLISHED_LIMITS.filter(
    (each) => each.provider === provider && each.model === model,
  )
  const found = ofModel.find((each) => each.tier === tier)
  if (!found) {
    const tiers = ofModel.map((each) => each.tier).join(', ')
    return {
      limits: [],
      unknown: [
        {
          what: `headroom under the limits of ${asked.provider} ${asked.model}, tier ${asked.tier}`,
          why:
            ofModel.length === 0
              ? 'No page that was read tells the limits of this model.'
              : `The pages that were read tell only its tiers ${tiers}.`,
          needs: `The account’s own limits (limits). ${whereToLook(provider)}`,
        },
      ],
    }
  }
  const { source, read_on, note } = found
  const entries = Object.entries(found.limits) as [PeakUnit, number][]
  return {
    limits: entries.map(([limit, value]) => ({
      limit,
      value,
      source,
      read_on,
      ...(note !== undefined && { note }),
    })),
    unknown: [],
  }
}

interface Sums {
  requests: bigint
  input: bigint | null
  output: bigint | null
  cost: bigint | null
}

async function volumeOf(subject: Subject, priced: string | undefined): Promise<Sums> {
  const input = subject.has('input_tokens') ? 'sum(input_tokens)' : 'NULL'
  const output = subject.has('output_tokens') ? 'sum(output_tokens)' : 'NULL'
  const [row] = await subject.ask(
    `SELECT sum(requests), ${input}, ${output}, ${priced === undefined ? 'NULL' : 'sum(cost)'} FROM ${priced ?? subject.from} AS w`,
  )
  const sum = (index: number): bigint | null =>
    numberOrNull(row?.[index]) === null ? null : bigOf(row?.[index])
  return { requests: bigOf(row?.[0]), input: sum(1), output: sum(2), cost: sum(3) }
}

/** A factor as a fraction of whole numbers, so that money stays exact: to nine decimals. */
const SCALE = 1_000_000_000n

function shown(sums: Sums, factor: number): Volume {
  const by = BigInt(Math.round(factor * Number(SCALE)))
  const half = SCALE / 2n
  const scaled = (value: bigint): bigint => (value * by + half) / SCALE
  const cost = sums.cost === null ? null : scaled(sums.cost)
  return {
    requests: Number(scaled(sums.requests)),
    input_tokens: sums.input === null ? null : Number(scaled(sums.input)),
    output_tokens: sums.output === null ? null : Number(scaled(sums.output)),
    cost_usd: cost === null ? null : dollars(cost),
    cost_text: cost === null ? null : dollarText(cost),
  }
}

function times(peaks: Peaks, factor: number): Peaks {
  const by = (value: number | null) => (value === null ? null : rounded(value * factor, 3))
  return {
    requests_per_minute: by(peaks.requests_per_minute) ?? 0,
    requests_per_minute_p99: by(peaks.requests_per_minute_p99) ?? 0,
    tokens_per_minute: by(peaks.tokens_per_minute),
    input_tokens_per_minute: by(peaks.input_tokens_per_minute),
    output_tokens_per_minute: by(peaks.output_tokens_per_minute),
    requests_per_day: by(peaks.requests_per_day) ?? 0,
    tokens_per_day: by(peaks.tokens_per_day),
  }
}

function judged(
  limit: Limit,
  peak: number | null,
  exceeded: Exceeded | undefined,
  { factor, after }: { factor: number; after: number },
): Growth['limits'] {
  if (peak === null || !exceeded) return []
  const { value } = limit
  const most = peak === 0 ? Number.MAX_SAFE_INTEGER : value / peak
  const grows = factor > 1 && most > 1
  return [
    {
      ...limit,
      peak_now: peak,
      peak_then: rounded(peak * factor, 3),
      headroom_now: rounded(1 - peak / value, 6),
      headroom_then: rounded(1 - (peak * factor) / value, 6),
      exceeded_now: peak > value,
      exceeded_then: peak * factor > value,
      times_exceeded_now: exceeded.now,
      times_exceeded_then: exceeded.projected,
      of_times: exceeded.of,
      exceeded_at_factor: rounded(most, 6),
      exceeded_after_months: grows ? rounded((after * Math.log(most)) / Math.log(factor), 2) : null,
    },
  ]
}

function notMeasurable(
  subject: Subject,
  days: number,
  limits: readonly Limit[],
  provider: string | undefined,
): NotMeasurable[] {
  const found: NotMeasurable[] = []
  if (!subject.has('at')) found.push(subject.lacking('usage of a month, and busiest minutes', 'at'))
  else if (subject.aggregated) found.push(ofSingleRequests('the busiest minute'))
  if (subject.has('at') && days < FEWEST_DAYS) {
    found.push({
      what: 'usage and cost of a month',
      why: `The files span ${rounded(days, 3)} days, which need not be like the rest of a month.`,
      needs: `At least ${FEWEST_DAYS} days.`,
    })
  }
  for (const column of ['input_tokens', 'output_tokens'] as const)
    if (!subject.has(column)) found.push(lacking(column, column))
  const perToken = limits.some(({ limit }) => limit.includes('tokens'))
  const isTold = limits.every(({ note }) => note !== undefined)
  if (perToken && !isTold && subject.has('cached_input_tokens')) {
    found.push({
      what: 'whether cached input counts against token limits',
      why: 'Providers differ; here all input counts.',
      needs: 'The provider’s rule for cached input.',
    })
  }
  if (limits.length === 0) {
    found.push({
      what: 'headroom under rate limits',
      why: 'No limits were given.',
      needs: `The account’s limits (limits), or its published tier (tier). ${whereToLook(provider)}`,
    })
  }
  return found
}

const formulaOf = (
  factor: number,
  after: number,
  cost: string | undefined,
): Record<string, string> => ({
  projected: `now × ${factor}: more requests of the same sizes, spread over time as now`,
  ...(cost === undefined ? {} : { cost_usd: `sum of cost; ${cost}` }),
  month: `sum of the span / its days × ${DAYS_PER_MONTH}`,
  requests_per_minute: 'most requests in one calendar minute',
  requests_per_minute_p99: '99th percentile over minutes with requests',
  tokens_per_minute:
    'most input and output tokens in one calendar minute, by when the request began',
  headroom_then: `1 - peak × ${factor} / limit`,
  times_exceeded_then: `minutes (days) of the span in which the load × ${factor} is above the limit`,
  exceeded_at_factor: 'limit / peak',
  exceeded_after_months: `${after} × ln(limit / peak) / ln(${factor})`,
})
