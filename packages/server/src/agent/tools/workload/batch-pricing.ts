import type { z } from 'zod'

import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { quoteText } from '../data/duck/quote.ts'
import type { Tool } from '../tool.ts'
import { BATCH_OFFERS, batchDiscountOf } from './batch-offers.ts'
import { bigOf, costOf, dollars, dollarText, numberOf, savingOf, shareOf } from './money.ts'
import { namedModels, needPricing, totalCost, unpricedOf, type Pricing } from './pricing.ts'
import { batchPricingInput, type BatchPricing, type NotMeasurable } from './schemas.ts'
import { lacking, namesNoDay, ofSingleRequests, openSubject, type Subject } from './subject.ts'

type Wanted = NonNullable<z.infer<typeof batchPricingInput>['deferrable']>

/** What is taken for deferrable when nobody says what is. */
const NIGHT = { from: 22, to: 6 }
const BURST_TIMES_MEDIAN = 5
const OPERATIONS =
  'embed|batch|eval|index|summar|classif|extract|moderat|translat|backfill|offline|nightly|report|enrich|label'

interface Reason {
  reason: BatchPricing['reasons'][number]['reason']
  detail: string
  condition: string
}

/** What batch interfaces would save, of everything and of what can wait. */
export const batchPricing = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'batch_pricing',
  description:
    'What the batch interfaces of OpenAI, Anthropic and Google (half price, answered within 24 hours) would save of the usage in attached files: if all of it could wait, and for the part that can: given hours of the day, operations or bursts, else what looks deferrable.',
  input: batchPricingInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<BatchPricing> {
    const asked = batchPricingInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    const pricing = await needPricing(subject, asked.pricing, clock)
    const total = await totalCost(subject, pricing)
    const off = await percentOf(subject, pricing, clock)
    const usual = subject.has('is_batch') ? 'NOT coalesce(is_batch, false)' : 'true'
    const covered = `(SELECT *, ${off} AS percent FROM ${pricing.from} AS v WHERE ${usual} AND cost IS NOT NULL AND ${off} > 0)`
    const figure = async (condition: string) => {
      const [row] = await subject.ask(
        `SELECT coalesce(sum(requests), 0), sum(cost), sum(cost * percent) // 100 FROM ${covered} AS w WHERE ${condition}`,
      )
      const saving = bigOf(row?.[2])
      const requests = numberOf(row?.[0])
      const shown = { requests, ...costOf(bigOf(row?.[1]), total), ...savingOf(saving) }
      return { shown, saving }
    }
    const given = reasonsOf(subject, asked.deferrable)
    const reasons: BatchPricing['reasons'] = []
    for (const { reason, detail, condition } of given)
      reasons.push({ reason, detail, ...(await figure(condition)).shown })
    const any = given.map(({ condition }) => `(${condition})`).join(' OR ')
    const deferrable = await figure(given.length === 0 ? 'false' : any)
    return {
      covered: subject.covered,
      pricing: pricing.shown,
      offers: [...BATCH_OFFERS],
      total: {
        requests: subject.covered.requests,
        cost_usd: dollars(total),
        cost_text: dollarText(total),
      },
      everything: (await figure('true')).shown,
      reasons,
      deferrable: {
        ...deferrable.shown,
        share_of_requests: shareOf(deferrable.shown.requests, subject.covered.requests ?? 0),
        share_of_total_cost_saved: shareOf(deferrable.saving, total),
      },
      assumptions: [
        'An answer within 24 hours is early enough for what is deferrable; usage data cannot show that.',
        'Cached input is discounted like the rest; hits of a cache are not certain in a batch.',
        ...(asked.deferrable ? [] : [takenForIt(reasons)]),
      ],
      formula: {
        cost_usd: `sum of cost; ${pricing.formula}`,
        saving_usd: 'cost × discount of the provider, of requests that are no batch calls yet',
        'everything.saving_usd':
          'sum of cost × discount over all requests that an offer covers: the most there is to save',
        'deferrable.saving_usd':
          'sum of cost × discount over requests that fulfil at least one reason, each once',
        share_of_total_cost_saved: 'saving / total cost',
      },
      not_measurable: [
        ...unpricedOf(pricing),
        ...notMeasurable(subject, pricing, asked.deferrable),
      ],
    }
  },
})

/** What was counted, where nobody said what can wait. */
function takenForIt(reasons: BatchPricing['reasons']): string {
  const counted = reasons.filter(({ requests }) => requests > 0)
  if (counted.length === 0)
    return 'Nobody said what can wait, and no request looks like it by its hour, its operation or a burst: the figure for everything is the most there can be.'
  const list = counted.map(({ reason, detail, requests }) => `${reason} (${detail}): ${requests}`)
  return `Nobody said what can wait. Requests taken for it: ${list.join('; ')}.`
}

const percent = (provider: string): number => Math.round(batchDiscountOf(provider) * 100)

/** Per cent that the provider of a row takes off, as SQL; 0 where no offer is known. */
async function percentOf(subject: Subject, pricing: Pricing, clock: Clock): Promise<string> {
  const [priced] = pricing.shown.models
  if (pricing.shown.basis === 'model') return String(percent(priced?.provider ?? ''))
  if (!subject.has('model')) {
    return subject.has('provider')
      ? `CASE lower(provider) ${BATCH_OFFERS.map(({ provider }) => `WHEN ${quoteText(provider)} THEN ${percent(provider)}`).join(' ')} ELSE 0 END`
      : '0'
  }
  const { known } = await namedModels(subject, clock)
  const cases = known.flatMap(({ model, provider, prices }) => {
    const off = percent(prices.provider)
    if (off === 0) return []
    const maker = !subject.has('provider')
      ? ''
      : ` AND provider IS NOT DISTINCT FROM ${provider === null ? 'NULL' : quoteText(provider)}`
    return [`WHEN model = ${quoteText(model)}${maker} THEN ${off}`]
  })
  return cases.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE 0 END`
}

function reasonsOf(subject: Subject, wanted: Wanted | undefined): Reason[] {
  if (wanted === undefined) {
    return [
      ...hoursReason(subject, NIGHT),
      ...operationsReason(subject, undefined),
      ...burstsReason(subject, BURST_TIMES_MEDIAN),
    ]
  }
  const { all, hours, operations, bursts } = wanted
  const everything: Reason = { reason: 'all', detail: 'everything', condition: 'true' }
  return [
    ...(all === true ? [everything] : []),
    ...(hours ? hoursReason(subject, hours) : []),
    ...(operations ? operationsReason(subject, operations) : []),
    ...(bursts ? burstsReason(subject, bursts.times_median) : []),
  ]
}

function hoursReason(subject: Subject, hours: NonNullable<Wanted['hours']>): Reason[] {
  if (!subject.has('at') || subject.aggregated || subject.covered.relative) return []
  const { from, to, utc_offset_hours: offset = 0 } = hours
  const hour = `hour("at" + INTERVAL ${Math.round(offset * 60)} MINUTE)`
  const condition =
    from < to ? `${hour} >= ${from} AND ${hour} < ${to}` : `(${hour} >= ${from} OR ${hour} < ${to})`
  const zone = offset === 0 ? 'UTC' : `UTC${offset > 0 ? '+' : ''}${offset}`
  return [{ reason: 'hours', detail: `${from}:00 to ${to}:00 ${zone}`, condition }]
}

function operationsReason(subject: Subject, names: readonly string[] | undefined): Reason[] {
  if (!subject.has('operation')) return []
  const condition = names
    ? `operation IN (${names.map(quoteText).join(', ')})`
    : `regexp_matches(operation, ${quoteText(OPERATIONS)}, 'i')`
  return [{ reason: 'operations', detail: names ? names.join(', ') : 'by their names', condition }]
}

function burstsReason(subject: Subject, times: number): Reason[] {
  if (!subject.has('at') || subject.aggregated) return []
  const minutes = `SELECT date_trunc('minute', "at") AS minute, sum(requests) AS calls FROM ${subject.from} AS m WHERE "at" IS NOT NULL GROUP BY 1`
  const busy = `SELECT minute FROM (${minutes}) AS n WHERE calls > ${times} * (SELECT median(calls) FROM (${minutes}) AS o)`
  return [
    {
      reason: 'bursts',
      detail: `minutes with more than ${times} times the requests of the median minute`,
      condition: `date_trunc('minute', "at") IN (${busy})`,
    },
  ]
}

/** What is not known of hours and bursts. */
function timesLacking(subject: Subject, { hours, bursts }: Wanted): NotMeasurable[] {
  if (!hours && !bursts) return []
  const what = 'what hours and bursts could be deferred'
  if (!subject.has('at')) return [subject.lacking(what, 'at')]
  if (subject.aggregated) return [ofSingleRequests(what)]
  return hours && subject.covered.relative ? [namesNoDay('what hours could be deferred')] : []
}

function notMeasurable(
  subject: Subject,
  pricing: Pricing,
  wanted: Wanted | undefined,
): NotMeasurable[] {
  const asks = wanted ?? { hours: NIGHT, operations: [], bursts: { times_median: 1 } }
  const found = timesLacking(subject, asks)
  if (asks.operations && !subject.has('operation'))
    found.push(lacking('which operations could be deferred', 'operation'))
  if (!subject.has('is_batch'))
    found.push(lacking('what is a batch call already (none is assumed to be)', 'is_batch'))
  const isKnown = pricing.shown.basis === 'model' || subject.has('model') || subject.has('provider')
  if (!isKnown) {
    found.push({
      what: 'saving by batch calls',
      why: 'The files do not say which provider was paid, so no offer can be applied.',
      needs: 'model or provider; or a model to price on.',
    })
  }
  const [priced] = pricing.shown.models
  if (pricing.shown.basis === 'model' && priced && batchDiscountOf(priced.provider) === 0) {
    found.push({
      what: `saving by batch calls at ${priced.provider}`,
      why: 'No published batch discount of this provider is known here.',
      needs: 'The discount that its price page names.',
    })
  }
  return found
}
