import type { Clock } from '../../../platform/clock.ts'
import type { Tool } from '../tool.ts'
import { catalogueVersion, nearestModels, pricesOf } from './catalogue.ts'
import { priceTokensInput, type PricedTokens, type TokenPriceResult } from './schemas.ts'

/** What a number of tokens costs, without any table. Dollars of list prices; nothing is billed. */
export const priceTokens = (clock: Clock): Tool => ({
  name: 'price_tokens',
  description:
    'What so many input, cached input and output tokens cost on language models at the list prices of the installed catalogue, in US dollars; no file is needed. Without tokens it tells the prices per million. Numbers are totals: prices that rise with the length of a single request are taken at its lowest step, and that is said.',
  input: priceTokensInput,
  timeoutMs: 30_000,
  repeatable: true,
  effect: 'none',
  async run(input): Promise<TokenPriceResult> {
    const asked = priceTokensInput.parse(input)
    const at = new Date(clock.now())
    const { input_tokens = 0, cached_input_tokens = 0, output_tokens = 0 } = asked
    const models: PricedTokens[] = []
    const unknown: TokenPriceResult['unknown'] = []
    for (const model of new Set(asked.models)) {
      const prices = await pricesOf(model, asked.provider, at)
      const [step, next] = prices?.steps ?? []
      if (!prices || !step) {
        unknown.push({ model, nearest: await nearestModels(model, asked.provider) })
        continue
      }
      const cached = step.cachedPerMillion ?? step.inputPerMillion
      const micro =
        input_tokens * step.inputPerMillion +
        cached_input_tokens * cached +
        output_tokens * step.outputPerMillion
      models.push({
        asked: model,
        provider: prices.provider,
        model: prices.model,
        usd_per_million_tokens: {
          input: step.inputPerMillion,
          cached_input: step.cachedPerMillion,
          output: step.outputPerMillion,
        },
        usd_per_request: prices.perRequest,
        higher_above_input_tokens: next?.above ?? null,
        // Without the noise in the sixteenth digit, which could tip a cent.
        total_usd: Number((micro / 1_000_000).toPrecision(15)),
      })
    }
    return {
      input_tokens,
      cached_input_tokens,
      output_tokens,
      models,
      unknown,
      catalogue: {
        package: '@pydantic/genai-prices',
        version: catalogueVersion(),
        priced_at: at.toISOString(),
      },
    }
  },
})
