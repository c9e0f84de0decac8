import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import type { PriceCalculation, Provider } from '@pydantic/genai-prices'
import { z } from 'zod'

/** Dollars per million tokens of one request, by how many input tokens it has. */
export interface PriceStep {
  /** Requests with more input tokens than this, and at most the next step's, cost so much. */
  above: number
  inputPerMillion: number
  outputPerMillion: number
  /** Of input read from, or written to, a prompt cache; null: charged as other input. */
  cachedPerMillion: number | null
  cacheWritePerMillion: number | null
}

export interface ModelPrices {
  provider: string
  model: string
  /** Tokens of input and output together; null when the catalogue does not say. */
  contextWindow: number | null
  /** Dollars for a request of no tokens. */
  perRequest: number
  steps: PriceStep[]
}

const DEFAULT_PROVIDER = 'openai'
const PACKAGE = '@pydantic/genai-prices'

/** The catalogue is large: it is read with the first question about prices, not at start. */
const catalogue = () => import('@pydantic/genai-prices')

/** The version of the catalogue that is installed; its prices are those of its publishing. */
export function catalogueVersion(): string {
  const entry = createRequire(import.meta.url).resolve(PACKAGE)
  const description = readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(description)).version
}

/** Prices of a model on a day; undefined when the catalogue has none for tokens of that name. */
export async function pricesOf(
  name: string,
  provider: string | undefined,
  at: Date,
): Promise<ModelPrices | undefined> {
  const { calcPrice } = await catalogue()
  for (const asked of namesToTry(name, provider)) {
    const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, asked.model, {
      timestamp: at,
      ...(asked.provider === undefined ? {} : { providerId: asked.provider }),
    })
    if (found) return tokenPrices(found)
  }
  return undefined
}

/** `openai` unless a provider is named, by itself or as `provider/model`, or only another has it. */
function namesToTry(
  name: string,
  provider: string | undefined,
): { model: string; provider: string | undefined }[] {
  if (provider !== undefined) return [{ model: name, provider }]
  const asked = [{ model: name, provider: DEFAULT_PROVIDER }]
  const slash = name.indexOf('/')
  if (slash > 0) asked.push({ model: name.slice(slash + 1), provider: name.slice(0, slash) })
  return [...asked, { model: name, provider: undefined }]
}

function tokenPrices(found: PriceCalculation): ModelPrices | undefined {
  const { input_mtok: input, output_mtok: output, ...others } = found.model_price
  const { cache_read_mtok: cached, cache_write_mtok: cacheWrite } = others
  if (input === undefined && output === undefined && Object.keys(others).length > 0)
    return undefined
  const starts = [input, output, cached, cacheWrite].flatMap((price) =>
    typeof price === 'object' ? price.tiers.map((tier) => tier.start) : [],
  )
  const steps = [...new Set([-1, ...starts])].toSorted((a, b) => a - b)
  return {
    provider: found.provider.id,
    model: found.model.id,
    contextWindow: found.model.context_window ?? null,
    perRequest: found.total_price,
    steps: steps.map((above) => ({
      above,
      inputPerMillion: rateAbove(input, above),
      outputPerMillion: rateAbove(output, above),
      cachedPerMillion: cached === undefined ? null : rateAbove(cached, above),
      cacheWritePerMillion: cacheWrite === undefined ? null : rateAbove(cacheWrite, above),
    })),
  }
}

type Price = PriceCalculation['model_price'][string]

/** A request beyond a tier's start is charged at that tier's price as a whole. */
function rateAbove(price: Price, above: number): number {
  if (price === undefined) return 0
  if (typeof price === 'number') return price
  const reached = price.tiers.filter((tier) => tier.start <= above)
  const highest = reached.toSorted((a, b) => a.start - b.start).at(-1)
  return highest?.price ?? price.base
}

/** Names of the catalogue that look most like `name`; with their provider unless it is `openai`. */
export async function nearestModels(name: string, provider: string | undefined): Promise<string[]> {
  const { waitForUpdate } = await catalogue()
  const all: readonly Provider[] = (await waitForUpdate()) ?? []
  const wanted = name.toLowerCase()
  const named = all.filter(({ id }) => (provider === undefined ? MAKERS.has(id) : id === provider))
  return (named.length > 0 ? named : all)
    .flatMap(({ id, models }) =>
      models.map((model) => ({
        name: id === DEFAULT_PROVIDER || id === provider ? model.id : `${id}/${model.id}`,
        distance: distanceBetween(wanted, model.id.toLowerCase()),
      })),
    )
    .toSorted((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map((model) => model.name)
}

/** Those who make models; a hundred resellers list the same ones. */
const MAKERS = new Set(['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'x-ai', 'cohere'])

/** Edits that turn one name into another. */
function distanceBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
