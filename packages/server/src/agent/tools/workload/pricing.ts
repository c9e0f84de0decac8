import type { Clock } from '../../../platform/clock.ts'
import { nearestModels, pricesOf, type ModelPrices } from '../data/catalogue.ts'
import { quoteText } from '../data/duck/quote.ts'
import { ToolError } from '../tool.ts'
import { bigOf, numberOf } from './money.ts'
import { FREE, hasTokens, partsOnModel, partsOnOwnModels, priceTable } from './price-sql.ts'
import { PARTS, shownCatalogue, shownPrices } from './rates.ts'
import type { NotMeasurable, PricingChoice, PricingShown } from './schemas.ts'
import type { Subject } from './subject.ts'

export interface Pricing {
  shown: PricingShown
  /**
   * A selection of the subject's rows with `cost`, and with `cost_input`, `cost_cached`, … if `parts`:
   * whole femto-dollars (HUGEINT), null of a row that has no price.
   */
  from: string
  /** True of the subject's rows that have no cost: cheaper to tell than the cost itself. */
  lacks: string
  parts: boolean
  /** Of the field `cost_usd`. */
  formula: string
}

const MOST_MODELS = 1_000
const MODELS_SHOWN = 20
const NAMED = 5

/** How the subject's requests are priced, or why they cannot be. */
export async function openPricing(
  subject: Subject,
  choice: PricingChoice | undefined,
  clock: Clock,
): Promise<Pricing | NotMeasurable> {
  const { basis = 'auto', model, provider } = choice ?? {}
  const tokens = subject.has('input_tokens') || subject.has('output_tokens')
  if (basis === 'model' || (basis === 'auto' && model !== undefined)) {
    if (model === undefined) throw new ToolError('With basis model, name the model.')
    if (!tokens) return unpriceable('The files have no column for tokens.', 'input_tokens')
    return onModel(subject, await knownModel(model, provider, clock), clock)
  }
  if (subject.has('cost_usd') && basis !== 'own_models') {
    const canFill = basis === 'auto' && subject.has('model') && tokens
    return canFill ? ofAny(await reportedOrList(subject, clock)) : asReported(subject)
  }
  if (basis === 'reported')
    return unpriceable('The files have no column for what was paid.', 'cost_usd')
  if (subject.has('model') && tokens) return ofAny(await onOwnModels(subject, clock), basis)
  return tokens
    ? unpriceable(
        'The files say neither what was paid nor which model was used.',
        'cost_usd or model',
      )
    : unpriceable(
        'The files say neither what was paid nor how many tokens were used.',
        'cost_usd, or model and tokens',
      )
}

/** A sum of which nothing has a price is no cost of nothing. */
function ofAny(pricing: Pricing, asked = 'auto'): Pricing | NotMeasurable {
  const { basis, unknown, estimated_requests: estimated, uncounted_rows: rows } = pricing.shown
  if (asked === 'own_models' || basis !== 'own_models') return pricing
  if (estimated > 0 || (rows?.estimated ?? 0) > 0) return pricing
  const names = unknown.slice(0, NAMED).map(({ model }) => model)
  const more = unknown.length > NAMED ? ' and others' : ''
  return unpriceable(
    names.length === 0
      ? 'No request has a cost, or a model and tokens.'
      : `No request has a cost, and the price catalogue has no price for ${names.join(', ')}${more}.`,
    'cost_usd',
  )
}

/** As `openPricing`, for questions that are about nothing but money. */
export async function needPricing(
  subject: Subject,
  choice: PricingChoice | undefined,
  clock: Clock,
): Promise<Pricing> {
  const pricing = await openPricing(subject, choice, clock)
  if ('what' in pricing) {
    throw new ToolError(
      `What these requests cost is not measurable from these data: ${pricing.why} To price them on a model of the catalogue, give pricing {"basis": "model", "model": "…"}.`,
    )
  }
  return pricing
}

const unpriceable = (why: string, column: string): NotMeasurable => ({
  what: 'cost',
  why,
  needs: `${column}; or a model of the catalogue to price the requests on.`,
})

/** @throws ToolError with the nearest names when the catalogue does not have it. */
export async function knownModel(
  model: string,
  provider: string | undefined,
  clock: Clock,
): Promise<ModelPrices> {
  const prices = await pricesOf(model, provider, new Date(clock.now()))
  if (prices) return prices
  const nearest = await nearestModels(model, provider)
  throw new ToolError(
    `The price catalogue has no model ${model}. The nearest names are ${nearest.join(', ')}.`,
  )
}

/** SQL of what the file says was paid, in femto-dollars. */
export const REPORTED = '(round(cost_usd * 1e12))::HUGEINT * 1000'

/** @param unknown models that the catalogue does not have, of rows that do not say what was paid */
function asReported(subject: Subject, unknown: PricingShown['unknown'] = []): Promise<Pricing> {
  return complete(subject, {
    shown: { ...shownOf('reported', [], null), unknown },
    from: `(SELECT *, ${REPORTED} AS cost FROM ${subject.from} AS w)`,
    lacks: 'cost_usd IS NULL',
    parts: false,
    formula: 'sum of cost_usd as the files say it',
  })
}

/** What was paid where the files say so; a row that does not is an estimate at list prices. */
async function reportedOrList(subject: Subject, clock: Clock): Promise<Pricing> {
  const [row] = await subject.ask(
    `SELECT bool_and(cost_usd IS NOT NULL), bool_and(cost_usd IS NULL) FROM ${subject.from} AS w`,
  )
  if (row?.[0] === true) return asReported(subject)
  const unpaid = `(SELECT * FROM ${subject.from} AS w WHERE cost_usd IS NULL)`
  const list = await onOwnModels(subject, clock, { ...subject, from: unpaid })
  if (row?.[1] === true) return list
  const from = `(SELECT * REPLACE (coalesce(${REPORTED}, cost) AS cost) FROM ${list.from} AS l)`
  const [filled] = await subject.ask(
    `SELECT count(*), coalesce(sum(requests), 0), count(*) - count(requests) FROM ${subject.from} AS w WHERE cost_usd IS NULL AND NOT (${list.lacks})`,
  )
  const [rows = 0, estimated = 0, uncounted = 0] = (filled ?? []).map(numberOf)
  if (rows === 0) return asReported(subject, list.shown.unknown)
  return complete(subject, {
    shown: {
      ...list.shown,
      basis: 'reported_and_list',
      estimated_requests: estimated,
      ...(subject.covered.uncounted_rows !== undefined && {
        uncounted_rows: { estimated: uncounted, unpriced: 0 },
      }),
    },
    from,
    lacks: `(cost_usd IS NULL AND ${list.lacks})`,
    parts: false,
    formula: `cost_usd as the files say it; where they say nothing, ${list.formula}`,
  })
}

const shownOf = (
  basis: PricingShown['basis'],
  models: readonly ModelPrices[],
  catalogue: PricingShown['catalogue'],
): PricingShown => ({
  basis,
  models: models.slice(0, MODELS_SHOWN).map(shownPrices),
  catalogue,
  estimated_requests: 0,
  unpriced_requests: 0,
  unknown: [],
})

function onModel(subject: Subject, prices: ModelPrices, clock: Clock): Promise<Pricing> {
  return complete(subject, {
    shown: shownOf('model', [prices], shownCatalogue(clock)),
    from: withParts(partsOnModel(subject, prices), {
      from: `${subject.from} AS w`,
      priced: hasTokens(subject),
    }),
    lacks: `NOT ${hasTokens(subject)}`,
    parts: true,
    formula: `each request on ${prices.provider}/${prices.model}: ${CHARGE}`,
  })
}

/** Models as the files name them, with their prices; the most used first. */
interface NamedModels {
  known: { model: string; provider: string | null; prices: ModelPrices }[]
  unknown: PricingShown['unknown']
}

/** @throws ToolError when the files name more than 1,000. */
export async function namedModels(subject: Subject, clock: Clock): Promise<NamedModels> {
  const provider = subject.has('provider') ? 'provider' : 'NULL'
  const named = await subject.ask(
    `SELECT model, ${provider}, coalesce(sum(requests), 0), count(*) - count(requests) FROM ${subject.from} AS w WHERE model IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${MOST_MODELS + 1}`,
  )
  if (named.length > MOST_MODELS) {
    throw new ToolError(
      `The files name more than ${MOST_MODELS} models. Choose some with where, or price all on one model.`,
    )
  }
  const at = new Date(clock.now())
  const found: NamedModels = { known: [], unknown: [] }
  for (const [model, maker, requests, uncounted] of named) {
    const name = String(model)
    const by = maker === null || maker === undefined ? null : String(maker)
    const prices =
      (by === null ? undefined : await pricesOf(name, by.toLowerCase(), at)) ??
      (await pricesOf(name, undefined, at))
    if (prices) found.known.push({ model: name, provider: by, prices })
    else
      found.unknown.push({
        model: name,
        requests: numberOf(requests),
        ...(numberOf(uncounted) > 0 && { uncounted_rows: numberOf(uncounted) }),
        nearest: await nearestModels(name, undefined),
      })
  }
  return found
}

/** @param of whose models are looked up: the rows that need a price */
async function onOwnModels(
  subject: Subject,
  clock: Clock,
  of: Subject = subject,
): Promise<Pricing> {
  const { known, unknown } = await namedModels(of, clock)
  const { table, on } = priceTable(subject, known)
  const joined = `${subject.from} AS w LEFT JOIN ${table} ON ${on}`
  const shown = new Map(known.map(({ prices }) => [`${prices.provider}/${prices.model}`, prices]))
  return complete(subject, {
    shown: {
      ...shownOf('own_models', [...shown.values()], shownCatalogue(clock)),
      unknown: unknown.slice(0, MODELS_SHOWN),
    },
    from: withParts(partsOnOwnModels(subject, known), {
      from: joined,
      priced: `${hasTokens(subject)} AND p.name IS NOT NULL`,
    }),
    lacks: `NOT (${hasTokens(subject)} AND ${isKnown(subject, known)})`,
    parts: true,
    formula: `each request on its own model: ${CHARGE}`,
  })
}

const CHARGE =
  'uncached input × input price + cached input × its price + output × output price, at the tier that its input tokens reach; batch calls at the batch price'

/** True of rows whose model is one of these. */
function isKnown(subject: Subject, known: NamedModels['known']): string {
  if (known.length === 0) return 'false'
  if (!subject.has('provider'))
    return `coalesce(model IN (${known.map(({ model }) => quoteText(model)).join(', ')}), false)`
  const pairs = known.map(
    ({ model, provider }) =>
      `(model = ${quoteText(model)} AND provider IS NOT DISTINCT FROM ${provider === null ? 'NULL' : quoteText(provider)})`,
  )
  return `coalesce(${pairs.join(' OR ')}, false)`
}

function withParts(
  parts: Record<(typeof PARTS)[number], string>,
  { from, priced }: { from: string; priced: string },
): string {
  const columns = PARTS.map((part) =>
    parts[part] === FREE
      ? `${FREE} AS cost_${part}`
      : `CASE WHEN ${priced} THEN ${parts[part]} END AS cost_${part}`,
  )
  const charged = PARTS.filter((part) => parts[part] !== FREE)
  if (charged.length === 0) columns.push(`CASE WHEN ${priced} THEN ${FREE} END AS cost_nothing`)
  const sum =
    charged.length === 0 ? 'cost_nothing' : charged.map((part) => `cost_${part}`).join(' + ')
  return `(SELECT *, ${sum} AS cost FROM (SELECT w.*, ${columns.join(', ')} FROM ${from}) AS v)`
}

/** Counts what has no price, and what has one that nobody paid. */
async function complete(subject: Subject, pricing: Pricing): Promise<Pricing> {
  const { shown } = pricing
  const [row] = await subject.ask(
    `SELECT coalesce(sum(requests), 0), count(*) - count(requests) FROM ${subject.from} AS w WHERE ${pricing.lacks}`,
  )
  const [unpriced = 0, rowsUnpriced = 0] = (row ?? []).map(numberOf)
  const isList = shown.basis === 'own_models' || shown.basis === 'model'
  const { requests, uncounted_rows: rows } = subject.covered
  const estimated = isList ? (requests ?? 0) - unpriced : shown.estimated_requests
  return {
    ...pricing,
    shown: {
      ...shown,
      unpriced_requests: unpriced,
      estimated_requests: estimated,
      ...(rows !== undefined && {
        uncounted_rows: {
          estimated: isList ? rows - rowsUnpriced : (shown.uncounted_rows?.estimated ?? 0),
          unpriced: rowsUnpriced,
        },
      }),
    },
  }
}

/** What has no price is said, not guessed. */
export function unpricedOf({ shown }: Pricing): NotMeasurable[] {
  const what = unpricedWords(shown)
  if (what === '') return []
  const names = shown.unknown
    .map(
      ({ model, requests, uncounted_rows: rows = 0 }) =>
        `${model} (${[...(requests > 0 || rows === 0 ? [String(requests)] : []), ...(rows > 0 ? [`${rows} rows`] : [])].join(' and ')})`,
    )
    .join(', ')
  const named = shown.unknown.reduce((sum, { requests }) => sum + requests, 0)
  const without = shown.unpriced_requests - named
  return [
    {
      what: `cost of ${what}`,
      why:
        names === ''
          ? 'Their rows have no cost, no model or no tokens.'
          : `The price catalogue does not have: ${names}${without > 0 ? `; ${without} have no model or no tokens` : ''}.`,
      needs: 'What was paid (cost_usd), or model names of the catalogue.',
    },
  ]
}

/** `3 requests and 5 rows that do not count their requests`; '' where everything has a price. */
function unpricedWords({
  unpriced_requests: requests,
  uncounted_rows: rows,
}: PricingShown): string {
  return [
    ...(requests > 0 ? [`${requests} requests`] : []),
    ...(rows && rows.unpriced > 0
      ? [`${rows.unpriced} rows that do not count their requests`]
      : []),
  ].join(' and ')
}

/** Cost of everything, in femto-dollars. */
export async function totalCost(subject: Subject, pricing: Pricing): Promise<bigint> {
  const [row] = await subject.ask(`SELECT sum(cost) FROM ${pricing.from} AS w`)
  return bigOf(row?.[0])
}
