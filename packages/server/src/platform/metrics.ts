import { Counter, Gauge, Histogram, Registry } from 'prom-client'

type Labels = Record<string, string>

export interface Count {
  add(labels?: Labels, by?: number): void
  /** The sum over all label values. */
  total(): Promise<number>
}

export interface Level {
  set(value: number, labels?: Labels): void
}

export interface Spread {
  observe(value: number, labels?: Labels): void
}

/**
 * Numbers about this process, in the form Prometheus reads. Each part makes its own once; names are
 * `netra_<part>_<what>[_total|_ms|_bytes]`, and a label's values are a closed list: never an id.
 */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Count
  /** `read`, where given, is asked at each scrape. */
  gauge(name: string, help: string, options?: { labels?: string[]; read?: () => number }): Level
  histogram(name: string, help: string, buckets: readonly number[], labels?: string[]): Spread
  /** The text exposition format, version 0.0.4. */
  text(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  return {
    counter(name, help, labels = []) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers })
      return {
        add: (values = {}, by = 1) => counter.inc(values, by),
        async total() {
          const { values } = await counter.get()
          return values.reduce((sum, { value }) => sum + value, 0)
        },
      }
    },
    gauge(name, help, { labels = [], read } = {}) {
      const gauge = new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        ...(read && {
          collect() {
            this.set(read())
          },
        }),
      })
      return { set: (value, values = {}) => gauge.set(values, value) }
    },
    histogram(name, help, buckets, labels = []) {
      const histogram = new Histogram({
        name,
        help,
        buckets: [...buckets],
        labelNames: labels,
        registers,
      })
      return { observe: (value, values = {}) => histogram.observe(values, value) }
    },
    text: () => registry.metrics(),
  }
}
