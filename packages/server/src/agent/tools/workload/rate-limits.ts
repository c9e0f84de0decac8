import type { PeakUnit } from './peaks.ts'

/** Limits of one usage tier for one model, as its provider's pages say. */
interface PublishedLimits {
  provider: string
  /** As the provider calls it, in small letters: `1`, `start`. */
  tier: string
  model: string
  limits: Partial<Record<PeakUnit, number>>
  source: string
  read_on: string
  /** What the number does not tell by itself. */
  note?: string
}

const READ_ON = '2026-11-22'
const OPENAI_PAGES = 'https://developers.openai.com/api/docs/models'
const ANTHROPIC_PAGE = 'https://platform.claude.com/docs/en/api/rate-limits'

/** Requests and tokens (input and output) a minute, of the tiers 1 to 5. */
type FiveTiers = readonly (readonly [requests: number, tokens: number])[]

const FLAGSHIP: FiveTiers = [
  [500, 500_000],
  [5_000, 1_000_000],
  [5_000, 2_000_000],
  [10_000, 4_000_000],
  [15_000, 40_000_000],
]
const MINI: FiveTiers = [
  [500, 500_000],
  [5_000, 2_000_000],
  [5_000, 4_000_000],
  [10_000, 10_000_000],
  [30_000, 180_000_000],
]
const NANO: FiveTiers = [[500, 200_000], ...MINI.slice(1)]
const GPT_4: FiveTiers = [
  [500, 30_000],
  [5_000, 450_000],
  [5_000, 800_000],
  [10_000, 2_000_000],
  [10_000, 30_000_000],
]
const GPT_4_MINI: FiveTiers = [
  [500, 200_000],
  [5_000, 2_000_000],
  [5_000, 4_000_000],
  [10_000, 10_000_000],
  [30_000, 150_000_000],
]

/** Of each model’s own page, under “Rate limits”; requests of a long context have others. */
const OPENAI: Readonly<Record<string, FiveTiers>> = {
  'gpt-6-astra': FLAGSHIP,
  'gpt-5.6-sol': FLAGSHIP,
  'gpt-5.6-terra': FLAGSHIP,
  'gpt-5.6-luna': MINI,
  'gpt-5.5': FLAGSHIP,
  'gpt-5.4-mini': MINI,
  'gpt-5.4-nano': NANO,
  'gpt-5-mini': MINI,
  'gpt-5-nano': NANO,
  'gpt-4.1': GPT_4,
  'gpt-4.1-mini': GPT_4_MINI,
  'gpt-4o': GPT_4,
  'gpt-4o-mini': GPT_4_MINI,
  'o4-mini': [
    [1_000, 100_000],
    [2_000, 2_000_000],
    [5_000, 4_000_000],
    [10_000, 10_000_000],
    [30_000, 150_000_000],
  ],
}

type Anthropic = readonly [requests: number, input: number, output: number]

const CLAUDE: Readonly<Record<string, Anthropic>> = {
  start: [1_000, 2_000_000, 400_000],
  build: [5_000, 5_000_000, 1_000_000],
  scale: [10_000, 10_000_000, 2_000_000],
}
const FABLE: Readonly<Record<string, Anthropic>> = {
  start: [1_000, 500_000, 100_000],
  build: [2_000, 1_500_000, 300_000],
  scale: [4_000, 4_000_000, 800_000],
}

const UNCACHED = 'Input that is read from a prompt cache does not count against the input limit.'
const shared = (models: string): string =>
  `One limit for the traffic of ${models} together. ${UNCACHED}`
const OPUS_4 = shared('Claude Opus 4.5 to 4.8')
const SONNET_4 = shared('Claude Sonnet 4.5 and 4.6')

const ANTHROPIC: readonly (readonly [string, Readonly<Record<string, Anthropic>>, string])[] = [
  ['claude-fable-5', FABLE, UNCACHED],
  ['claude-opus-5', CLAUDE, UNCACHED],
  ['claude-opus-4-8', CLAUDE, OPUS_4],
  ['claude-opus-4-7', CLAUDE, OPUS_4],
  ['claude-opus-4-6', CLAUDE, OPUS_4],
  ['claude-opus-4-5', CLAUDE, OPUS_4],
  ['claude-sonnet-5', CLAUDE, UNCACHED],
  ['claude-sonnet-4-6', CLAUDE, SONNET_4],
  ['claude-sonnet-4-5', CLAUDE, SONNET_4],
  ['claude-haiku-4-5', CLAUDE, UNCACHED],
]

/**
 * Providers change their limits and show an account its own, so these are a guess for who has not
 * looked. What a page did not say is not here. Pages were read in stored copies.
 */
export const PUBLISHED_LIMITS: readonly PublishedLimits[] = [
  ...Object.entries(OPENAI).flatMap(([model, tiers]) =>
    tiers.map(([requests, tokens], place) => ({
      provider: 'openai',
      tier: String(place + 1),
      model,
      limits: { requests_per_minute: requests, tokens_per_minute: tokens },
      source: `${OPENAI_PAGES}/${model}`,
      read_on: READ_ON,
    })),
  ),
  ...ANTHROPIC.flatMap(([model, tiers, note]) =>
    Object.entries(tiers).map(([tier, [requests, input, output]]) => ({
      provider: 'anthropic',
      tier,
      model,
      limits: {
        requests_per_minute: requests,
        input_tokens_per_minute: input,
        output_tokens_per_minute: output,
      },
      source: ANTHROPIC_PAGE,
      read_on: READ_ON,
      note,
    })),
  ),
]

/** Where an account sees its own limits, by provider. */
export const OWN_LIMITS: Readonly<Record<string, string>> = {
  openai: 'https://platform.openai.com/settings/organization/limits',
  anthropic: 'https://platform.claude.com/settings/limits',
  google: 'https://aistudio.google.com/rate-limit',
}

/** In words: all of them, or the one of a provider. */
export function whereToLook(provider?: string): string {
  const own = provider === undefined ? undefined : OWN_LIMITS[provider.toLowerCase()]
  if (own !== undefined) return `An account’s own are shown at ${own}.`
  const all = Object.entries(OWN_LIMITS).map(([name, place]) => `${name}: ${place}`)
  return `Ask your provider’s console: ${all.join('; ')}.`
}
