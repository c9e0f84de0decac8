import type { AdoptedPlan, PlanChange } from '@netra/client'

export const shareText = ({ saving_share: share }: Pick<PlanChange, 'saving_share'>): string =>
  share === null ? '' : ` (${(100 * share).toFixed(1)} %)`

/** What a plan saves, and for which time. Savings overlap, so they are never added up. */
export function savingOf({ changes, period }: Pick<AdoptedPlan, 'changes' | 'period'>): string {
  const measured = changes.filter(({ saving_usd: usd }) => usd !== null)
  const largest = measured.toSorted((a, b) => (b.saving_usd ?? 0) - (a.saving_usd ?? 0))[0]
  if (!largest) return 'What it saves is not measurable from the data.'
  const of = period === null ? 'the requests of the data' : `the period of the data, ${period}`
  const saving = `${largest.saving_text}${shareText(largest)} for ${of}.`
  return changes.length === 1
    ? `It saves ${saving}`
    : `The largest of its ${changes.length} changes alone saves ${saving} Savings overlap and must not be added up.`
}
