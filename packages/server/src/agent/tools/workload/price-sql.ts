import type { ModelPrices } from '../data/catalogue.ts'
import { quoteText } from '../data/duck/quote.ts'
import { PARTS, ratesOf } from './rates.ts'
import type { Subject } from './subject.ts'

type Part = (typeof PARTS)[number]

/** What a row is charged for: tokens of each kind, and requests. Cached tokens are part of the input. */
export function quantities({ has }: Pick<Subject, 'has'>): Record<Part, string> {
  const count = (column: 'input_tokens' | 'output_tokens') =>
    has(column) ? `coalesce(${column}, 0)` : NO_TOKENS
  const input = count('input_tokens')
  const cached = has('cached_input_tokens')
    ? `least(coalesce(cached_input_tokens, 0), ${input})`
    : NO_TOKENS
  const write = has('cache_write_tokens')
    ? `least(coalesce(cache_write_tokens, 0), ${input} - ${cached})`
    : NO_TOKENS
  const others = [cached, write].filter((part) => part !== NO_TOKENS)
  return {
    input: others.length === 0 ? input : `(${[input, ...others].join(' - ')})`,
    cached,
    write,
    output: count('output_tokens'),
    // Nobody knows how many requests some rows stand for; what these cost is not known either.
    request: 'coalesce(requests, 0)',
  }
}

/** True of rows that say how many tokens they used. */
export const hasTokens = ({ has }: Pick<Subject, 'has'>): string => {
  const named = (['input_tokens', 'output_tokens'] as const).filter((column) => has(column))
  return named.length === 0
    ? 'false'
    : `(${named.map((column) => `${column} IS NOT NULL`).join(' OR ')})`
}

/** Femto-dollars of each part of a row on one model: each request at the tier its input reaches. */
export function partsOnModel(subject: Subject, prices: ModelPrices): Record<Part, string> {
  const amounts = quantities(subject)
  const input = subject.has('input_tokens') ? 'coalesce(input_tokens, 0)' : '0'
  const rate = (part: Part, isBatch: boolean): string => {
    const [base, ...higher] = prices.steps.map((step) => ({
      above: step.above,
      rate: huge(ratesOf(prices, step, isBatch)[part]),
    }))
    if (!base) return huge(0n)
    if (higher.every((step) => step.rate === base.rate)) return base.rate
    const cases = higher
      .toReversed()
      .map((step) => `WHEN ${input} > ${step.above} * ${REQUESTS_AT_MOST} THEN ${step.rate}`)
    return `CASE ${cases.join(' ')} ELSE ${base.rate} END`
  }
  const price = (part: Part): string => {
    const [usual, batch] = [rate(part, false), rate(part, true)]
    const charged =
      subject.has('is_batch') && usual !== batch
        ? `CASE WHEN is_batch THEN ${batch} ELSE ${usual} END`
        : usual
    const isFree = charged === FREE || amounts[part] === NO_TOKENS
    return isFree ? FREE : `${amounts[part]} * (${charged})`
  }
  return byPart(price)
}

/** The same on each row's own model, joined as `p`; null of a row whose model has no price. */
export function partsOnOwnModels(
  subject: Subject,
  models: readonly { prices: ModelPrices }[],
): Record<Part, string> {
  const amounts = quantities(subject)
  const isFree = (part: Part): boolean =>
    models.every(({ prices }) =>
      prices.steps.every((step) =>
        [false, true].every((isBatch) => ratesOf(prices, step, isBatch)[part] === 0n),
      ),
    )
  return byPart((part) => {
    if (amounts[part] === NO_TOKENS || isFree(part)) return FREE
    return subject.has('is_batch')
      ? `${amounts[part]} * CASE WHEN is_batch THEN p.batch_${part} ELSE p.usual_${part} END`
      : `${amounts[part]} * p.usual_${part}`
  })
}

/** Rows that do not count their requests are priced as many: at the tier of short ones. */
export const REQUESTS_AT_MOST = 'coalesce(requests, 1000000000)'

const NO_TOKENS = '0::BIGINT'

/** What nobody is charged for: left out of sums, which take most of a query's time. */
export const FREE = '0::HUGEINT'

/** Prices of models as a table `p` to join rows with: one row for each tier. */
export function priceTable(
  subject: Subject,
  models: readonly { model: string; provider: string | null; prices: ModelPrices }[],
): { table: string; on: string } {
  const rows = models.flatMap(({ model, provider, prices }) =>
    prices.steps.map((step, index) => {
      const upTo = prices.steps[index + 1]?.above
      const rates = [false, true].flatMap((isBatch) =>
        PARTS.map((part) => huge(ratesOf(prices, step, isBatch)[part])),
      )
      const limits = [step.above, upTo ?? 9_007_199_254_740_991]
      const key = [quoteText(model), provider === null ? 'NULL::VARCHAR' : quoteText(provider)]
      return `(${[...key, ...limits.map((limit) => `${limit}::HUGEINT`), ...rates].join(', ')})`
    }),
  )
  const nothing = `(NULL::VARCHAR, NULL::VARCHAR, ${Array.from({ length: 12 }, () => 'NULL::HUGEINT').join(', ')})`
  const names = ['usual', 'batch'].flatMap((kind) => PARTS.map((part) => `${kind}_${part}`))
  const input = subject.has('input_tokens') ? 'coalesce(input_tokens, 0)' : '0'
  const hasSteps = models.some(({ prices }) => prices.steps.length > 1)
  const provider = subject.has('provider') ? ' AND w.provider IS NOT DISTINCT FROM p.maker' : ''
  return {
    table: `(VALUES ${[nothing, ...rows].join(', ')}) AS p(name, maker, above, up_to, ${names.join(', ')})`,
    on: `w.model = p.name${provider}${hasSteps ? ` AND ${input} > p.above * ${REQUESTS_AT_MOST} AND ${input} <= p.up_to * ${REQUESTS_AT_MOST}` : ''}`,
  }
}

const huge = (value: bigint): string => `${value}::HUGEINT`

const byPart = (of: (part: Part) => string): Record<Part, string> => ({
  input: of('input'),
  cached: of('cached'),
  write: of('write'),
  output: of('output'),
  request: of('request'),
})
