import type { Clock } from '../../../platform/clock.ts'
import { columnOf, type Dimension } from '../../workload/dimensions.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { ToolError, type Tool } from '../tool.ts'
import { DAY_MS, startOf, stepsOn, type Step } from './calendar.ts'
import { choosePeriods, coveredShare, type Periods, type Span } from './choose-periods.ts'
import { explain } from './explain-difference.ts'
import { numberOf } from './money.ts'
import { cellsOf, chargesOf, type Cell, type Split } from './period-cells.ts'
import {
  comparePeriodsInput,
  type ComparePeriodsInput,
  type Counted,
  type PeriodComparison,
} from './period-comparison.ts'
import { openPricing, unpricedOf, type Pricing } from './pricing.ts'
import type { Method, NotMeasurable } from './schemas.ts'
import { openSubject, uncountedOf, type Subject } from './subject.ts'

const SHOWN = 10
const LEFT_OUT_NAMED = 5
const PERIODS = ['baseline', 'comparison'] as const

const METHOD: Method = {
  name: 'additive LMDI-I (logarithmic mean Divisia index)',
  reference:
    'B. W. Ang, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33, 2005; zeros as in B. W. Ang, N. Liu, Handling zero values in the logarithmic mean Divisia index decomposition approach, Energy Policy 35, 2007',
  applied:
    'cost of each group = hours × requests per hour × share of the requests × share of each model in the group × tokens per request × price per token; each effect is the sum of L(cost, cost before) × ln(factor / factor before), with L(a, b) = (a − b) / ln(a / b). Groups in one of the periods only stand beside it',
}

/** Why usage costs more or less than before: the difference as a sum of effects. */
export const comparePeriods = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'compare_periods',
  description:
    'Why the cost of the usage in attached files changed between two periods: cost, requests, tokens per request and price per token of both, and the difference as an exact sum of effects (length of the periods, volume, mix between groups, models, tokens per request, price per token, new and gone groups; additive LMDI-I), of the whole and by one dimension. Without periods: the last whole month, week, day or hour of the data against the one before.',
  input: comparePeriodsInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<PeriodComparison> {
    const asked = comparePeriodsInput.parse(input)
    needWholeTime(asked)
    const subject = await openSubject(workloads, asked, context)
    needDates(subject)
    const opened = await openPricing(subject, asked.pricing, clock)
    const pricing = 'what' in opened ? undefined : opened
    // On one model for all of them requests do not differ by their own.
    const isByModel = subject.has('model') && pricing?.shown.basis !== 'model'
    const by = asked.by ?? (isByModel ? 'model' : null)
    needColumn(subject, by)
    const data = await spanOf(subject, 'workload')
    const isPart = subject.covered.where !== ''
    const requests = isPart ? await spanOf(subject, subject.from) : data
    const periods = choosePeriods(asked, data, requests)
    const byModel = isByModel && by !== 'model'
    const charges = pricing && (await chargesOf(subject, pricing, clock))
    const { cells, groups } = await cellsOf(subject, { ...periods, by, charges, byModel })
    needRequests(cells, { subject, periods, data })
    const explained = explain(cells, {
      periods,
      data,
      by,
      split: charges?.split,
      subject,
      top: asked.top ?? SHOWN,
      groups,
    })
    return {
      covered: subject.covered,
      pricing: pricing?.shown ?? null,
      method: METHOD,
      chosen: periods.chosen,
      ...explained,
      formula: formulaOf(subject, pricing, charges?.split, explained.counted_in),
      not_measurable: [
        ...uncountedOf(subject),
        ...notMeasurable({ subject, periods, data }, opened, charges?.split),
        ...leftOutOf(explained),
      ],
    }
  },
})

const WHAT = 'What changed from one period to another'

/** @throws ToolError where a condition takes away what the periods are chosen from. */
function needWholeTime({ where }: ComparePeriodsInput): void {
  if (where?.from !== undefined || where?.to !== undefined)
    throw new ToolError('Name the periods as comparison and baseline, not in where.')
}

/** @throws ToolError where the files cannot be split so. */
function needColumn(subject: Subject, by: Dimension | null): void {
  if (by !== null && !subject.has(columnOf(by)))
    throw new ToolError(
      `Not measurable by ${by}: the files have no ${columnOf(by)}. They have: ${[...subject.columns].join(', ')}.`,
    )
}

/** @throws ToolError where no request has a date. */
function needDates(subject: Subject): void {
  if (!subject.has('at') || subject.covered.from === null) {
    const { why, needs } = subject.lacking(WHAT, 'at')
    throw new ToolError(`${WHAT} is not measurable from these data: ${why} Needed: ${needs}`)
  }
  if (subject.covered.relative)
    throw new ToolError(
      `${WHAT} is not measurable from these data: their times count from a start of their own and name no day. Needed: when each request was made.`,
    )
}

/** The time that rows cover; those of an export stand for a whole step. */
async function spanOf(subject: Subject, rows: string): Promise<Span> {
  const steps = ['month', 'day', 'hour'] as const satisfies Step[]
  const whole = steps.map((step) => `bool_and("at" = date_trunc('${step}', "at"))`)
  const [row = []] = await subject.ask(
    `SELECT min(epoch_ms("at")), max(epoch_ms("at")), ${whole.join(', ')} FROM ${rows} AS w`,
  )
  const [first, last] = [numberOf(row[0]), numberOf(row[1])]
  // One moment alone is no step.
  const step = steps.find((_, place) => row[place + 2] === true && first < last)
  return { from: first, to: step === undefined ? last + 1 : stepsOn(step, startOf(step, last), 1) }
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const minuteOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

/** `from 2026-03-01 to 2026-03-31` of whole days, the last one included; else with the times. */
function spanText({ from, to }: Span): string {
  if (from % DAY_MS !== 0 || to % DAY_MS !== 0)
    return `from ${minuteOf(from)} to ${minuteOf(to)} (UTC)`
  const [first, last] = [dayOf(from), dayOf(to - DAY_MS)]
  return first === last ? `on ${first}` : `from ${first} to ${last}`
}

/** On which day the data begin and on which they end. */
const dataText = ({ from, to }: Span): string => `from ${dayOf(from)} to ${dayOf(to - 1)}`

interface Compared {
  subject: Subject
  periods: Periods
  data: Span
}

/**
 * Requests of some project may well be none in a period that the data cover.
 *
 * @throws ToolError where none at all are in a period, or where nobody knows.
 */
function needRequests(cells: readonly Cell[], { subject, periods, data }: Compared): void {
  const isCovered = PERIODS.every((period) => coveredShare(periods[period], data) > 0)
  const mayBeNone = subject.covered.where !== '' && isCovered && cells.length > 0
  for (const period of mayBeNone ? [] : PERIODS)
    if (!cells.some((cell) => cell.period === period))
      throw new ToolError(
        `${WHAT} is not measurable from these data: there are no requests ${spanText(periods[period])}. The data go ${data.to - data.from < 2 * DAY_MS ? spanText(data) : dataText(data)}.`,
      )
}

const effect = (of: string): string => `Σ L(cost, cost before) × ln(${of})`

const BY_KIND: Record<Split, string> = {
  list: ', by kind of token',
  shared: ', by kind of token; what was paid is shared among them as list prices share it',
  whole: ', input and output together',
}

function formulaOf(
  subject: Subject,
  pricing: Pricing | undefined,
  split: Split | undefined,
  countedIn: Counted,
): Record<string, string> {
  const general = {
    requests: 'sum of requests in the period; a row is one request unless the file is aggregated',
    input_tokens_per_request:
      'input tokens / requests, cached input included; of rows that count their requests',
    cached_input_tokens_per_request: 'cached input tokens / requests',
    output_tokens_per_request: 'output tokens / requests',
    covered_share: 'time of the period for which the files hold data / its length',
    'difference.requests': 'requests − requests of the baseline',
    requests_share: 'difference.requests / requests of the baseline',
  }
  if (!pricing) return general
  const tokens = subject.has('input_tokens') || subject.has('output_tokens')
  return {
    ...general,
    cost_usd: `sum of cost in the period; ${pricing.formula}`,
    usd_per_request: 'cost / requests with a price',
    usd_per_million_tokens: 'cost / (input + output tokens of requests with a price) × 1,000,000',
    'difference.cost_usd': 'cost − cost of the baseline; the sum of all effects',
    cost_share: 'difference.cost_usd / cost of the baseline',
    share_of_difference: 'effect / difference.cost_usd',
    length: effect('hours with data / those of the baseline'),
    volume: effect(`${countedIn} per hour / those before, of groups in both periods`),
    mix: effect(`share of the group in the ${countedIn} / its share before`),
    models: effect('share of the model in its group / its share before'),
    tokens: effect(
      `${countedIn === 'tokens' ? 'share of each kind in the tokens / its share before' : 'tokens per request / those before'}${BY_KIND[split ?? 'whole']}`,
    ),
    price: effect(
      `cost per ${tokens ? 'token' : 'request'} / that before${BY_KIND[split ?? 'whole']}`,
    ),
    new: 'cost of groups without a request in the baseline',
    gone: '− cost of groups without a request in the period compared with it',
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** What has a price in one period more than in the other is no difference of cost. */
function leftOutOf({ left_out: left }: Pick<PeriodComparison, 'left_out'>): NotMeasurable[] {
  if (left.length === 0) return []
  const names = left
    .slice(0, LEFT_OUT_NAMED)
    .map(
      ({ group, model, priced_share: share }) =>
        `${[group, model].filter((name) => name !== null).join(' on ') || 'everything'} (${percent(share.baseline)} before, ${percent(share.comparison)} after)`,
    )
  const more = left.length > LEFT_OUT_NAMED ? ` and ${left.length - LEFT_OUT_NAMED} more` : ''
  return [
    {
      what: 'a difference of cost of what has a price in one period more than in the other',
      why: `It is left out of both periods: ${names.join(', ')}${more}.`,
      needs: 'What was paid (cost_usd) in both periods.',
    },
  ]
}

function notMeasurable(
  { subject, periods, data }: Compared,
  pricing: Pricing | NotMeasurable,
  split: Split | undefined,
): NotMeasurable[] {
  const found: NotMeasurable[] = []
  for (const period of PERIODS) {
    const share = coveredShare(periods[period], data)
    if (share < 1)
      found.push({
        what: `all of the ${period === 'baseline' ? 'baseline' : 'period compared with it'}`,
        why: `The data go ${dataText(data)}, and the period is ${spanText(periods[period])}: they hold ${(share * 100).toFixed(1)} % of it. The effect of length is what follows from that.`,
        needs: 'The requests of the rest of it.',
      })
  }
  if ('what' in pricing) return [...found, pricing]
  if (pricing.shown.basis !== 'reported')
    found.push({
      what: 'changes of list prices between the periods',
      why: 'Both periods are estimated at the list prices of now.',
      needs: 'What was paid (cost_usd).',
    })
  if (split === 'whole' && (subject.has('input_tokens') || subject.has('output_tokens')))
    found.push({
      what: 'what of the price per token is the share of input, cached input and output',
      why: 'The files say what was paid for a request, not for what.',
      needs: 'Which model each request used, by a name of the price catalogue.',
    })
  return [...found, ...unpricedOf(pricing)]
}
