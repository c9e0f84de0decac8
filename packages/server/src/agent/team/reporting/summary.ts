import type { Case } from '../case.ts'
import { say, shareText, usdText, type Said } from '../facts.ts'
import type { Recommendation } from '../report.ts'

/** What the whole comes to, in a few sentences that hold only facts. */
export function summary(on: Case): Said[] {
  const { triage } = on
  if (triage.result.sufficiency === 'insufficient')
    return [
      triage.result.data.rows === 0
        ? say`There are no requests to look at: attach a usage export, or choose the built-in sample. What it must hold, and how to get it, stands below.`
        : say`These data cannot answer the question: ${lowered(triage.result.reasons[0] ?? 'nothing in them is about AI spend')}`,
    ]
  return [
    ...lacking(on),
    ...volume(on),
    ...cost(on),
    ...reused(on),
    ...grown(on),
    ...unusual(on),
    ...slow(on),
    ...advice(on),
    ...targets(on),
  ]
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

function lacking({ triage }: Case): Said[] {
  const { sufficiency, reasons } = triage.result
  const [reason] = reasons
  return sufficiency === 'partial' && reason !== undefined
    ? [say`The question can be answered in part only: ${lowered(reason)}`]
    : []
}

function volume({ findings, facts }: Case): Said[] {
  const { profile } = findings
  if (!profile) return []
  const { total } = profile.result
  const from = facts.of(profile)
  const requests = from.count('requests', total.requests, 'requests')
  const input =
    total.input_tokens === null
      ? undefined
      : from.count('input tokens', total.input_tokens, 'input_tokens')
  const output =
    total.output_tokens === null
      ? undefined
      : from.count('output tokens', total.output_tokens, 'output_tokens')
  if (input && output)
    return [
      say`The data hold ${requests} requests with ${input} input and ${output} output tokens.`,
    ]
  const side = input
    ? say` with ${input} input tokens`
    : output
      ? say` with ${output} output tokens`
      : undefined
  const said = say`The data hold ${requests} requests`
  return [
    {
      text: `${said.text}${side?.text ?? ''}.`,
      facts: [...said.facts, ...(side?.facts ?? [])],
    },
  ]
}

function cost({ findings, facts, triage }: Case): Said[] {
  const { drivers } = findings
  if (!drivers) return []
  const { total, parts, pricing } = drivers.result
  const from = facts.of(drivers)
  const whole = from.usd('cost of the whole workload', total.cost_usd, 'total.cost_usd')
  const verb = pricing.basis === 'reported' ? 'cost' : 'would cost'
  const prices =
    pricing.basis === 'reported'
      ? 'as the files say'
      : pricing.basis === 'model'
        ? `on ${pricing.models[0]?.model ?? triage.result.base_model ?? ''} at list prices`
        : 'at the list prices of each request’s own model'
  const first = say`They ${verb} **${whole}** ${prices}.`
  const dearest = parts?.toSorted((a, b) => b.cost_usd - a.cost_usd)[0]
  if (!dearest) return [first]
  return [
    first,
    say`Most of it is ${PART[dearest.part]}: ${from.usd(`cost of ${PART[dearest.part]}`, dearest.cost_usd, 'parts.cost_usd')}, ${from.share(`share of cost of ${PART[dearest.part]}`, dearest.share_of_cost, 'parts.share_of_cost')}.`,
  ]
}

const PART = {
  input: 'input tokens',
  cached_input: 'cached input tokens',
  cache_write: 'tokens written to the cache',
  output: 'output tokens',
  per_request: 'price per request',
} as const

function reused({ findings, facts, triage }: Case): Said[] {
  const cache = findings.reuse?.result.prefix_cache?.caches[0]
  if (!findings.reuse || !cache || !triage.result.topics.includes('caching')) return []
  const from = facts.of(findings.reuse)
  return [
    say`Prefix caching would save ${from.share('share of input tokens that a prefix cache would hold', cache.share_of_input_tokens, 'share_of_input_tokens')} of the input tokens: ${from.count('input tokens that a prefix cache would hold', cache.reusable_input_tokens, 'reusable_input_tokens')} of ${from.count('input tokens of requests with prompt blocks', cache.input_tokens, 'prefix_cache.input_tokens')}.`,
  ]
}

/** What growth costs, and which limits it meets. */
function grown({ findings, facts }: Case): Said[] {
  const { growth } = findings
  if (!growth) return []
  const from = facts.of(growth)
  const { factor, total, limits } = growth.result
  const times = from.count('times the usage', factor, 'factor')
  const { now, projected } = total
  const money =
    now.cost_usd !== null && projected.cost_usd !== null
      ? [
          say`With ${times} times the usage the same period costs ${from.usd('cost: The data’s period, then', projected.cost_usd, 'cost_usd')} instead of ${from.usd('cost: The data’s period, now', now.cost_usd, 'cost_usd')}.`,
        ]
      : []
  return [
    ...money,
    ...limits.map((limit) => {
      const name = limit.limit.replaceAll('_', ' ')
      const value = from.count(`limit: ${limit.limit}`, limit.value, 'value')
      const peak = from.count(
        `peak then: ${limit.limit}`,
        Number(limit.peak_then.toPrecision(8)),
        'peak_then',
      )
      const verdict = limit.exceeded_now
        ? 'is exceeded already'
        : limit.exceeded_then
          ? 'would be exceeded'
          : 'holds'
      return say`The limit of ${value} ${name} ${verdict}: the peak would be ${peak}.`
    }),
  ]
}

function unusual({ findings, facts, triage }: Case): Said[] {
  const { anomalies } = findings
  if (!anomalies?.result.span || !triage.result.topics.includes('anomaly')) return []
  const from = facts.of(anomalies)
  const { bucket, anomalies_in_all: count, span, anomalies: found } = anomalies.result
  const [strongest] = found
  return [
    say`${from.count(`${bucket}s that stand out`, count, 'anomalies_in_all')} of ${from.count(`${bucket}s that were looked at`, span.buckets, 'span.buckets')} ${bucket}s stand out${strongest ? `, the most at ${strongest.at}` : ''}.`,
  ]
}

function slow({ findings, facts, triage }: Case): Said[] {
  const latency = findings.profile?.result.total.latency_ms
  if (!findings.profile || !latency || !triage.result.topics.includes('performance')) return []
  const from = facts.of(findings.profile)
  return [
    say`Half of the requests take at most ${from.ms('latency, p50', latency.p50, 'latency_ms')}, and nineteen of twenty at most ${from.ms('latency, p95', latency.p95, 'latency_ms')}.`,
  ]
}

function advice(on: Case): Said[] {
  const [best] = on.recommendations
  const saving = best && savingOf(on, best)
  if (!best || !saving) return []
  const all = say`First recommendation: ${best.title.charAt(0).toLowerCase()}${best.title.slice(1)}, which saves **${saving}**${best.saving_share === null ? '' : ` (${shareText(best.saving_share)})`}, at ${best.quality_risk} quality risk. Savings overlap: they must not be added up.`
  return [{ ...all, facts: [...all.facts, ...best.facts] }]
}

const savingOf = ({ facts }: Case, { saving_text: text, facts: ids }: Recommendation) =>
  facts.all.find((fact) => fact.text === text && ids.includes(fact.id))

/** Whether what was asked for can be reached. */
function targets(on: Case): Said[] {
  const { saving_share: share } = on.triage.result.targets
  const { drivers } = on.findings
  if (share === null || !drivers) return []
  const asked = on.facts.derived(
    { what: 'saving that was asked for', value: share, text: shareText(share) },
    'as the question says',
    { tool: on.triage.tool, tool_call_id: on.triage.callId },
  )
  const needed = on.facts.derived(
    {
      what: 'saving that was asked for, in US dollars',
      value: share * drivers.result.total.cost_usd,
      text: usdText(share * drivers.result.total.cost_usd),
    },
    `${asked.text} (${asked.id}) of ${usdText(drivers.result.total.cost_usd)}, the cost of the whole workload`,
    { tool: drivers.tool, tool_call_id: drivers.callId },
  )
  const reaching = on.recommendations.filter(({ saving_share: of }) => (of ?? 0) >= share)
  return [
    reaching.length > 0
      ? say`The target of ${asked} (${needed}) is reached by: ${reaching.map(({ title }) => title).join('; ')}.`
      : say`No single recommendation reaches the target of ${asked} (${needed}).`,
  ]
}
