import type { Sample } from '../../platform/metrics.ts'
import { quantileOf, tallyOf, type Tally } from '../../service-levels/service-levels.ts'

export type Found = ReadonlyMap<string, readonly Sample[]>

const DURATION = { kind: 'duration', metric: '', withinMs: Infinity } as const

/** Metrics as the dashboard asks for them, by name. */
export class Numbers {
  readonly #found: Found

  constructor(found: Found) {
    this.#found = found
  }

  #of(name: string, only: Record<string, string>): Sample[] {
    const entries = Object.entries(only)
    return (this.#found.get(name) ?? []).filter(({ labels }) =>
      entries.every(([label, value]) => String(labels[label]) === value),
    )
  }

  sum(name: string, only: Record<string, string> = {}): number {
    return this.#of(name, only).reduce((total, { value }) => total + value, 0)
  }

  /** Null for a number that this process does not have. */
  level(name: string): number | null {
    const value = this.#found.get(name)?.[0]?.value
    return value === undefined || !Number.isFinite(value) ? null : value
  }

  /** By one label, largest first. */
  by(name: string, label: string): { key: string; count: number }[] {
    const counts = new Map<string, number>()
    for (const { labels, value } of this.#found.get(name) ?? []) {
      const key = String(labels[label] ?? '')
      counts.set(key, (counts.get(key) ?? 0) + value)
    }
    return [...counts]
      .map(([key, count]) => ({ key, count }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count)
  }

  spread(name: string, only: Record<string, string> = {}): Spreading {
    return spreading(tallyOf({ source: DURATION }, this.#of(name, only)))
  }

  /** The routes that take longest, of those that were asked for more than a few times. */
  slowest(name: string, most: number): ({ method: string; route: string } & Spreading)[] {
    const routes = new Map<string, Sample[]>()
    for (const sample of this.#found.get(name) ?? []) {
      const key = `${sample.labels['method']} ${sample.labels['route']}`
      routes.set(key, [...(routes.get(key) ?? []), sample])
    }
    return [...routes]
      .map(([key, samples]) => {
        const [method = '', route = ''] = key.split(' ')
        return { method, route, ...spreading(tallyOf({ source: DURATION }, samples)) }
      })
      .filter(({ route }) => route.startsWith('/api/') || route.startsWith('/auth/'))
      .toSorted((a, b) => (b.p95_ms ?? 0) - (a.p95_ms ?? 0))
      .slice(0, most)
  }
}

interface Spreading {
  count: number
  p50_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
}

const round = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10)

const spreading = (tally: Tally): Spreading => ({
  count: tally.all,
  p50_ms: round(quantileOf(tally, 0.5)),
  p95_ms: round(quantileOf(tally, 0.95)),
  p99_ms: round(quantileOf(tally, 0.99)),
})
