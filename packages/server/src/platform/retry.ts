/** How something is tried again: waits that grow, spread at random up to their whole length. */
export interface RetryPolicy {
  /** Tries in all, the first among them. */
  tries: number
  /** The longest wait after the first failure; each further one may be twice as long. */
  firstMs: number
  /** No wait is longer; a service that asks for a longer one is not asked again here. */
  mostMs: number
}

/** Of a service that names its own time, all come back at once: a little apart is enough. */
const SPREAD_MS = 250

/**
 * How long to wait before the next try, in milliseconds; null when there is none.
 *
 * @param failed tries that failed so far, from 1.
 * @param options.askedMs what the service asked for by Retry-After: never less is waited.
 * @param options.leftMs until whoever waits gives up: a wait that ends later is in vain.
 */
export function waitBeforeRetry(
  policy: RetryPolicy,
  failed: number,
  options: { random: () => number; askedMs?: number | undefined; leftMs?: number },
): number | null {
  const { random, askedMs, leftMs = Infinity } = options
  if (failed >= policy.tries) return null
  const ceiling = Math.min(policy.mostMs, policy.firstMs * 2 ** Math.min(failed - 1, 30))
  if (askedMs !== undefined && askedMs > policy.mostMs) return null
  const waitMs =
    askedMs === undefined ? random() * ceiling : askedMs + random() * Math.min(SPREAD_MS, askedMs)
  return waitMs < leftMs ? waitMs : null
}

/** Milliseconds from `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. */
export function retryAfterMs(
  headers: Record<string, string> | undefined,
  now: number,
): number | undefined {
  const precise = Number(headers?.['retry-after-ms'] ?? Number.NaN)
  if (precise >= 0) return precise
  const text = headers?.['retry-after']
  if (!text) return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
