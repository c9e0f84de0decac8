/** Limits of one usage tier for one model, as published; `null`: not published for it. */
interface PublishedLimits {
  provider: string
  tier: string
  model: string
  requests_per_minute: number
  tokens_per_minute: number
  source: string
  read_on: string
}

const OPENAI = {
  provider: 'openai',
  source:
    'https://developers.openai.com/api/docs/models (limits by usage tier; an account’s own are in its settings)',
  read_on: '2026-11-21',
}

/**
 * A small table: providers change their limits and show an account its own, so these are a guess
 * for who has not looked. Anthropic and Google publish theirs by account only.
 */
export const PUBLISHED_LIMITS: readonly PublishedLimits[] = [
  ...(
    [
      ['1', 500, 30_000],
      ['2', 5_000, 450_000],
      ['3', 5_000, 800_000],
      ['4', 10_000, 2_000_000],
      ['5', 10_000, 30_000_000],
    ] as const
  ).map(([tier, requests_per_minute, tokens_per_minute]) => ({
    ...OPENAI,
    model: 'gpt-4o',
    tier,
    requests_per_minute,
    tokens_per_minute,
  })),
  ...(
    [
      ['1', 500, 200_000],
      ['2', 5_000, 2_000_000],
      ['3', 5_000, 4_000_000],
      ['4', 10_000, 10_000_000],
      ['5', 30_000, 150_000_000],
    ] as const
  ).map(([tier, requests_per_minute, tokens_per_minute]) => ({
    ...OPENAI,
    model: 'gpt-4o-mini',
    tier,
    requests_per_minute,
    tokens_per_minute,
  })),
]
