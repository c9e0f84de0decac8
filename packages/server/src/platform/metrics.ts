import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

type Labels = Record<string, string>

export interface Count {
  add(labels?: Labels, by?: number): void
  /** The sum over all label values. */
  total(): Promise<number>
}

export interface Level {
  set(value: number, labels?: Labels): void
}

export interface GaugeOptions {
  labels?: string[]
  /** Asked at each scrape. */
  read?: () => number | Promise<number>
  /** As `read`, for all label values that there are now. */
  readEach?: () => readonly { labels: Labels; value: number }[]
}

export interface Spread {
  observe(value: number, labels?: Labels): void
}

/** One number of a metric as it stands; of a histogram also `<name>_bucket`, `_sum` and `_count`. */
export interface Sample {
  name: string
  labels: Readonly<Record<string, string | number>>
  value: number
}

/** A metric with all its numbers. */
export interface Measured {
  name: string
  help: string
  type: string
  samples: readonly Sample[]
}

/**
 * Numbers about this process, in the form Prometheus reads. Each part makes its own once; names are
 * `netra_<part>_<what>[_total|_ms|_bytes]`, and a label's values are a closed list: never an id.
 */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Count
  gauge(name: string, help: string, options?: GaugeOptions): Level
  histogram(name: string, help: string, buckets: readonly number[], labels?: string[]): Spread
  /** The text exposition format, version 0.0.4. */
  text(): Promise<string>
  /** The numbers of these metrics, by the metric's name; one that does not exist is absent. */
  read(names: readonly string[]): Promise<Map<string, readonly Sample[]>>
  /** All of them. */
  all(): Promise<Measured[]>
}

/** @param options.process also measure the process itself: event loop, memory, GC, descriptors. */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry()
  const registers = [registry]
  if (options.process) collectDefaultMetrics({ register: registry })
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
    gauge(name, help, { labels = [], read, readEach } = {}) {
      const gauge = new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        ...(read && {
          async collect() {
            this.set(await read())
          },
        }),
        ...(readEach && {
          collect() {
            this.reset()
            for (const { labels: values, value } of readEach()) this.set(values, value)
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
    async all() {
      const metrics = await registry.getMetricsAsJSON()
      return metrics.map(({ name, help, type, values }) => ({
        name,
        help,
        type: String(type),
        samples: samplesOf(name, values),
      }))
    },
    async read(names) {
      const found = await Promise.all(
        names.map(async (name) => {
          const metric = await registry.getSingleMetric(name)?.get()
          return metric && ([name, samplesOf(name, metric.values)] as const)
        }),
      )
      return new Map(found.filter((entry) => entry !== undefined))
    },
  }
}

interface Value {
  value: number
  labels: object
  metricName?: string | undefined
}

const samplesOf = (name: string, values: readonly Value[]): Sample[] =>
  values.map(({ value, labels, metricName }) => ({
    name: metricName ?? name,
    labels: labels as Sample['labels'],
    value,
  }))
