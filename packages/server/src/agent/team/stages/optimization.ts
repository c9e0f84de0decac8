import type { Steps } from '../../program/program.ts'
import type { Work } from '../../program/work.ts'
import type { BatchPricing, Ranking, Substitution } from '../../tools/workload/schemas.ts'
import { call } from '../call.ts'
import type { Case } from '../case.ts'
import type { Recommendation } from '../report.ts'
import type { Candidate } from './candidate.ts'
import { cachingCandidates } from './candidates-caching.ts'
import { batchCandidate, substitutionCandidates } from './candidates-prices.ts'
import { failureCandidates, trimCandidates } from './candidates-usage.ts'
import { namedModel, type Scope } from './scope.ts'

/** What saves less of the cost than this is not worth a person's time. */
const WORTH_SHARE = 0.005
/** Of fewer requests, one that is unlike the others decides every share: nothing is recommended. */
export const FEWEST_REQUESTS = 30
const MOST_RECOMMENDATIONS = 8

/** Computes what could be changed and ranks it over cost, latency and quality risk. */
export async function* optimise(work: Work, on: Case, scope: Scope): Steps<void> {
  const { options, failed, findings } = on
  const { candidates: named } = on.triage.result
  if (!findings.drivers) return
  const { requests } = findings.drivers.result.total
  // How many would move, or wait, nobody knows.
  if (requests === null) return
  if (requests < FEWEST_REQUESTS) {
    on.tooFew = requests
    return
  }
  const candidates = named.length > 0 ? { candidates: named.map(namedModel) } : {}
  options.substitution = yield* call<Substitution>(
    work,
    'substitute_model',
    { ...scope, ...candidates },
    failed,
  )
  const slice = shortRequests(on)
  if (slice)
    options.shortRequests = yield* call<Substitution>(
      work,
      'substitute_model',
      { ...scope, slice, ...candidates },
      failed,
    )
  options.batch = yield* call<BatchPricing>(work, 'batch_pricing', { ...scope }, failed)
  const found = [
    ...substitutionCandidates(on),
    ...batchCandidate(on),
    ...cachingCandidates(on),
    ...trimCandidates(on),
    ...failureCandidates(on),
  ].filter(({ saving }) => saving.share >= WORTH_SHARE)
  if (found.length === 0) return
  options.ranking = yield* call<Ranking>(
    work,
    'rank_options',
    {
      options: found.map((option) => ({
        id: option.id,
        title: option.title,
        saving_usd: option.saving.usd,
        latency_change_ms: option.latencyChangeMs,
        quality_risk: option.risk,
      })),
    },
    failed,
  )
  on.recommendations = ranked(found, on)
}

/** Requests that are short both ways: a smaller model does most of what they ask. */
function shortRequests({ findings }: Case): Record<string, number> | undefined {
  const total = findings.profile?.result.total
  const input = total?.input_tokens_per_request
  const output = total?.output_tokens_per_request
  if (!input || !output) return undefined
  return {
    max_input_tokens: Math.round(input.p50),
    max_output_tokens: Math.round(output.p50),
  }
}

function ranked(found: readonly Candidate[], on: Case): Recommendation[] {
  const order = on.options.ranking?.result.ranked.map(({ id }) => id)
  // Without a ranking the greatest saving comes first.
  const sorted = order
    ? order.flatMap((id) => found.find((candidate) => candidate.id === id) ?? [])
    : found.toSorted((a, b) => b.saving.usd - a.saving.usd)
  return sorted.slice(0, MOST_RECOMMENDATIONS).map((candidate, at) => ({
    kind: 'recommendation',
    id: candidate.id,
    rank: at + 1,
    title: candidate.title,
    what: candidate.what,
    saving_usd: candidate.saving.usd,
    saving_text: candidate.saving.fact.text,
    saving_share: candidate.saving.share,
    latency: candidate.latency,
    quality_risk: candidate.risk,
    quality: candidate.quality,
    assumptions: candidate.assumptions,
    confidence: candidate.confidence,
    confidence_formula: candidate.confidence_formula,
    formula: candidate.saving.fact.formula,
    facts: candidate.facts,
  }))
}
