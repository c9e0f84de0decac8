import type { Case } from '../case.ts'
import { countText, joined, say, shareText, usdText, type Said } from '../facts.ts'
import { callOf } from '../stages/candidate.ts'

const MOST_NAMED = 4

/** Whether what was asked for can be reached, by which recommendations and by how much. */
export function targets(on: Case): Said[] {
  const { saving_share: share } = on.triage.result.targets
  if (share === null) return []
  const asked = on.facts.derived(
    {
      what: 'saving that was asked for',
      value: share,
      text: `${countText(share * 100)} %`,
    },
    'as the question says',
    callOf(on.triage),
  )
  const { drivers } = on.findings
  if (!drivers)
    return [say`Whether the target of ${asked} less can be reached is not measurable without cost.`]
  const { cost_usd: cost } = drivers.result.total
  const needed = on.facts.derived(
    {
      what: 'saving that was asked for, in US dollars',
      value: share * cost,
      text: usdText(share * cost),
    },
    `${asked.text} (${asked.id}) of ${usdText(cost)}, the cost of the whole workload`,
    callOf(drivers),
  )
  const reaching = on.recommendations.filter(({ saving_share: of }) => (of ?? 0) >= share)
  const [nearest] = on.recommendations.toSorted(
    (a, b) => (b.saving_share ?? 0) - (a.saving_share ?? 0),
  )
  const named = reaching.length > 0 ? reaching.slice(0, MOST_NAMED) : nearest ? [nearest] : []
  const list = joined(
    named.map(({ title, saving_share: of, saving_text: text, quality_risk: risk, facts }) => ({
      text: `${title} (${shareText(of ?? 0)}, ${text}, at ${risk === 'none' ? 'no' : risk} quality risk)`,
      facts,
    })),
    '; ',
  )
  const head =
    reaching.length > 0
      ? say`The target of ${asked} less (${needed}) is reached by each of these alone:`
      : say`No single recommendation reaches the target of ${asked} less (${needed})${nearest ? '; the nearest is:' : ''}`
  const { text, facts } = named.length > 0 ? joined([head, list]) : head
  return [{ text: `${text}.`, facts }]
}
