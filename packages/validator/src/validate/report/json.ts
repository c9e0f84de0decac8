import type { Check, Environment, Group, Outcome, Weight } from '../check.ts'
import type { Scope, Verdict } from '../verdict.ts'
import { isPassed, type Report } from './report.ts'

/** Changed only by adding fields; anything else gets another name. */
export const SCHEMA = 'netra-validate/1'

/** A report as `--json` writes it and `--compare` reads it; docs/operate/validate.md has the same. */
export interface ReportJson {
  schema: typeof SCHEMA
  url: string
  environment: Environment
  scope: Scope
  verdict: Verdict
  headline: string
  version: string | null
  revision: string | null
  /** ISO 8601, UTC. */
  started_at: string
  duration_ms: number
  modes: readonly string[]
  counts: Record<Outcome, number> & { all: number }
  results: readonly ResultJson[]
  not_applicable: readonly { id: string; title: string; why: string }[]
  left_behind: readonly string[]
}

export interface ResultJson {
  id: Check['id']
  group: Group
  title: string
  weight: Weight
  outcome: Outcome
  seen: string
  duration_ms: number
  cause: string | null
  fix: string | null
  exchanges: readonly {
    sent: string
    received: string
    duration_ms: number
    status: number | null
  }[]
}

export const reportJson = (report: Report): ReportJson => ({
  schema: SCHEMA,
  url: report.url,
  environment: report.environment,
  scope: report.scope,
  verdict: report.verdict,
  headline: report.headline,
  version: report.version,
  revision: report.revision,
  started_at: report.startedAt,
  duration_ms: report.durationMs,
  modes: report.modes,
  counts: countsOf(report),
  results: report.results.map((result) => ({
    id: result.id,
    group: result.group,
    title: result.title,
    weight: result.weight,
    outcome: result.outcome,
    seen: result.seen,
    duration_ms: result.durationMs,
    cause: result.cause ?? null,
    fix: result.fix ?? null,
    exchanges: result.exchanges.map(({ sent, received, durationMs, status = null }) => ({
      sent,
      received,
      duration_ms: durationMs,
      status,
    })),
  })),
  not_applicable: report.notApplicable,
  left_behind: report.leftBehind,
})

export function countsOf({ results }: Pick<Report, 'results'>): ReportJson['counts'] {
  const counts = { passed: 0, failed: 0, timed_out: 0, error: 0, skipped: 0, refused: 0 }
  for (const { outcome } of results) counts[outcome] += 1
  return { ...counts, all: results.length }
}

/** "82 of 84 passed, 1 failed, 1 skipped". */
export function countsInWords(report: Pick<Report, 'results'>): string {
  const { all, passed, ...others } = countsOf(report)
  const rest = Object.entries(others).filter(([, count]) => count > 0)
  const words = rest.map(([outcome, count]) => `${count} ${outcome.replace('_', ' ')}`)
  return [`${passed} of ${all} passed`, ...words].join(', ')
}

/** @throws with a sentence when it is no report of this shape. */
export function parseReport(text: string): ReportJson {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
  const { schema, results } = { ...(parsed as Partial<ReportJson> | null) }
  if (schema !== SCHEMA || !Array.isArray(results)) {
    throw new Error(`it is no report of netra validate --json (${SCHEMA})`)
  }
  return parsed as ReportJson
}

export const notPassed = ({ results }: Pick<Report, 'results'>) =>
  results.filter((result) => !isPassed(result))
