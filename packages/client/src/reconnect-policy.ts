import { BACKOFF_MAX_MS, BACKOFF_MIN_MS } from '@netra/protocol'

/** A connection that lived this long proves that the way is good: counting begins anew. */
export const STABLE_AFTER_MS = 5_000

/** How long to wait before attempt `attempt` (from 1): full jitter between 0.5 s and 30 s. */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16))
  return BACKOFF_MIN_MS + random() * (ceiling - BACKOFF_MIN_MS)
}

/** How long to wait when the server said when to come back. */
export const goawayMs = (
  goaway: { after_ms: number; jitter_ms: number },
  random: () => number,
): number => Math.min(BACKOFF_MAX_MS, goaway.after_ms + random() * goaway.jitter_ms)
