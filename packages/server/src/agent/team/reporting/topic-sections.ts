import type { Figures, Volume } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { joined, say, type FactsOf } from '../facts.ts'
import type { Fact } from '../report.ts'
import { humanTime } from './human-time.ts'
import { cellText, orNone, section, tableBlock, textBlock, type Section } from './sections.ts'

/** Requests, tokens and time by whatever the files can be split by. */
export function usageSection({ findings, facts }: Case): Section[] {
  const tables = findings.groups
    .filter(({ result }) => result.groups.length > 0)
    .map((called) => {
      const [by = 'group'] = called.result.by
      const from = facts.of(called)
      const shown = columnsOf(called.result.total)
      return tableBlock(
        `By ${by.replaceAll('_', ' ')}`,
        [by.replaceAll('_', ' '), ...shown.map(({ name }) => name)],
        called.result.groups.slice(0, 12).map((group) => {
          const key = cellText(group.key[by as keyof typeof group.key])
          return [key, ...shown.map(({ name, of }) => of(group, from, `${name} of ${by} ${key}`))]
        }),
      )
    })
  return section('Usage', tables)
}

interface Shown {
  name: string
  of: (figures: Figures, from: FactsOf, what: string) => Fact | string
}

/** What the data do not hold is no column of the table. */
function columnsOf(total: Figures): Shown[] {
  const columns: (Shown | false)[] = [
    {
      name: 'Requests',
      of: ({ requests: n }, from, what) => orNone(n, (v) => from.count(what, v, 'requests')),
    },
    total.input_tokens !== null && {
      name: 'Input tokens',
      of: ({ input_tokens: n }, from, what) =>
        orNone(n, (v) => from.count(what, v, 'input_tokens')),
    },
    total.output_tokens !== null && {
      name: 'Output tokens',
      of: ({ output_tokens: n }, from, what) =>
        orNone(n, (v) => from.count(what, v, 'output_tokens')),
    },
    total.cost_usd !== null && {
      name: 'Cost',
      of: ({ cost_usd: n }, from, what) => orNone(n, (v) => from.usd(what, v, 'cost_usd')),
    },
    total.latency_ms !== null && {
      name: 'Latency p95',
      of: ({ latency_ms: n }, from, what) =>
        orNone(n, ({ p95 }) => from.ms(what, p95, 'latency_ms')),
    },
    total.error_rate !== null && {
      name: 'Errors',
      of: ({ error_rate: n }, from, what) => orNone(n, (v) => from.share(what, v, 'error_rate')),
    },
  ]
  return columns.filter((column) => column !== false)
}

export function performanceSection(on: Case): Section[] {
  const { profile } = on.findings
  if (!profile || !on.triage.result.topics.includes('performance')) return []
  const from = on.facts.of(profile)
  const { latency_ms: latency, first_token_ms: first, error_rate: errors } = profile.result.total
  const rows = [['Latency', latency] as const, ['Time to the first token', first] as const].flatMap(
    ([name, times]) =>
      times
        ? [
            [
              name,
              ...(['p50', 'p90', 'p95', 'p99', 'max'] as const).map((at) =>
                from.ms(
                  `${name.toLowerCase()}, ${at}`,
                  times[at],
                  name === 'Latency' ? 'latency_ms' : 'first_token_ms',
                ),
              ),
            ],
          ]
        : [],
  )
  return section('Performance', [
    rows.length > 0
      ? tableBlock('How long requests take', ['', 'p50', 'p90', 'p95', 'p99', 'max'], rows)
      : undefined,
    errors === null
      ? undefined
      : textBlock(
          say`${from.share('share of requests that failed', errors, 'error_rate')} of the requests failed.`,
        ),
  ])
}

export function anomalySection({ findings, facts }: Case): Section[] {
  const { anomalies } = findings
  if (!anomalies) return []
  const from = facts.of(anomalies)
  const { result } = anomalies
  const { metric, bucket, trend, methods, span } = result
  const amount = (what: string, value: number, field: string): Fact =>
    metric === 'cost_usd'
      ? from.usd(what, value, field)
      : from.count(what, Number(value.toPrecision(6)), field)
  const found = result.anomalies
    .slice(0, 8)
    .map((each) => [
      humanTime(each.at),
      amount(`${metric} at ${each.at}`, each.value, 'value'),
      amount(`expected ${metric} at ${each.at}`, each.expected, 'expected'),
      from.count(`score at ${each.at}`, Number(each.score.toFixed(1)), 'score'),
      each.direction,
    ])
  const head = say`${from.count(`${bucket}s that stand out`, result.anomalies_in_all, 'anomalies_in_all')} of ${from.count(`${bucket}s that were looked at`, span?.buckets ?? 0, 'span.buckets')} ${bucket}s stand out in ${METRICS[metric] ?? metric.replaceAll('_', ' ')}.`
  const p = (value: number): Fact => from.pValue('p-value of the trend', value, 'trend.p_value')
  const towards = trend
    ? trend.direction === 'none'
      ? say`There is no trend that chance does not explain (${p(trend.p_value)}).`
      : say`The trend is ${trend.direction} (${p(trend.p_value)}).`
    : undefined
  const by = say`Methods: ${methods.map(({ name }) => name).join(', ')}.`
  return section('Anomalies and trend', [
    textBlock(joined([head, ...(towards ? [towards] : []), by])),
    found.length > 0
      ? tableBlock(
          `What stands out, per ${bucket}`,
          ['When', 'Value', 'Expected', 'Score', 'Direction'],
          found,
        )
      : undefined,
    {
      kind: 'notes',
      tone: 'assumption',
      notes: methods.map(({ name, reference, applied }) => `${name}: ${applied}. ${reference}`),
      facts: [],
    },
  ])
}

const METRICS: Readonly<Record<string, string>> = {
  cost_usd: 'cost in US dollars',
  latency_ms_p50: 'median latency in milliseconds',
  latency_ms_p95: '95th percentile of latency in milliseconds',
}

export function correlationSection({ findings, facts }: Case): Section[] {
  const { correlations } = findings
  if (!correlations || correlations.result.pairs.length === 0) return []
  const from = facts.of(correlations)
  const rows = correlations.result.pairs
    .slice(0, 12)
    .map(({ a, b, requests, pearson, spearman }) => {
      const pair = `${columnName(a)} and ${columnName(b)}`
      const shown = (name: string, value: number | null, field: string): Fact | string =>
        value === null
          ? 'one never varies'
          : from.count(`${name}: ${pair}`, Number(value.toFixed(3)), field)
      return [
        pair,
        from.count(`requests with both: ${pair}`, requests, 'requests'),
        shown('Pearson’s r', pearson, 'pearson'),
        shown('Spearman’s ρ', spearman, 'spearman'),
      ]
    })
  return section('Correlation', [
    tableBlock(
      'How columns go together',
      ['Pair', 'Requests', 'Pearson’s r', 'Spearman’s ρ'],
      rows,
    ),
    {
      kind: 'notes',
      tone: 'assumption',
      notes: ['Correlation is no cause: both may follow from something else.'],
      facts: [],
    },
  ])
}

const columnName = (column: string): string =>
  column === 'cost_usd' ? 'cost' : column.replace(/_ms$/, '').replaceAll('_', ' ')

export function reuseSection({ findings, facts }: Case): Section[] {
  const { reuse } = findings
  if (!reuse) return []
  const from = facts.of(reuse)
  const { prefix_cache: prefix, repeated_prompts: repeated, already_cached: cached } = reuse.result
  const said = [
    ...(prefix?.caches ?? [])
      .slice(0, 1)
      .map(
        (cache) =>
          say`A prefix cache that forgets nothing would hold ${from.count('input tokens that a prefix cache would hold', cache.reusable_input_tokens, 'reusable_input_tokens')} of ${from.count('input tokens of requests with prompt blocks', cache.input_tokens, 'prefix_cache.input_tokens')} input tokens, ${from.share('share of input tokens that a prefix cache would hold', cache.share_of_input_tokens, 'share_of_input_tokens')}; ${from.count('requests with a shared beginning', cache.requests_with_hit, 'requests_with_hit')} of ${from.count('requests with prompt blocks', cache.requests, 'prefix_cache.requests')} requests share a beginning with an earlier one (blocks of ${from.count('tokens of a block', prefix?.block_tokens ?? 0, 'block_tokens')} tokens).`,
      ),
    ...(repeated
      ? [
          say`${from.count('requests whose prompt had come before', repeated.repeated_requests, 'repeated_requests')} requests (${from.share('share of requests whose prompt had come before', repeated.share_of_requests, 'repeated_prompts.share_of_requests')}) repeat a prompt word for word.`,
        ]
      : []),
    ...(cached
      ? [
          say`The provider’s cache held ${from.count('input tokens read from the cache', cached.input_tokens, 'already_cached.input_tokens')} input tokens already, ${from.share('share of input tokens read from the cache', cached.share_of_input_tokens, 'already_cached.share_of_input_tokens')}.`,
        ]
      : []),
  ]
  return section('Prompt reuse', said.length > 0 ? [textBlock(joined(said))] : [])
}

export function growthSection({ findings, facts }: Case): Section[] {
  const { growth } = findings
  if (!growth) return []
  const from = facts.of(growth)
  const { factor, after_months: months, total, month, peaks, limits } = growth.result
  const times = from.count('times the usage', factor, 'factor')
  const rows = (
    [
      ['The data’s period', total],
      ['30 days', month],
    ] as const
  ).flatMap(([name, volumes]) =>
    volumes
      ? [row(`${name}, now`, volumes.now, from), row(`${name}, then`, volumes.projected, from)]
      : [],
  )
  const minute = peaks
    ? say`The busiest minute has ${from.count('requests in the busiest minute now', peaks.now.requests_per_minute, 'requests_per_minute')} requests now and ${from.count('requests in the busiest minute then', Number(peaks.projected.requests_per_minute.toPrecision(6)), 'requests_per_minute')} then.`
    : undefined
  const limited = limits.map((limit) => [
    limit.limit.replaceAll('_', ' '),
    from.count(`limit: ${limit.limit}`, limit.value, 'value'),
    from.count(`peak now: ${limit.limit}`, Number(limit.peak_now.toPrecision(8)), 'peak_now'),
    from.count(`peak then: ${limit.limit}`, Number(limit.peak_then.toPrecision(8)), 'peak_then'),
    from.share(`headroom then: ${limit.limit}`, limit.headroom_then, 'headroom_then'),
    limit.exceeded_then ? (limit.exceeded_now ? 'exceeded now' : 'would be exceeded') : 'holds',
  ])
  const published = limits.filter(({ read_on: readOn }) => readOn !== null)
  const cited = [
    ...new Set(
      published.map(
        ({ source, read_on: readOn, note }) =>
          `Limits as published (${source}, read on ${readOn ?? ''}); an account’s own may differ.${note === undefined ? '' : ` ${note}`}`,
      ),
    ),
  ]
  return section('Growth and limits', [
    textBlock(
      joined([
        say`With ${times} times the usage in ${from.count('months until then', months, 'after_months')} ${months === 1 ? 'month' : 'months'} and everything else as it is:`,
        ...(minute ? [minute] : []),
      ]),
    ),
    rows.length > 0
      ? tableBlock('Now and then', ['', 'Requests', 'Input tokens', 'Output tokens', 'Cost'], rows)
      : undefined,
    limited.length > 0
      ? tableBlock(
          'Rate limits',
          ['Limit', 'Value', 'Peak now', 'Peak then', 'Headroom then', ''],
          limited,
        )
      : undefined,
    cited.length > 0 ? { kind: 'notes', tone: 'assumption', notes: cited, facts: [] } : undefined,
  ])
}

const row = (name: string, volume: Volume, from: FactsOf): (Fact | string)[] => [
  name,
  from.count(`requests: ${name}`, Math.round(volume.requests), 'requests'),
  orNone(volume.input_tokens, (n) =>
    from.count(`input tokens: ${name}`, Math.round(n), 'input_tokens'),
  ),
  orNone(volume.output_tokens, (n) =>
    from.count(`output tokens: ${name}`, Math.round(n), 'output_tokens'),
  ),
  orNone(volume.cost_usd, (n) => from.usd(`cost: ${name}`, n, 'cost_usd')),
]
