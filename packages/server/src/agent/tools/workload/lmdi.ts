/**
 * Additive LMDI-I: a difference of cost as a sum of effects, without a residual.
 *
 * B. W. Ang, *The LMDI approach to decomposition analysis: a practical guide*, Energy Policy 33, 2005.
 * Zeros are taken to their limits as in Ang and Liu, *Handling zero values in the logarithmic mean
 * Divisia index decomposition approach*, Energy Policy 35, 2007: a factor that is zero in one period
 * has the whole difference of its term.
 */

/** In the order in which they multiply to the cost of one kind of token of one model of one group. */
export const EFFECTS = [
  'length',
  'volume',
  'mix',
  'models',
  'tokens',
  'price',
  'new',
  'gone',
] as const
export type Effect = (typeof EFFECTS)[number]
export type Effects = Record<Effect, bigint>

/** What was charged for in one period: tokens of a kind, and what they cost in femto-dollars. */
export interface Charged {
  tokens: number
  cost: bigint
}

/** Requests of one model in one group and period. */
export interface Side {
  requests: number
  /** The same kinds in the same order everywhere. */
  kinds: readonly Charged[]
}

export interface Term {
  baseline: Side | undefined
  comparison: Side | undefined
}

/** One group, with a term for each of its models. */
export type Group = readonly Term[]

interface Decomposed {
  effects: Effects
  /** Of `tokens`, by kind. */
  tokens: bigint[]
}

export const noEffects = (): Effects => ({
  length: 0n,
  volume: 0n,
  mix: 0n,
  models: 0n,
  tokens: 0n,
  price: 0n,
  new: 0n,
  gone: 0n,
})

type Period = 'baseline' | 'comparison'

const requestsOf = (group: Group, period: Period): number =>
  group.reduce((sum, term) => sum + (term[period]?.requests ?? 0), 0)

export const costOfGroup = (group: Group, period: Period): bigint =>
  group.reduce((sum, term) => sum + costOfSide(term[period]), 0n)

const costOfSide = (side: Side | undefined): bigint =>
  (side?.kinds ?? []).reduce((sum, { cost }) => sum + cost, 0n)

const isThere = (group: Group, period: Period): boolean =>
  requestsOf(group, period) > 0 || costOfGroup(group, period) !== 0n

/** In both periods: the others are new or gone, and change no share of those that stay. */
const stays = (group: Group): boolean => isThere(group, 'baseline') && isThere(group, 'comparison')

/**
 * The effects of each group, in femto-dollars. They sum to the group's difference of cost to the last
 * unit: what rounding leaves is added to the largest.
 *
 * @param hours that the data hold of each period
 */
export function decompose(groups: readonly Group[], hours: Record<Period, number>): Decomposed[] {
  const staying = groups.filter(stays)
  const all = (period: Period): number =>
    staying.reduce((sum, group) => sum + requestsOf(group, period), 0)
  const length = hours.comparison / hours.baseline
  const volume = all('comparison') / all('baseline') / length
  const total = { length, volume, requests: length * volume }
  return groups.map((group) => (stays(group) ? ofStaying(group, total) : ofOther(group)))
}

function ofOther(group: Group): Decomposed {
  const effects = noEffects()
  const kinds = Math.max(
    0,
    ...group.map(({ baseline, comparison }) => kindsOf(baseline, comparison)),
  )
  const isNew = !isThere(group, 'baseline')
  effects.new = isNew ? costOfGroup(group, 'comparison') : 0n
  effects.gone = isNew ? 0n : -costOfGroup(group, 'baseline')
  return { effects, tokens: Array.from({ length: kinds }, () => 0n) }
}

const kindsOf = (baseline: Side | undefined, comparison: Side | undefined): number =>
  (baseline ?? comparison)?.kinds.length ?? 0

function ofStaying(
  group: Group,
  total: { length: number; volume: number; requests: number },
): Decomposed {
  const effects = noEffects()
  const tokens: bigint[] = []
  const growth = requestsOf(group, 'comparison') / requestsOf(group, 'baseline')
  for (const { baseline, comparison } of group) {
    const own = (comparison?.requests ?? 0) / (baseline?.requests ?? 0)
    for (let kind = 0; kind < kindsOf(baseline, comparison); kind += 1) {
      const [before = NOTHING, after = NOTHING] = [baseline?.kinds[kind], comparison?.kinds[kind]]
      const found = ofTerm(before.cost, after.cost, {
        length: total.length,
        volume: total.volume,
        mix: growth / total.requests,
        models: own / growth,
        ...perRequest(before, after, own),
      })
      for (const [effect, part] of found) effects[effect] += part
      tokens[kind] = (tokens[kind] ?? 0n) + (found.get('tokens') ?? 0n)
    }
  }
  return { effects, tokens }
}

const NOTHING: Charged = { tokens: 0, cost: 0n }

/** How tokens per request and the price of one changed; a price of the request where none are named. */
function perRequest(before: Charged, after: Charged, requests: number) {
  const price = Number(after.cost) / Number(before.cost)
  const isFree = before.cost === 0n || after.cost === 0n
  const unnamed = before.tokens === 0 || after.tokens === 0
  // A kind that appears or goes away has cost in one period only, and its tokens say why.
  if (unnamed && !isFree) return { tokens: 1, price: price / requests }
  const tokens = after.tokens / before.tokens
  return { tokens: tokens / requests, price: price / tokens }
}

type Factor = Exclude<Effect, 'new' | 'gone'>

/** One term's difference, given how many times greater each of its factors became. */
function ofTerm(
  before: bigint,
  after: bigint,
  ratios: Record<Factor, number>,
): Map<Effect, bigint> {
  const difference = after - before
  if (before === 0n && after === 0n) return new Map()
  // A credit has no logarithm: amounts are never negative, so its price is what changed.
  if (before < 0n || after < 0n) return new Map([['price', difference]])
  if (before === 0n || after === 0n) return new Map([[zeroOf(ratios), difference]])
  // Money without a request behind it has no amount to be split by.
  if (!FACTORS.every((factor) => ratios[factor] > 0 && Number.isFinite(ratios[factor])))
    return new Map([['price', difference]])
  const mean = logarithmicMean(Number(after), Number(before))
  const parts = new Map<Effect, bigint>()
  let [left, largest]: [bigint, Factor] = [difference, 'price']
  for (const factor of FACTORS) {
    const part = BigInt(Math.round(mean * Math.log(ratios[factor])))
    parts.set(factor, part)
    left -= part
    if (size(part) > size(parts.get(largest) ?? 0n)) largest = factor
  }
  parts.set(largest, (parts.get(largest) ?? 0n) + left)
  return parts
}

const FACTORS = ['length', 'volume', 'mix', 'models', 'tokens', 'price'] as const satisfies Factor[]

/** The first factor that is zero in one of the periods. */
const zeroOf = (ratios: Record<Factor, number>): Factor =>
  (['models', 'tokens'] as const).find((factor) => [0, Infinity].includes(ratios[factor])) ??
  'price'

const size = (value: bigint): bigint => (value < 0n ? -value : value)

/** L(a, b) = (a − b) / ln(a / b), and a where both are equal. */
export function logarithmicMean(a: number, b: number): number {
  const share = (a - b) / b
  return share === 0 ? a : (a - b) / Math.log1p(share)
}
