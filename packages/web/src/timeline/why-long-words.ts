/** Nobody calls less than this long. */
const LONG_MS = 10_000

/** What leads to where the time of an answer went; only a long one is called so. */
export const whyLongWords = (tookMs: number): string =>
  tookMs < LONG_MS ? 'Timing' : 'Why did this take long?'
