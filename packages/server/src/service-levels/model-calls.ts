import type { Metrics } from '../platform/metrics.ts'
import type { EndedSpan, SpanWatch } from '../platform/tracing.ts'

const BUCKETS_MS = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000]
/** Names come from settings and providers: neither may grow the metrics for ever. */
const MOST_NAMED = 50

/** The first so many names as they are, all others under one. */
function bounded(): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (!known.has(name) && known.size >= MOST_NAMED) return 'other'
    known.add(name)
    return name
  }
}

/** Counts calls of models as their spans end, and tells `next` of all spans. */
export function measureModelCalls(metrics: Metrics, next: SpanWatch | undefined): SpanWatch {
  const durations = metrics.histogram(
    'netra_model_call_ms',
    'How long calls of models took, from asking to the last word, by how they ended.',
    BUCKETS_MS,
    ['model', 'status'],
  )
  const failures = metrics.counter(
    'netra_model_failures_total',
    'Calls of models that failed, by the kind of failure.',
    ['model', 'kind'],
  )
  const modelName = bounded()
  const failureKind = bounded()

  function note({ attributes, durationMs, status }: EndedSpan): void {
    const name = attributes['netra.model']
    // A wait between two calls is none.
    if (typeof name !== 'string') return
    const model = modelName(name)
    durations.observe(durationMs, { model, status })
    if (status !== 'error') return
    failures.add({ model, kind: failureKind(String(attributes['error.type'] ?? 'unknown')) })
  }

  return {
    takesContent: next?.takesContent ?? false,
    ended(span) {
      if (span.kind === 'model') note(span)
      next?.ended(span)
    },
    began: (spanId, soFar) => next?.began?.(spanId, soFar),
  }
}
