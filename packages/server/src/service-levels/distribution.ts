import type { Sample } from '../platform/metrics.ts'
import type { Only, ServiceLevel, Source } from './levels.ts'

/** Cumulative since the start of the process: good ones of all, and all by upper bound. */
export interface Tally {
  good: number
  all: number
  /** Of a duration: how many took at most so many ms, ascending; the last bound is Infinity. */
  buckets: readonly { le: number; count: number }[]
}

export const EMPTY: Tally = { good: 0, all: 0, buckets: [] }

const isOneOf = (labels: Sample['labels'], only: Only): boolean =>
  Object.entries(only).every(([name, values]) => values.includes(String(labels[name])))

const isOfRoutes = (labels: Sample['labels'], routes: readonly string[] | undefined): boolean =>
  routes === undefined || routes.some((start) => String(labels['route']).startsWith(start))

const boundOf = (le: string | number | undefined): number => (le === '+Inf' ? Infinity : Number(le))

function durations(source: Extract<Source, { kind: 'duration' }>, samples: readonly Sample[]) {
  const counts = new Map<number, number>()
  for (const { name, labels, value } of samples) {
    if (!name.endsWith('_bucket') || !isOfRoutes(labels, source.routes)) continue
    const le = boundOf(labels['le'])
    counts.set(le, (counts.get(le) ?? 0) + value)
  }
  return [...counts].map(([le, count]) => ({ le, count })).toSorted((a, b) => a.le - b.le)
}

export function tallyOf(
  { source }: Pick<ServiceLevel, 'source'>,
  samples: readonly Sample[],
): Tally {
  if (source.kind === 'share') {
    const sum = (only: Only): number =>
      samples.reduce((total, { labels, value }) => total + (isOneOf(labels, only) ? value : 0), 0)
    return { good: sum(source.good), all: sum(source.of), buckets: [] }
  }
  const buckets = durations(source, samples)
  const good = buckets.find(({ le }) => le === source.withinMs)?.count ?? 0
  return { good, all: buckets.at(-1)?.count ?? 0, buckets }
}

/** What came in between two moments; a process only ever counts up. */
export const since = (now: Tally, before: Tally): Tally => ({
  good: now.good - before.good,
  all: now.all - before.all,
  buckets: now.buckets.map(({ le, count }) => ({
    le,
    count: count - (before.buckets.find((bucket) => bucket.le === le)?.count ?? 0),
  })),
})

/**
 * The value that the share `quantile` does not exceed, taken as evenly spread within its bucket as
 * Prometheus does; null without any. Beyond the last bound it is that bound.
 */
export function quantileOf({ buckets }: Tally, quantile: number): number | null {
  const all = buckets.at(-1)?.count ?? 0
  if (all === 0) return null
  const rank = quantile * all
  let below = { le: 0, count: 0 }
  for (const bucket of buckets) {
    if (bucket.count >= rank && bucket.count > below.count) {
      if (bucket.le === Infinity) return below.le
      const share = (rank - below.count) / (bucket.count - below.count)
      return below.le + (bucket.le - below.le) * share
    }
    below = bucket
  }
  return below.le
}
