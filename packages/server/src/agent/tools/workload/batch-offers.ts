import type { BatchOffer } from './schemas.ts'

/** What providers take off the list price of calls that may wait, as their own pages say; read in stored copies. */
export const BATCH_OFFERS: readonly BatchOffer[] = [
  {
    provider: 'openai',
    discount: 0.5,
    answered_within: '24 hours',
    source: 'https://help.openai.com/en/articles/9197833-batch-api-faq',
    read_on: '2026-11-22',
  },
  {
    provider: 'anthropic',
    discount: 0.5,
    answered_within: '24 hours',
    source: 'https://platform.claude.com/docs/en/build-with-claude/batch-processing',
    read_on: '2026-11-22',
  },
  {
    provider: 'google',
    discount: 0.5,
    answered_within: '24 hours',
    source: 'https://developers.googleblog.com/scale-your-ai-workloads-batch-mode-gemini-api',
    read_on: '2026-11-22',
  },
]

export const batchDiscountOf = (provider: string): number =>
  BATCH_OFFERS.find((offer) => offer.provider === provider)?.discount ?? 0
