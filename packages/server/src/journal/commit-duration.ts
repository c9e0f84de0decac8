import type { Metrics, Spread } from '../platform/metrics.ts'

const BUCKETS_MS = [0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000]

/** Both stores measure the same thing under the same name. */
export const commitDuration = (metrics: Metrics): Spread =>
  metrics.histogram(
    'netra_store_commit_ms',
    'From sending a group of commits to the store until it was durable.',
    BUCKETS_MS,
  )
