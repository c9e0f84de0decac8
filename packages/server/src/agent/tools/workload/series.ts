import { quoteText } from '../data/duck/quote.ts'
import { ToolError } from '../tool.ts'
import { bigOf, dollars, numberOf } from './money.ts'
import type { Subject } from './subject.ts'

export type Bucket = 'minute' | 'hour' | 'day'

const LENGTH_MS: Record<Bucket, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** More pairs of buckets than these have could hold up everybody else. */
const MOST_BUCKETS = 750

export const perDay = (bucket: Bucket): number => LENGTH_MS.day / LENGTH_MS[bucket]

interface Metric {
  unit: string
  sql: string
  /** Of a bucket without requests it is 0; the others have no value there. */
  isSum: boolean
  column?: 'input_tokens' | 'output_tokens' | 'latency_ms' | 'status'
  isMoney?: true
}

export const METRICS = {
  requests: { unit: 'requests', sql: 'sum(requests)', isSum: true },
  input_tokens: {
    unit: 'tokens',
    sql: 'sum(input_tokens)',
    isSum: true,
    column: 'input_tokens',
  },
  output_tokens: {
    unit: 'tokens',
    sql: 'sum(output_tokens)',
    isSum: true,
    column: 'output_tokens',
  },
  tokens: {
    unit: 'tokens',
    sql: 'sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))',
    isSum: true,
    column: 'output_tokens',
  },
  cost_usd: { unit: 'US dollars', sql: 'sum(cost)', isSum: true, isMoney: true },
  error_rate: {
    unit: 'share of requests',
    sql: `coalesce(sum(requests) FILTER (WHERE status = 'error'), 0) / sum(requests)`,
    isSum: false,
    column: 'status',
  },
  input_tokens_per_request: {
    unit: 'tokens per request',
    sql: 'sum(input_tokens) / sum(requests)',
    isSum: false,
    column: 'input_tokens',
  },
  output_tokens_per_request: {
    unit: 'tokens per request',
    sql: 'sum(output_tokens) / sum(requests)',
    isSum: false,
    column: 'output_tokens',
  },
  latency_ms_p50: {
    unit: 'milliseconds',
    sql: 'quantile_cont(latency_ms, 0.5)',
    isSum: false,
    column: 'latency_ms',
  },
  latency_ms_p95: {
    unit: 'milliseconds',
    sql: 'quantile_cont(latency_ms, 0.95)',
    isSum: false,
    column: 'latency_ms',
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof METRICS
export const metricOf = (name: MetricName): Metric => METRICS[name]

/** Steps of which the span holds at most 750, the finest first. */
function bucketsFor(from: string, to: string): Bucket[] {
  const spanMs = Date.parse(to) - Date.parse(from)
  return (['minute', 'hour', 'day'] as const).filter(
    (bucket) => bucket === 'day' || spanMs / LENGTH_MS[bucket] < MOST_BUCKETS - 1,
  )
}

export interface Series {
  bucket: Bucket
  points: Point[]
  /** From the first request to the last. */
  buckets: number
  /** Of these, without any request. */
  empty: number
}

/** With more empty buckets than others there is no usual level to differ from. */
export const isSparse = ({ buckets, empty }: Series): boolean => empty * 2 > buckets

/** The series by the finest step by which it is not sparse; else by the day. */
export async function bestSeriesOf(
  subject: Subject,
  from: string,
  metric: Metric,
): Promise<Series> {
  const { from: first, to: last } = subject.covered
  let series: Series = { bucket: 'day', points: [], buckets: 0, empty: 0 }
  for (const bucket of bucketsFor(first ?? '', last ?? '')) {
    series = await seriesOf(subject, from, metric, bucket)
    if (!isSparse(series)) break
  }
  return series
}

export interface Point {
  at: string
  value: number
}

/**
 * A value for each bucket from the first request to the last, in order; of a metric that is no sum
 * only for buckets that have one.
 *
 * @throws ToolError when there are more than 750.
 */
export async function seriesOf(
  subject: Subject,
  from: string,
  metric: Metric,
  bucket: Bucket,
): Promise<Series> {
  const rows = await subject.ask(
    `SELECT epoch_ms(date_trunc(${quoteText(bucket)}, "at")) AS begins, ${metric.sql} FROM ${from} AS w WHERE "at" IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT ${MOST_BUCKETS + 1}`,
  )
  const step = LENGTH_MS[bucket]
  const found = new Map(
    rows.flatMap(([begins, value]) =>
      value === null || value === undefined
        ? []
        : [[numberOf(begins), metric.isMoney ? dollars(bigOf(value)) : numberOf(value)] as const],
    ),
  )
  const first = numberOf(rows[0]?.[0])
  const count = rows.length === 0 ? 0 : (numberOf(rows.at(-1)?.[0]) - first) / step + 1
  if (count > MOST_BUCKETS || rows.length > MOST_BUCKETS) {
    throw new ToolError(
      `The span holds more than ${MOST_BUCKETS} buckets of a ${bucket}: choose a longer bucket, or a shorter span with where.`,
    )
  }
  const points: Point[] = []
  for (let index = 0; index < count; index += 1) {
    const begins = first + index * step
    const value = found.get(begins) ?? (metric.isSum ? 0 : undefined)
    if (value !== undefined) points.push({ at: textOf(begins, bucket), value })
  }
  return { bucket, points, buckets: count, empty: count - rows.length }
}

const TEXT_LENGTH: Record<Bucket, number> = { minute: 16, hour: 13, day: 10 }

const textOf = (ms: number, bucket: Bucket): string =>
  new Date(ms).toISOString().slice(0, TEXT_LENGTH[bucket])
