import type { LanguageModelV4Usage } from '@ai-sdk/provider'

import { isOfficial, type Connection } from './providers.ts'

export interface Pricing {
  /** US dollars of one call; null when the catalogue does not know the price. */
  costUsd(usage: LanguageModelV4Usage): number | null
  contextTokens: number | null
}

/**
 * Prices of today's catalogue. A server that merely speaks a provider's API is priced by its address
 * alone: nobody knows what a model on a machine of one's own costs.
 */
export async function pricingFor(
  connection: Connection,
  model: string,
  at: Date,
): Promise<Pricing> {
  const { calcPrice } = await import('@pydantic/genai-prices')
  const where = isOfficial(connection)
    ? { providerId: connection.provider }
    : { providerApiUrl: connection.baseUrl }
  const price = (usage: Record<string, number>) => {
    try {
      return calcPrice(usage, model, { ...where, timestamp: at })
    } catch {
      return null
    }
  }
  const known = price({ input_tokens: 1, output_tokens: 1 })
  // The catalogue searches all of itself for each call that it does not know.
  if (!known) return UNPRICED
  return {
    contextTokens: known.model.context_window ?? null,
    costUsd(usage) {
      if (usage.inputTokens.total === undefined || usage.outputTokens.total === undefined)
        return null
      const parts = {
        input_tokens: usage.inputTokens.total,
        output_tokens: usage.outputTokens.total,
        ...(usage.inputTokens.cacheRead ? { cache_read_tokens: usage.inputTokens.cacheRead } : {}),
        ...(usage.inputTokens.cacheWrite
          ? { cache_write_tokens: usage.inputTokens.cacheWrite }
          : {}),
      }
      return price(parts)?.total_price ?? null
    },
  }
}

const UNPRICED: Pricing = { contextTokens: null, costUsd: () => null }

export const FREE: Pricing = { contextTokens: null, costUsd: () => 0 }
