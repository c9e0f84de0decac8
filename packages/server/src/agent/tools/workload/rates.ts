import { isoTime, type Clock } from '../../../platform/clock.ts'
import { catalogueVersion, type ModelPrices, type PriceStep } from '../data/catalogue.ts'
import { batchDiscountOf } from './batch-offers.ts'
import { perToken } from './money.ts'
import type { CatalogueShown, PricedModelShown } from './schemas.ts'

/** Femto-dollars per token (per request), of a request above a number of input tokens. */
interface Rates {
  input: bigint
  cached: bigint
  write: bigint
  output: bigint
  request: bigint
}

/** What a request is charged for. */
export const PARTS = ['input', 'cached', 'write', 'output', 'request'] as const

export function ratesOf(prices: ModelPrices, step: PriceStep, isBatch: boolean): Rates {
  const kept = isBatch ? 1 - batchDiscountOf(prices.provider) : 1
  const charge = (usdPerMillion: number): bigint => perToken(usdPerMillion * kept)
  return {
    input: charge(step.inputPerMillion),
    cached: charge(step.cachedPerMillion ?? step.inputPerMillion),
    write: charge(step.cacheWritePerMillion ?? step.inputPerMillion),
    output: charge(step.outputPerMillion),
    request: charge(prices.perRequest * 1_000_000),
  }
}

export const shownPrices = ({ provider, model, steps }: ModelPrices): PricedModelShown => ({
  provider,
  model,
  usd_per_million_tokens: steps.map((step) => ({
    above_input_tokens: Math.max(step.above, 0),
    input: step.inputPerMillion,
    cached_input: step.cachedPerMillion,
    cache_write: step.cacheWritePerMillion,
    output: step.outputPerMillion,
  })),
})

export const shownCatalogue = (clock: Clock): CatalogueShown => ({
  package: '@pydantic/genai-prices',
  version: catalogueVersion(),
  priced_at: isoTime(clock),
})
