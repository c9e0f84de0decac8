import type { Clock } from '../../../platform/clock.ts'
import type { ModelPrices } from '../data/catalogue.ts'
import { dollars, dollarText, savingOf, shareOf } from './money.ts'
import type { Reuse } from './prefix-reuse.ts'
import { ratesOf, shownCatalogue, shownPrices } from './rates.ts'
import type { PromptReuse } from './schemas.ts'

/** What the cache would save at the model's prices; null when it has none for cached input. */
export function reuseSaving(
  prices: ModelPrices,
  { steps }: Reuse,
  clock: Clock,
): PromptReuse['saving'] {
  const [first] = prices.steps
  if (first?.cachedPerMillion == null) return null
  let [gross, surcharge, inputCost, fresh] = [0n, 0n, 0n, 0n]
  for (const at of steps) {
    const step = prices.steps.findLast(({ above }) => above <= at.above)
    if (!step) continue
    const rates = ratesOf(prices, step, false)
    fresh += at.fresh
    gross += at.fresh * (rates.input - rates.cached)
    surcharge += at.written * (rates.write - rates.input)
    inputCost += (at.input - at.cached) * rates.input + at.cached * rates.cached
  }
  return {
    ...shownPrices(prices),
    input_usd_per_million: first.inputPerMillion,
    cached_input_usd_per_million: first.cachedPerMillion,
    newly_cached_input_tokens: Number(fresh),
    gross_usd: dollars(gross),
    gross_text: dollarText(gross),
    write_surcharge_usd: dollars(surcharge),
    write_surcharge_text: dollarText(surcharge),
    ...savingOf(gross - surcharge),
    input_cost_usd: dollars(inputCost),
    input_cost_text: dollarText(inputCost),
    share_of_input_cost: shareOf(gross - surcharge, inputCost),
    catalogue: shownCatalogue(clock),
  }
}
