import type { Metrics } from '../platform/metrics.ts'

/**
 * Numbers about people, which what the server does with itself while it starts is not: until `begin`
 * nothing is counted. Nobody else is served before that.
 */
export function metricsOfPeople(metrics: Metrics): { metrics: Metrics; begin: () => void } {
  let counts = false
  return {
    begin() {
      counts = true
    },
    metrics: {
      ...metrics,
      counter(name, help, labels) {
        const counter = metrics.counter(name, help, labels)
        return { ...counter, add: (values, by) => (counts ? counter.add(values, by) : undefined) }
      },
      histogram(name, help, buckets, labels) {
        const histogram = metrics.histogram(name, help, buckets, labels)
        return {
          ...histogram,
          observe: (value, values) => (counts ? histogram.observe(value, values) : undefined),
        }
      },
    },
  }
}
