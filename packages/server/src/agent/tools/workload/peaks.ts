import { numberOf, numberOrNull } from './money.ts'
import type { Peaks } from './schemas.ts'
import type { Subject } from './subject.ts'

export type PeakUnit = Exclude<keyof Peaks, 'requests_per_minute_p99'>

/** Where each figure of a calendar minute or day stands in the query. */
const LOADS = {
  requests_per_minute: { per: 'minute', load: 'calls' },
  tokens_per_minute: { per: 'minute', load: 'tokens' },
  input_tokens_per_minute: { per: 'minute', load: 'input' },
  output_tokens_per_minute: { per: 'minute', load: 'output' },
  requests_per_day: { per: 'day', load: 'calls' },
  tokens_per_day: { per: 'day', load: 'tokens' },
} as const satisfies Record<PeakUnit, { per: 'minute' | 'day'; load: string }>

/** Minutes or days above a limit, now and at a multiple of the load, of so many with requests. */
export interface Exceeded {
  now: number
  projected: number
  of: number
}

interface Found {
  now: Peaks
  /** For each limit. */
  exceeded: Exceeded[]
}

/** The busiest minute and day of rows that are single requests. */
export async function peaksOf(
  subject: Subject,
  limits: readonly { limit: PeakUnit; value: number }[],
  factor: number,
): Promise<Found> {
  const minutes = await loadsOf(subject, 'minute', limits, factor)
  const days = await loadsOf(subject, 'day', limits, factor)
  return {
    now: {
      requests_per_minute: minutes.calls ?? 0,
      requests_per_minute_p99: minutes.calls99,
      tokens_per_minute: minutes.tokens,
      input_tokens_per_minute: minutes.input,
      output_tokens_per_minute: minutes.output,
      requests_per_day: days.calls ?? 0,
      tokens_per_day: days.tokens,
    },
    exceeded: limits.map(
      ({ limit }, index) =>
        (LOADS[limit].per === 'minute' ? minutes : days).exceeded[index] ?? {
          now: 0,
          projected: 0,
          of: 0,
        },
    ),
  }
}

async function loadsOf(
  subject: Subject,
  per: 'minute' | 'day',
  limits: readonly { limit: PeakUnit; value: number }[],
  factor: number,
) {
  const sum = (column: 'input_tokens' | 'output_tokens'): string =>
    subject.has(column) ? `coalesce(sum(${column}), 0)` : 'NULL::HUGEINT'
  const over = limits.flatMap(({ limit, value }) => {
    const { load } = LOADS[limit]
    return [
      `count(*) FILTER (WHERE ${load} > ${value})`,
      `count(*) FILTER (WHERE ${load} * ${factor}::DOUBLE > ${value})`,
    ]
  })
  const [row = []] = await subject.ask(
    `WITH sums AS (SELECT sum(requests) AS calls, ${sum('input_tokens')} AS input, ${sum('output_tokens')} AS output
       FROM ${subject.from} AS w WHERE "at" IS NOT NULL GROUP BY date_trunc('${per}', "at")),
     loads AS (SELECT *, input + output AS tokens FROM sums)
     SELECT ${['max(calls)', 'quantile_cont(calls, 0.99)', 'max(tokens)', 'max(input)', 'max(output)', 'count(*)', ...over].join(', ')} FROM loads`,
  )
  const [calls, calls99, tokens, input, output, of, ...exceeded] = row
  return {
    calls: numberOrNull(calls),
    calls99: numberOf(calls99),
    tokens: numberOrNull(tokens),
    input: numberOrNull(input),
    output: numberOrNull(output),
    exceeded: limits.map((_, index) => ({
      now: numberOf(exceeded[index * 2]),
      projected: numberOf(exceeded[index * 2 + 1]),
      of: numberOf(of),
    })),
  }
}
