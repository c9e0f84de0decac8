import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import type {
  Anomalies,
  CostDrivers,
  Growth,
  PromptReuse,
  WorkloadProfile,
} from '../../tools/workload/schemas.ts'
import { columnOf, isCycle, type Dimension as Group } from '../../workload/dimensions.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { Correlations } from '../correlate-columns.ts'
import { asksOnlyForChange, groupOf, type Dimension, type Topic } from '../triage/triage.ts'
import { explainChange } from './change.ts'
import { namedModel, scopeOf, type Scope } from './scope.ts'

const HOUR_MS = 3_600_000

/** Groups that say something when they were not asked for, where the files hold them. */
const TOLD_GROUPS = ['model', 'project', 'user', 'source'] as const

/** What the numbers are: as many tools as the question and the columns call for. */
export async function* lookAtData(work: Work, on: Case): Steps<Scope> {
  const { triage, findings, failed } = on
  const { topics, dimensions, period } = triage.result
  const columns = new Set(triage.result.data.columns)
  const asks = (...wanted: Topic[]): boolean => wanted.some((topic) => topics.includes(topic))
  let scope = scopeOf(triage.result, null)
  const profileWith = (more: object): Steps<Case['findings']['profile']> =>
    call<WorkloadProfile>(work, 'workload_profile', { ...scope, ...more }, failed)

  const whole = yield* profileWith({})
  findings.profile = whole
  if (period?.last_days != null && whole) {
    scope = scopeOf(triage.result, whole.result.covered.to)
    findings.profile = yield* profileWith({})
  }
  if (!findings.profile) return scope
  if (asks('change')) yield* explainChange(work, on, scope)
  if (asksOnlyForChange(topics)) return scope
  const { from, to, relative } = findings.profile.result.covered
  const bucket = bucketOf(from, to)
  if (bucket) findings.overTime = yield* profileWith({ by: [bucket], top: 100 })
  const groups = groupsOf(dimensions, columns, triage.result.data.files.length)
  for (const by of relative ? groups.filter((group) => !isCycle(group)) : groups) {
    const group = yield* profileWith({ by: [by], top: 12 })
    if (group) findings.groups.push(group)
  }
  if (hasPrices(findings.profile.result))
    findings.drivers = yield* call<CostDrivers>(work, 'cost_drivers', { ...scope }, failed)
  if (bucket && asks('anomaly', 'report', 'cost', 'usage', 'performance', 'growth'))
    findings.anomalies = yield* call<Anomalies>(
      work,
      'find_anomalies',
      { ...scope, ...metricOf(topics, findings.profile.result) },
      failed,
    )
  if (['prompt_hash', 'prompt_blocks', 'cached_input_tokens'].some((name) => columns.has(name)))
    findings.reuse = yield* call<PromptReuse>(work, 'prompt_reuse', reuseOf(scope), failed)
  if (asks('correlation')) {
    const { pricing: _prices, ...rows } = scope
    findings.correlations = yield* call<Correlations>(work, 'correlate_columns', rows, failed)
  }
  if (asks('growth', 'rate_limits'))
    findings.growth = yield* call<Growth>(work, 'project_growth', growthOf(scope, on), failed)
  return scope
}

/** Steps of time so that a chart has some tens of points. */
function bucketOf(from: string | null, to: string | null): string | undefined {
  if (from === null || to === null) return undefined
  const span = timeOf(to) - timeOf(from)
  if (!(span > 0)) return undefined
  if (span <= 90 * 60_000) return 'minute'
  if (span <= 96 * HOUR_MS) return 'hour'
  return span <= 100 * 24 * HOUR_MS ? 'day' : 'week'
}

export const timeOf = (text: string): number =>
  Date.parse(text.replace(' ', 'T').replace(/(?<!Z|[+-]\d\d:?\d\d)$/, 'Z'))

function groupsOf(
  asked: readonly Dimension[],
  columns: ReadonlySet<string>,
  files: number,
): Group[] {
  const own = asked.map(groupOf).filter((group) => columns.has(columnOf(group)))
  const told = TOLD_GROUPS.filter((name) => (name === 'source' ? files > 1 : columns.has(name)))
  return [...new Set([...own, ...told])].slice(0, 4)
}

const hasPrices = ({ total }: WorkloadProfile): boolean => total.cost_usd !== null

function metricOf(topics: readonly Topic[], { total }: WorkloadProfile): { metric?: string } {
  if (topics[0] === 'performance' && total.latency_ms) return { metric: 'latency_ms_p95' }
  if (topics.includes('cost') && total.cost_usd !== null) return { metric: 'cost_usd' }
  return {}
}

function reuseOf({ pricing, ...scope }: Scope): Record<string, unknown> {
  const { model, provider } = pricing ?? {}
  return { ...scope, ...(model && { model }), ...(provider && { provider }) }
}

/** The one model that limits would be those of: the one that was named, or the one most is spent on. */
function modelInUse({ triage, findings }: Case): { provider: string; model: string } | undefined {
  if (triage.result.base_model !== null) {
    const { model, provider } = namedModel(triage.result.base_model)
    return { model, provider: provider ?? 'openai' }
  }
  return findings.profile?.result.pricing?.models[0]
}

function growthOf(scope: Scope, on: Case): Record<string, unknown> {
  const { triage } = on
  const { targets, limits } = triage.result
  const { requests_per_minute: requests, tokens_per_minute: tokens, tier } = limits
  const limited = tier === null ? undefined : modelInUse(on)
  return {
    ...scope,
    factor: targets.growth_factor ?? 1,
    ...(targets.growth_months !== null && { after_months: targets.growth_months }),
    ...(tier !== null &&
      limited && { tier: { provider: limited.provider, tier, model: limited.model } }),
    ...((requests ?? tokens) !== null && {
      limits: {
        ...(requests !== null && { requests_per_minute: requests }),
        ...(tokens !== null && { tokens_per_minute: tokens }),
      },
    }),
  }
}
