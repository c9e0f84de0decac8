import type { CostDrivers, SizeBucket } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { countText, say, usdText, type Called } from '../facts.ts'
import { callOf, NO_LATENCY, shareOf, totalCost, type Candidate } from './candidate.ts'
import { confidenceOf } from './confidence.ts'

/** Requests above the size that at most so many reach are looked at. */
const LONGEST_SHARE = 0.25

/** Long prompts and long answers cut to a length that most requests keep anyway. */
export function trimCandidates(on: Case): Candidate[] {
  const { drivers } = on.findings
  if (!drivers) return []
  return [
    ...trimming(on, drivers, 'input', drivers.result.input_sizes),
    ...trimming(on, drivers, 'output', drivers.result.output_sizes),
  ]
}

function trimming(
  on: Case,
  drivers: Called<CostDrivers>,
  side: 'input' | 'output',
  sizes: readonly SizeBucket[] | null,
): Candidate[] {
  const total = totalCost(on)
  const part = drivers.result.parts?.find((each) => each.part === side)
  const long = longest(sizes)
  if (!total || !part || !long || part.tokens === 0) return []
  const facts = on.facts.of(drivers)
  const of = side === 'input' ? 'prompts' : 'answers'
  const limit = facts.count(
    `length to which long ${of} are cut, in tokens`,
    long.above,
    `${side}_sizes`,
  )
  const requests = facts.count(
    `requests with longer ${of} than that`,
    long.requests,
    `${side}_sizes.requests`,
  )
  const tokens = facts.count(
    `${side} tokens of requests with longer ${of}`,
    long.tokens,
    `${side}_sizes.tokens`,
  )
  const cost = facts.usd(`cost of all ${side} tokens`, part.cost_usd, 'parts.cost_usd')
  const all = facts.count(
    `all ${side} tokens that are charged at the full price`,
    part.tokens,
    'parts.tokens',
  )
  const cut = long.tokens - long.requests * long.above
  const usd = (cut * part.cost_usd) / part.tokens
  const saving = on.facts.derived(
    { what: `saving by cutting long ${of}`, value: usd, text: usdText(usd) },
    `(${tokens.text} (${tokens.id}) − ${requests.text} (${requests.id}) × ${limit.text} (${limit.id})) × ${cost.text} (${cost.id}) ÷ ${all.text} (${all.id})`,
    callOf(drivers),
  )
  const share = shareOf(on, saving, total)
  const removed = on.facts.derived(
    { what: `${side} tokens that cutting long ${of} leaves out`, value: cut, text: countText(cut) },
    `${tokens.text} (${tokens.id}) − ${requests.text} (${requests.id}) × ${limit.text} (${limit.id})`,
    callOf(drivers),
  )
  const said = say`Cut ${of} to ${limit} tokens: ${requests} requests are longer and hold ${tokens} ${side} tokens; ${removed} of them would go, ${share} of the whole cost.`
  const hasLatency = on.findings.profile?.result.total.latency_ms != null
  return [
    {
      id: `trim-${side}`,
      title: side === 'input' ? 'Shorten the longest prompts' : 'Limit the longest answers',
      what: `${said.text} ${side === 'input' ? 'Retrieve fewer passages, summarise history, drop what the answer does not need.' : 'Set an output limit and ask for shorter answers.'}`,
      saving: { usd, share: share.value, fact: saving },
      latencyChangeMs: null,
      latency: hasLatency
        ? 'shorter requests take less time; by how much is not measurable from these data'
        : NO_LATENCY,
      risk: 'medium',
      quality:
        side === 'input'
          ? 'What is left out may have mattered: compare answers with and without it.'
          : 'A limit may cut an answer short: measure how often answers reach it.',
      assumptions: [
        `What goes beyond ${limit.text} tokens can be left out.`,
        'Tokens cost what they cost on average over this workload.',
      ],
      ...confidenceOf(on, 'trim'),
      facts: [...new Set([...said.facts, saving.id, cost.id, all.id, total.id])],
    },
  ]
}

/** All requests above the lowest bound that at most a quarter of them reach. */
function longest(
  sizes: readonly SizeBucket[] | null,
): { above: number; requests: number; tokens: number } | undefined {
  for (const [at, { above_tokens: above }] of (sizes ?? []).entries()) {
    const buckets = (sizes ?? []).slice(at)
    const share = buckets.reduce((sum, bucket) => sum + bucket.share_of_requests, 0)
    if (above <= 0 || share > LONGEST_SHARE) continue
    const requests = buckets.reduce((sum, bucket) => sum + bucket.requests, 0)
    const tokens = buckets.reduce((sum, bucket) => sum + bucket.tokens, 0)
    return requests > 0 ? { above, requests, tokens } : undefined
  }
  return undefined
}

/** What failed and was paid for, and what was asked again at once. */
export function failureCandidates(on: Case): Candidate[] {
  const { drivers } = on.findings
  const total = totalCost(on)
  if (!drivers || !total) return []
  const { errors, retries } = drivers.result
  return [
    ...paidFor(on, drivers, { id: 'errors', part: errors, of: 'requests that failed' }),
    ...paidFor(on, drivers, {
      id: 'retries',
      part: retries,
      of: 'requests that repeat one that had just failed',
    }),
  ]
}

function paidFor(
  on: Case,
  drivers: Called<CostDrivers>,
  { id, part, of }: { id: 'errors' | 'retries'; part: CostDrivers['errors']; of: string },
): Candidate[] {
  const total = totalCost(on)
  if (!part || !total || !(part.cost_usd > 0)) return []
  const facts = on.facts.of(drivers)
  const requests = facts.count(of, part.requests, `${id}.requests`)
  const saving = facts.usd(`cost of ${of}`, part.cost_usd, `${id}.cost_usd`)
  const share = shareOf(on, saving, total)
  const said = say`Avoid ${of}: ${requests} of them cost ${saving}, ${share} of the whole cost.`
  return [
    {
      id,
      title: id === 'errors' ? 'Stop paying for failed requests' : 'Wait before asking again',
      what: said.text,
      saving: { usd: part.cost_usd, share: share.value, fact: saving },
      latencyChangeMs: null,
      latency: 'fewer repeated requests; by how much sooner is not measurable from these data',
      risk: 'none',
      quality: 'The answers that are given stay the same.',
      assumptions: [
        'All of them can be avoided, and those that were charged were charged in full.',
      ],
      ...confidenceOf(on, 'errors'),
      facts: [...new Set([...said.facts, saving.id, total.id])],
    },
  ]
}
