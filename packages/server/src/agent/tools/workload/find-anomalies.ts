import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import { ToolError, type Tool } from '../tool.ts'
import { rounded } from './money.ts'
import { openPricing, unpricedOf, type Pricing } from './pricing.ts'
import {
  mannKendall,
  median,
  modifiedZScores,
  seasonalMedians,
  theilSen,
} from './robust-statistics.ts'
import { findAnomaliesInput, type Anomalies, type Method, type NotMeasurable } from './schemas.ts'
import {
  bestSeriesOf,
  isSparse,
  metricOf,
  perDay,
  seriesOf,
  type Bucket,
  type MetricName,
  type Point,
  type Series,
} from './series.ts'
import { lacking, openSubject, uncountedOf, type Subject } from './subject.ts'

const SHOWN = 50
/** What is of requests needs rows that count them. */
const PER_REQUEST: ReadonlySet<MetricName> = new Set([
  'requests',
  'error_rate',
  'input_tokens_per_request',
  'output_tokens_per_request',
])
const FEWEST_BUCKETS = 10
const FEWEST_SEASONS = 3
const SEASONS: Record<Bucket, number> = { minute: 0, hour: 24, day: 7 }

/**
 * Unusual buckets of time, and whether a metric isTrend or falls. Seasonal medians are taken out, then
 * the Theil–Sen line if Mann–Kendall finds a trend, else the median; what is left is judged by the
 * modified z-score of Iglewicz and Hoaglin.
 */
export const findAnomalies = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'find_anomalies',
  description:
    'Anomalies and trend of one metric of the usage in attached files, by minute, hour or day: seasonal medians taken out, modified z-score (Iglewicz and Hoaglin, 3.5), Mann–Kendall test and Theil–Sen slope. Metrics: requests, tokens, cost_usd, error_rate, tokens per request, latency.',
  input: findAnomaliesInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<Anomalies> {
    const asked = findAnomaliesInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    // Where rows do not count their requests, tokens are what rises and falls.
    const isCounted = subject.covered.uncounted_rows === undefined
    const name = asked.metric ?? (isCounted ? 'requests' : 'tokens')
    const metric = metricOf(name)
    const pricing = metric.isMoney ? await openPricing(subject, asked.pricing, clock) : undefined
    const priced = pricing === undefined || 'what' in pricing ? undefined : pricing
    const missing = missingFor(subject, name, pricing)
    const threshold = asked.threshold ?? 3.5
    const significance = asked.significance ?? 0.05
    const nothing = {
      covered: subject.covered,
      pricing: priced?.shown ?? null,
      metric: name,
      unit: metric.unit,
      methods: methodsOf(threshold, significance),
      formula: formulaOf(threshold),
    }
    if (missing.length > 0)
      return {
        ...nothing,
        ...NOTHING_FOUND,
        bucket: asked.bucket ?? 'day',
        not_measurable: missing,
      }
    const rows = priced?.from ?? subject.from
    const series = asked.bucket
      ? await seriesOf(subject, rows, metric, asked.bucket)
      : await bestSeriesOf(subject, rows, metric)
    return {
      ...nothing,
      ...found(series, {
        name,
        threshold,
        significance,
        season: asked.season,
        unpriced: priced ? unpricedOf(priced) : [],
      }),
    }
  },
})

type Findings = Pick<
  Anomalies,
  'bucket' | 'span' | 'anomalies' | 'anomalies_in_all' | 'trend' | 'series' | 'not_measurable'
>

function found(
  series: Series,
  asked: {
    name: MetricName
    threshold: number
    significance: number
    season: number | undefined
    unpriced: readonly NotMeasurable[]
  },
): Findings {
  const { bucket, empty } = series
  const { isSum } = metricOf(asked.name)
  const { points, left_out } = wholeBuckets(series.points, isSum)
  if (points.length < FEWEST_BUCKETS || (isSum && isSparse(series))) {
    return {
      ...NOTHING_FOUND,
      bucket,
      series: points.map(({ at, value }) => [at, value]),
      not_measurable: [
        {
          what: `anomalies and trend of ${asked.name}`,
          why: `The files hold ${points.length} whole buckets of a ${bucket}, and ${empty} buckets without any request.`,
          needs: `At least ${FEWEST_BUCKETS} whole buckets, most of them with requests; for a season at least ${FEWEST_SEASONS} of it.`,
        },
      ],
    }
  }
  const season = seasonOf(asked.season, bucket, points.length, empty > 0 && !isSum)
  const { anomalies, slope, trend } = judge(points, { ...asked, season })
  return {
    bucket,
    span: {
      from: points[0]?.at ?? '',
      to: points.at(-1)?.at ?? '',
      buckets: points.length,
      empty_buckets: empty,
      left_out,
      season,
    },
    anomalies: anomalies.slice(0, SHOWN),
    anomalies_in_all: anomalies.length,
    trend: { ...trend, slope_per_day: significantDigits(slope * perDay(bucket)) },
    series: points.map(({ at, value }) => [at, significantDigits(value)]),
    not_measurable: [
      ...asked.unpriced,
      ...(season === 0 ? [noSeason(bucket, points.length, asked.season)] : []),
    ],
  }
}

function missingFor(
  subject: Subject,
  name: MetricName,
  pricing: Pricing | NotMeasurable | undefined,
): NotMeasurable[] {
  const { column } = metricOf(name)
  const columns = name === 'tokens' ? (['input_tokens', 'output_tokens'] as const) : [column]
  const absent = columns.filter((each) => each !== undefined && !subject.has(each))
  return [
    ...(subject.covered.from === null ? [subject.lacking(`${name} over time`, 'at')] : []),
    ...absent.flatMap((each) => (each ? [lacking(name, each)] : [])),
    ...(PER_REQUEST.has(name) ? uncountedOf(subject) : []),
    ...(pricing && 'what' in pricing ? [pricing] : []),
  ]
}

const NOTHING_FOUND = {
  span: null,
  anomalies: [],
  anomalies_in_all: 0,
  trend: null,
  series: [],
} satisfies Partial<Anomalies>

/** Files may begin and end in the middle of a bucket, and half a bucket has half the requests. */
function wholeBuckets(
  points: readonly Point[],
  isSum: boolean,
): { points: readonly Point[]; left_out: string[] } {
  const [first, last] = [points[0], points.at(-1)]
  if (!isSum || points.length < 3 || !first || !last) return { points, left_out: [] }
  return { points: points.slice(1, -1), left_out: [first.at, last.at] }
}

function seasonOf(
  asked: number | undefined,
  bucket: Bucket,
  buckets: number,
  hasHoles: boolean,
): number {
  const season = asked ?? SEASONS[bucket]
  // With holes, the place in the row says nothing about the hour.
  const holds = season >= 2 && buckets >= FEWEST_SEASONS * season && !hasHoles
  if (asked !== undefined && asked >= 2 && !holds) {
    throw new ToolError(
      `A season of ${asked} buckets needs at least ${FEWEST_SEASONS * asked} buckets without holes; there are ${buckets}.`,
    )
  }
  return holds ? season : 0
}

function judge(
  points: readonly Point[],
  { season, threshold, significance }: { season: number; threshold: number; significance: number },
) {
  const values = points.map(({ value }) => value)
  const added = season === 0 ? [0] : seasonalMedians(values, season)
  const phase = (index: number): number => added[index % added.length] ?? 0
  const level = values.map((value, index) => value - phase(index))
  const test = mannKendall(level)
  const line = theilSen(level)
  const isTrend = test.pValue < significance
  const middle = median(level)
  const expected = (index: number): number =>
    phase(index) + (isTrend ? line.intercept + line.slope * index : middle)
  const residuals = values.map((value, index) => value - expected(index))
  const anomalies = modifiedZScores(residuals).flatMap((score, index) => {
    const point = points[index]
    if (!point || Math.abs(score) <= threshold) return []
    const usual = expected(index)
    return [
      {
        at: point.at,
        value: significantDigits(point.value),
        expected: significantDigits(usual),
        difference: significantDigits(point.value - usual),
        score: rounded(score, 2),
        direction: score > 0 ? ('high' as const) : ('low' as const),
      },
    ]
  })
  const direction: 'rising' | 'falling' = test.s > 0 ? 'rising' : 'falling'
  return {
    anomalies: anomalies.toSorted(
      (a, b) => Math.abs(b.score) - Math.abs(a.score) || a.at.localeCompare(b.at),
    ),
    slope: line.slope,
    trend: {
      direction: isTrend ? direction : ('none' as const),
      s: test.s,
      z: rounded(test.z, 4),
      p_value: significantDigits(test.pValue),
      slope_per_bucket: significantDigits(line.slope),
      median: significantDigits(middle),
    },
  }
}

const significantDigits = (value: number): number => Number(value.toPrecision(9))

const noSeason = (bucket: Bucket, buckets: number, asked: number | undefined): NotMeasurable => ({
  what: 'anomalies against the usual course of a day or week',
  why:
    asked === 0
      ? 'No season was to be taken out.'
      : `${buckets} buckets of a ${bucket} do not hold three seasons without holes, or have none.`,
  needs: 'Three days by the hour, or three weeks by the day.',
})

const methodsOf = (threshold: number, significance: number): Method[] => [
  {
    name: 'Modified z-score',
    reference:
      'B. Iglewicz, D. C. Hoaglin: How to Detect and Handle Outliers. ASQC Quality Press, 1993',
    applied: `of what season and trend leave; |score| > ${threshold} is an anomaly`,
  },
  {
    name: 'Mann–Kendall test',
    reference:
      'H. B. Mann: Nonparametric Tests Against Trend. Econometrica 13, 1945; M. G. Kendall: Rank Correlation Methods. Griffin, 1975',
    applied: `two-sided at ${significance}, ties corrected, after the season is taken out; buckets that depend on each other make the p-value too small`,
  },
  {
    name: 'Theil–Sen slope',
    reference:
      'P. K. Sen: Estimates of the Regression Coefficient Based on Kendall’s Tau. JASA 63, 1968',
    applied: 'median of the slopes of all pairs of buckets',
  },
  {
    name: 'Seasonal medians',
    reference:
      'J. Hochenbaum, O. S. Vallis, A. Kejariwal: Automatic Anomaly Detection in the Cloud Via Statistical Learning. arXiv:1704.07706, 2017 (season and median taken out before a robust test)',
    applied: 'median of each hour of the day (day of the week) less the median of these',
  },
]

const formulaOf = (threshold: number): Record<string, string> => ({
  expected:
    'seasonal median of the bucket + (Theil–Sen line if the trend is significant, else median of the series without season)',
  difference: 'value - expected',
  score: `0.6745 × (difference - median of differences) / median absolute deviation; an anomaly above ${threshold}`,
  s: 'pairs of buckets of which the later is higher, less those of which it is lower',
  p_value: 'chance of such an S without any trend',
  slope_per_bucket: 'median of (later - earlier) / buckets between, over all pairs',
  slope_per_day: 'slope_per_bucket × buckets of a day',
})
