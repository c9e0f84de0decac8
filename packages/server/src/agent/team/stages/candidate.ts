import type { QualityRisk } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { shareText, type Called } from '../facts.ts'
import type { Fact } from '../report.ts'
import type { Confidence } from './confidence.ts'

/** A change that could be recommended. */
export interface Candidate extends Confidence {
  id: string
  title: string
  what: string
  saving: { usd: number; share: number; fact: Fact }
  latencyChangeMs: number | null
  latency: string
  risk: QualityRisk
  quality: string
  assumptions: string[]
  /** Ids of all numbers that it says, its saving's among them. */
  facts: string[]
}

/** What everything costs, which every saving is a share of. */
export function totalCost({ findings, facts }: Case): Fact | undefined {
  const { drivers } = findings
  if (!drivers) return undefined
  return facts
    .of(drivers)
    .usd('cost of the whole workload', drivers.result.total.cost_usd, 'total.cost_usd')
}

/** A saving as a share of the whole cost, with its place in the provenance. */
export function shareOf(on: Case, saving: Fact, total: Fact): Fact {
  const value = total.value === 0 ? 0 : saving.value / total.value
  return on.facts.derived(
    { what: `${saving.what}, share of the whole cost`, value, text: shareText(value) },
    `${saving.text} (${saving.id}) ÷ ${total.text} (${total.id})`,
    saving,
  )
}

export const NO_LATENCY = 'not measurable from these data: no column holds how long requests took'

export const callOf = ({ callId, tool }: Called<unknown>): Pick<Fact, 'tool' | 'tool_call_id'> => ({
  tool,
  tool_call_id: callId,
})
