import type { QualityRisk } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { timeOf } from './data.ts'

/** How sure the arithmetic's assumption is, by what kind of change it is: a judgement, told as such. */
const OF_KIND = {
  prefix_cache: { value: 0.9, why: 'equal blocks are counted exactly' },
  answer_cache: {
    value: 0.8,
    why: 'equal prompts are counted; that an answer may be kept is assumed',
  },
  batch: { value: 0.7, why: 'the discount is published; that nobody waits is assumed' },
  trim: { value: 0.5, why: 'the tokens are counted; that the rest can be left out is assumed' },
  errors: { value: 0.6, why: 'what failed is counted; that all of it can be avoided is assumed' },
} as const

const OF_RISK: Record<QualityRisk, number> = {
  none: 0.9,
  low: 0.75,
  medium: 0.6,
  high: 0.4,
  unknown: 0.4,
}

export type Kind = keyof typeof OF_KIND

export interface Confidence {
  confidence: number
  confidence_formula: string
}

const WEEK_MS = 7 * 24 * 60 * 60_000

/**
 * Assumption × share of requests that were read and priced × 0.8 where the data span less than a week,
 * because another day may look different.
 */
export function confidenceOf(on: Case, of: Kind | { risk: QualityRisk }): Confidence {
  const assumed =
    typeof of === 'string'
      ? OF_KIND[of]
      : { value: OF_RISK[of.risk], why: `quality risk ${of.risk}, not measured` }
  const covered = coverage(on)
  const span = spanFactor(on)
  const confidence = Number((assumed.value * covered * span.value).toFixed(2))
  return {
    confidence,
    confidence_formula: `${assumed.value} (${assumed.why}) × ${covered.toFixed(2)} (share of requests read and priced) × ${span.value} (${span.why})`,
  }
}

function coverage({ findings, triage }: Case): number {
  const total = findings.profile?.result.total
  if (!total || !total.requests) return 0
  const { rows, rejected_rows: rejected } = triage.result.data
  const read = rows + rejected === 0 ? 0 : rows / (rows + rejected)
  return read * (1 - total.unpriced_requests / total.requests)
}

function spanFactor({ findings }: Case): { value: number; why: string } {
  const covered = findings.profile?.result.covered
  if (covered?.clocks_differ)
    return {
      value: 0.8,
      why: 'the data span no time that can be told: the files have no clock in common',
    }
  if (!covered?.from || !covered.to) return { value: 0.8, why: 'the data do not say when' }
  const span = timeOf(covered.to) - timeOf(covered.from)
  return span < WEEK_MS
    ? { value: 0.8, why: 'the data span less than a week' }
    : { value: 1, why: 'the data span a week or more' }
}
