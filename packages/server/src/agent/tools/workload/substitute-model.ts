import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { nearestModels, pricesOf, type ModelPrices } from '../data/catalogue.ts'
import { ToolError, type Tool } from '../tool.ts'
import { amountsOf, priceOfAmounts } from './amounts.ts'
import { latencies, type Latencies } from './latencies.ts'
import { CANDIDATES, largestOfModels, qualityRisk } from './model-classes.ts'
import { bigOf, dollars, dollarText, numberOf, savingOf, shareOf } from './money.ts'
import { hasTokens } from './price-sql.ts'
import { needPricing, totalCost, unpricedOf, type Pricing } from './pricing.ts'
import { shownCatalogue, shownPrices } from './rates.ts'
import {
  substituteModelInput,
  type NotMeasurable,
  type Substitute,
  type Substitution,
} from './schemas.ts'
import { openSubject, type Subject } from './subject.ts'
import { conditionOf } from './where.ts'

const OWN_SHOWN = 8
const OTHERS_SHOWN = 4

/** What the same requests would cost on other models. */
export const substituteModel = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'substitute_model',
  description:
    'What the usage in attached files would cost on other models of the price catalogue, each request priced at the tier it reaches: the whole or only a slice of it, such as requests of at most 2000 input tokens. Gives saving in US dollars, effect on latency if the data show it, and a class of quality risk with its reason.',
  input: substituteModelInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<Substitution> {
    const asked = substituteModelInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    const pricing = await needPricing(subject, asked.pricing, clock)
    const condition = conditionOf(asked.slice, subject.columns)
    const comparable = `cost IS NOT NULL AND ${hasTokens(subject)} AND ${condition.sql}`
    const moving = `(SELECT * FROM ${pricing.from} AS v WHERE ${comparable})`
    const total = await totalCost(subject, pricing)
    const [row] = await subject.ask(
      `SELECT coalesce(sum(requests), 0), sum(cost) FROM ${moving} AS w`,
    )
    const slice = { requests: numberOf(row?.[0]), cost: bigOf(row?.[1]) }
    if (slice.requests === 0) {
      throw new ToolError(
        `No request with a cost and tokens is in the slice${condition.words === '' ? '' : `: ${condition.words}`}.`,
      )
    }
    const inUse = await modelsInUse(subject, moving, pricing, clock)
    const { known, unknown } = await candidates(asked.candidates, inUse, clock)
    const amounts = await amountsOf(subject, moving, known)
    const now = largestOfModels(inUse)
    const measured = await latencies(subject, moving, clock)
    const beyond = await beyondContexts(subject, moving, known)
    const options = known.map((prices): Substitute => {
      const cost = priceOfAmounts(prices, amounts)
      const saving = slice.cost - cost
      return {
        ...shownPrices(prices),
        cost_usd: dollars(cost),
        cost_text: dollarText(cost),
        ...savingOf(saving),
        share_of_slice_cost: shareOf(saving, slice.cost),
        share_of_total_cost: shareOf(saving, total),
        total_after_usd: dollars(total - saving),
        total_after_text: dollarText(total - saving),
        context_window: prices.contextWindow,
        requests_beyond_context: beyond.get(prices.contextWindow) ?? null,
        latency: latencyOf(measured, prices),
        ...qualityRisk(now, prices),
      }
    })
    const sorted = options.toSorted(
      (a, b) => b.saving_usd - a.saving_usd || nameOf(a).localeCompare(nameOf(b)),
    )
    const shown = asked.candidates
      ? sorted
      : chosen(sorted, now?.provider, asked.other_providers ?? true)
    return {
      covered: subject.covered,
      pricing: pricing.shown,
      total: {
        requests: subject.covered.requests,
        cost_usd: dollars(total),
        cost_text: dollarText(total),
      },
      slice: {
        where: condition.words,
        requests: slice.requests,
        share_of_requests: shareOf(slice.requests, subject.covered.requests ?? 0),
        cost_usd: dollars(slice.cost),
        cost_text: dollarText(slice.cost),
        share_of_cost: shareOf(slice.cost, total),
      },
      options: shown,
      unknown,
      catalogue: shownCatalogue(clock),
      formula: formulaOf(pricing),
      not_measurable: [...unpricedOf(pricing), ...notMeasurable(shown, now?.provider)],
    }
  },
})

const nameOf = ({ provider, model }: { provider: string; model: string }): string =>
  `${provider}/${model}`

/** The catalogue's models that the requests ran on, or are priced on; none when it is not known. */
async function modelsInUse(
  subject: Subject,
  from: string,
  pricing: Pricing,
  clock: Clock,
): Promise<{ provider: string; model: string }[]> {
  if (!pricing.shown.basis.startsWith('reported')) return pricing.shown.models
  if (!subject.has('model')) return []
  const rows = await subject.ask(
    `SELECT model, sum(cost) FROM ${from} AS w WHERE model IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`,
  )
  const found: { provider: string; model: string }[] = []
  for (const [model] of rows) {
    const prices = await pricesOf(String(model), undefined, new Date(clock.now()))
    if (prices) found.push({ provider: prices.provider, model: prices.model })
  }
  return found
}

async function candidates(
  asked: readonly { model: string; provider?: string | undefined }[] | undefined,
  inUse: readonly { provider: string; model: string }[],
  clock: Clock,
): Promise<{ known: ModelPrices[]; unknown: Substitution['unknown'] }> {
  const at = new Date(clock.now())
  const known = new Map<string, ModelPrices>()
  const unknown: Substitution['unknown'] = []
  for (const { model, provider } of asked ?? CANDIDATES) {
    const prices = await pricesOf(model, provider, at)
    if (prices) known.set(nameOf(prices), prices)
    else if (asked) unknown.push({ model, nearest: await nearestModels(model, provider) })
  }
  const onlyOne = inUse.length === 1 ? inUse[0] : undefined
  if (!asked && onlyOne) known.delete(nameOf(onlyOne))
  return { known: [...known.values()], unknown }
}

/** Only what saves: the same maker's, and of each other maker the least risky one. */
function chosen(
  sorted: readonly Substitute[],
  provider: string | undefined,
  others: boolean,
): Substitute[] {
  const saving = sorted.filter(({ saving_usd }) => saving_usd > 0)
  const own = saving.filter((option) => option.provider === provider).slice(0, OWN_SHOWN)
  if (!others) return own
  const RISKS = ['none', 'low', 'medium', 'high', 'unknown']
  const best = new Map<string, Substitute>()
  for (const option of saving.filter((each) => each.provider !== provider)) {
    const before = best.get(option.provider)
    const isLess = before && RISKS.indexOf(option.quality_risk) < RISKS.indexOf(before.quality_risk)
    if (!before || isLess) best.set(option.provider, option)
  }
  const kept = new Set([...own, ...[...best.values()].slice(0, OTHERS_SHOWN)])
  return sorted.filter((option) => kept.has(option))
}

/** Requests that do not fit, by context window. */
async function beyondContexts(
  subject: Subject,
  from: string,
  models: readonly ModelPrices[],
): Promise<Map<number | null, number>> {
  const windows = [...new Set(models.map(({ contextWindow }) => contextWindow))].filter(
    (window) => window !== null,
  )
  if (windows.length === 0 || subject.aggregated || !subject.has('input_tokens')) return new Map()
  const output = subject.has('output_tokens') ? ' + coalesce(output_tokens, 0)' : ''
  const counts = windows.map(
    (window) =>
      `coalesce(sum(requests) FILTER (WHERE coalesce(input_tokens, 0)${output} > ${window}), 0)`,
  )
  const [row = []] = await subject.ask(`SELECT ${counts.join(', ')} FROM ${from} AS w`)
  return new Map(windows.map((window, index) => [window, numberOf(row[index])]))
}

function latencyOf(measured: Latencies, prices: ModelPrices): Substitute['latency'] {
  if ('why' in measured) return { change_ms: null, why: measured.why }
  const theirs = measured.byModel.get(nameOf(prices))
  if (theirs === undefined) {
    return {
      change_ms: null,
      why: `Not measurable from these data: they hold too few requests of ${prices.model}.`,
    }
  }
  return {
    change_ms: Math.round((theirs - measured.moving) * 1_000) / 1_000,
    why: 'Median of its requests in these data less the median of those that move; their sizes may differ.',
  }
}

function notMeasurable(
  options: readonly Substitute[],
  provider: string | undefined,
): NotMeasurable[] {
  const found: NotMeasurable[] = [
    {
      what: 'quality of the answers',
      why: 'Usage data hold no answers and no judgement of them; the class of risk rests on names.',
      needs: 'A trial of the candidate on a sample of your own prompts.',
    },
  ]
  if (options.some(({ latency }) => latency.change_ms === null)) {
    found.push({
      what: 'effect on latency',
      why: 'Both models must be in the data with latency_ms, the candidate with at least 30 requests.',
      needs: 'A trial of the candidate, with latency_ms.',
    })
  }
  if (options.some((option) => option.provider !== provider)) {
    found.push({
      what: 'token counts of other makers’ models',
      why: 'Each maker cuts text into tokens in its own way; the counts in the data are taken as they are.',
      needs: 'The prompts themselves, counted by each maker’s tokenizer.',
    })
  }
  return found
}

const formulaOf = (pricing: Pricing): Record<string, string> => ({
  'total.cost_usd': `sum of cost; ${pricing.formula}`,
  'slice.cost_usd': `sum of cost of the requests that move; ${pricing.formula}`,
  cost_usd:
    'of the requests that move: uncached input × input price + cached input × its price + output × output price, each request at the tier its input tokens reach; as much cached as now',
  saving_usd: 'slice.cost_usd - cost_usd',
  share_of_slice_cost: 'saving_usd / slice.cost_usd',
  share_of_total_cost: 'saving_usd / total.cost_usd',
  total_after_usd: 'total.cost_usd - saving_usd',
  requests_beyond_context: 'requests that move with input_tokens + output_tokens > context_window',
})
