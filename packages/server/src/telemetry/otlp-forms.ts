import {
  INVALID_SPANID,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  ValueType,
} from '@opentelemetry/api'
import { millisToHrTime, type InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

import type { Measured, Sample } from '../platform/metrics.ts'
import type { Attributes, EndedSpan } from '../platform/tracing.ts'

/** Whose all of it is. */
export interface Origin {
  resource: Resource
  scope: InstrumentationScope
}

const KIND: Record<EndedSpan['kind'], SpanKind> = {
  request: SpanKind.SERVER,
  command: SpanKind.SERVER,
  run: SpanKind.INTERNAL,
  queue: SpanKind.INTERNAL,
  model: SpanKind.CLIENT,
  tool: SpanKind.INTERNAL,
  store: SpanKind.INTERNAL,
  network: SpanKind.INTERNAL,
}

const spanContext = (traceId: string, spanId: string) => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
})

/** A span of ours as OpenTelemetry's exporters take it. */
export function readableSpan(span: EndedSpan, { resource, scope }: Origin): ReadableSpan {
  const { traceId, spanId, parentId, startedAt, durationMs, firstMs, heldMs, status } = span
  const own = spanContext(traceId, spanId)
  return {
    name: span.name,
    kind: KIND[span.kind],
    spanContext: () => own,
    ...(parentId !== null && { parentSpanContext: spanContext(traceId, parentId) }),
    startTime: millisToHrTime(startedAt),
    endTime: millisToHrTime(startedAt + durationMs),
    duration: millisToHrTime(durationMs),
    ended: true,
    status: { code: status === 'error' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: {
      ...span.attributes,
      ...(firstMs !== undefined && {
        'gen_ai.response.time_to_first_chunk': Math.round(firstMs) / 1000,
      }),
      ...(heldMs > 0 && { 'netra.store_wait_ms': Math.round(heldMs) }),
      ...(status === 'cancelled' && { 'netra.cancelled': true }),
    },
    links: [],
    events: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** A line of the log on its way out. */
export interface ExportedLine {
  time: number
  level: number
  message: string
  traceId: string | undefined
  attributes: Attributes
}

const SEVERITY: readonly [number, SeverityNumber, string][] = [
  [60, SeverityNumber.FATAL, 'FATAL'],
  [50, SeverityNumber.ERROR, 'ERROR'],
  [40, SeverityNumber.WARN, 'WARN'],
  [30, SeverityNumber.INFO, 'INFO'],
]

export function readableLine(line: ExportedLine, { resource, scope }: Origin): ReadableLogRecord {
  const { level, message, traceId, attributes } = line
  const time = millisToHrTime(line.time)
  const [, severityNumber, severityText] = SEVERITY.find(([from]) => level >= from) ?? [
    0,
    SeverityNumber.DEBUG,
    'DEBUG',
  ]
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber,
    severityText,
    body: message,
    attributes,
    // A line knows its trace and not its span: an id of zeros stands for none.
    ...(traceId !== undefined && { spanContext: spanContext(traceId, INVALID_SPANID) }),
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
  }
}

/** The numbers of /metrics, which count from the start. */
export function resourceMetrics(
  metrics: readonly Measured[],
  { since, now }: { since: number; now: number },
  { resource, scope }: Origin,
): ResourceMetrics {
  const times = { startTime: millisToHrTime(since), endTime: millisToHrTime(now) }
  return {
    resource,
    scopeMetrics: [{ scope, metrics: metrics.map((metric) => metricOf(metric, times)) }],
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>

function metricOf({ name, help, type, samples }: Measured, times: Times): MetricData {
  const common = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  if (type === 'histogram') {
    const dataPoints = histogramsOf(name, samples).map((point) => ({ ...times, ...point }))
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }
  }
  const dataPoints = samples.map(({ labels, value }) => ({ ...times, attributes: labels, value }))
  return type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
}

/** Prometheus' buckets hold those below them; OpenTelemetry's are of one range each. */
function histogramsOf(
  name: string,
  samples: readonly Sample[],
): Pick<DataPoint<Histogram>, 'attributes' | 'value'>[] {
  const points = new Map<string, { labels: Sample['labels']; samples: Sample[] }>()
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    const point = points.get(key) ?? { labels, samples: [] }
    point.samples.push(sample)
    points.set(key, point)
  }
  return [...points.values()].map(({ labels, samples: own }) => {
    const buckets = own
      .filter((sample) => sample.name === `${name}_bucket`)
      .map(({ labels: { le }, value }) => ({ le: le === '+Inf' ? Infinity : Number(le), value }))
      .toSorted((a, b) => a.le - b.le)
    const one = (what: string): number =>
      own.find((sample) => sample.name === `${name}_${what}`)?.value ?? 0
    return {
      attributes: labels,
      value: {
        count: one('count'),
        sum: one('sum'),
        buckets: {
          boundaries: buckets.map(({ le }) => le).filter(Number.isFinite),
          counts: buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0)),
        },
      },
    }
  })
}
