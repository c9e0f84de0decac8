import { escapeMarkdown } from '../../model/builtin/format.ts'
import type { Case } from '../case.ts'
import { say, shareText, type Said } from '../facts.ts'
import type { Recommendation } from '../report.ts'
import { humanTime } from './human-time.ts'
import { targets } from './summary-target.ts'
import { pace, volume } from './summary-volume.ts'

/** What the whole comes to, in a few sentences that hold only facts. */
export function summary(on: Case): Said[] {
  const { triage } = on
  if (triage.result.sufficiency === 'insufficient')
    return [
      triage.result.data.rows === 0
        ? nothingToLookAt(on)
        : say`These data cannot answer the question: ${lowered(triage.result.reasons[0] ?? 'nothing in them is about AI spend')}`,
      ...targets(on),
    ]
  return [
    ...volume(on),
    ...lacking(on),
    ...cost(on),
    ...pace(on),
    ...unnamedModel(on),
    ...reused(on),
    ...grown(on),
    ...unusual(on),
    ...slow(on),
    ...targets(on),
    ...advice(on),
  ]
}

const HOW_TO = 'What it must hold, and how to get it, stands below.'

/** No file, or files in which nothing is usage: these are named, with what they hold instead. */
function nothingToLookAt({ triage }: Case): Said {
  const { unusable, files } = triage.result.data
  const useless = [
    ...unusable.map(({ name, why }) => (why.includes(name) ? why : `${name}: ${why}`)),
    ...files.map(({ name }) => `${name} holds no rows.`),
  ].map((why) => escapeMarkdown(why.replace('The person can', 'You can')))
  return useless.length === 0
    ? say`There are no requests to look at: attach a usage export, or choose the built-in sample. ${HOW_TO}`
    : say`There are no requests to look at, because no attached file holds usage. ${useless.join(' ')} Otherwise attach a usage export. ${HOW_TO}`
}

/** Money needs a model that the question or the data name. */
function unnamedModel({ findings, triage }: Case): Said[] {
  const total = findings.profile?.result.total
  if (!total || findings.drivers || triage.result.base_model !== null) return []
  if (total.input_tokens === null && total.output_tokens === null) return []
  return [say`To see money, name a model, for example “on gpt-4o”.`]
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

function lacking({ triage }: Case): Said[] {
  const { sufficiency, reasons } = triage.result
  const [reason] = reasons
  return sufficiency === 'partial' && reason !== undefined
    ? [say`The question can be answered in part only: ${lowered(reason)}`]
    : []
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
    say`${from.count(`${bucket}s that stand out`, count, 'anomalies_in_all')} of ${from.count(`${bucket}s that were looked at`, span.buckets, 'span.buckets')} ${bucket}s stand out${strongest ? `, the most at ${humanTime(strongest.at)}` : ''}.`,
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
  const all = say`First recommendation: ${best.title.charAt(0).toLowerCase()}${best.title.slice(1)}, which saves **${saving}**${best.saving_share === null ? '' : ` (${shareText(best.saving_share)})`}, at ${best.quality_risk === 'none' ? 'no' : best.quality_risk} quality risk. Savings overlap: they must not be added up.`
  return [{ ...all, facts: [...all.facts, ...best.facts] }]
}

const savingOf = ({ facts }: Case, { saving_text: text, facts: ids }: Recommendation) =>
  facts.all.find((fact) => fact.text === text && ids.includes(fact.id))
