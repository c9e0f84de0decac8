import type { TimelineSpan } from './timeline.ts'

/** Of one run; what is kept with it stays small however long it was. */
export const MAX_SPANS = 48

/**
 * At most `MAX_SPANS`: the shortest of a kind become one span, which says how many they were. What
 * took long is what is asked for.
 */
export function fewer(spans: readonly TimelineSpan[], most = MAX_SPANS): TimelineSpan[] {
  if (spans.length <= most) return [...spans]
  const kinds = new Set(spans.map(({ kind }) => kind)).size
  const longest = spans
    .filter(({ id }) => id !== 'run' && !isSum(id))
    .toSorted((a, b) => b.duration_ms - a.duration_ms)
    .slice(0, Math.max(0, most - 1 - kinds))
  const kept = new Set(longest.map(({ id }) => id))
  const sums = new Map<TimelineSpan['kind'], { sum: TimelineSpan; count: number }>()
  const left: TimelineSpan[] = []
  for (const span of spans) {
    if (span.id === 'run' || kept.has(span.id)) {
      left.push(span)
      continue
    }
    const count = isSum(span.id) ? Number(/^\d+/.exec(span.name)?.[0] ?? 1) : 1
    const before = sums.get(span.kind)
    if (!before) sums.set(span.kind, { sum: { ...span, id: `sum-${span.kind}` }, count })
    else {
      before.count += count
      before.sum.start_ms = Math.min(before.sum.start_ms, span.start_ms)
      before.sum.duration_ms += span.duration_ms
      if (span.status === 'error') before.sum.status = 'error'
    }
  }
  for (const { sum, count } of sums.values()) {
    left.push({ ...sum, name: `${count} shorter ones`, detail: 'added up' })
  }
  return left.toSorted((a, b) => a.start_ms - b.start_ms)
}

const isSum = (id: string): boolean => id.startsWith('sum-')
