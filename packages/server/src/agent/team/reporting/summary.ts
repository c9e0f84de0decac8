import { escapeMarkdown } from '../../model/builtin/phrase/format.ts'
import { asMarkdown } from '../../plain-markdown.ts'
import type { Case } from '../case.ts'
import { joined, say, shareText, type Said } from '../facts.ts'
import type { Recommendation } from '../report.ts'
import { callOf } from '../stages/candidate.ts'
import { FEWEST_REQUESTS } from '../stages/optimization.ts'
import { asksOnlyForChange, groupOf } from '../triage/triage.ts'
import { humanTime } from './human-time.ts'
import { listed } from './listed.ts'
import { changed } from './summary-change.ts'
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
  if (asksOnlyForChange(triage.result.topics))
    return [
      ...changed(on),
      ...lacking(on),
      ...yearsTaken(on),
      ...(on.findings.changes.length > 0 ? unsaid(on) : []),
    ]
  return [
    ...changed(on),
    ...volume(on),
    ...lacking(on),
    ...yearsTaken(on),
    ...cost(on),
    ...dearestGroup(on),
    ...each(on),
    ...pace(on),
    ...unnamedModel(on),
    ...reused(on),
    ...grown(on),
    ...unusual(on),
    ...slow(on),
    ...targets(on),
    ...unsaid(on),
    ...tooFew(on),
    ...advice(on),
  ]
}

/** Days that were named without a year are those of the latest that the data hold. */
export function yearsTaken({ triage }: Case): Said[] {
  const { years_taken: taken } = triage.result
  if (!taken) return []
  const latest = taken.years.length === 1 ? 'the latest year' : 'the latest years'
  return [
    say`No year was named: “${taken.words}” is read as of ${taken.years.join(' and ')}, ${latest} that the data hold.`,
  ]
}

/** The group that costs most, where the question asks for one. */
function dearestGroup({ findings, facts, triage }: Case): Said[] {
  const { dimensions, question } = triage.result
  if (!/\b(?:which|who|whose|most|top|dearest|first)\b/i.test(question)) return []
  const called = findings.groups.find(({ result }) =>
    result.by.some((by) => dimensions.some((name) => by === groupOf(name))),
  )
  const [by] = called?.result.by ?? []
  const priced = (called?.result.groups ?? []).filter(({ cost_usd: usd }) => usd !== null)
  const [first] = priced.toSorted((a, b) => (b.cost_usd ?? 0) - (a.cost_usd ?? 0))
  const isWhole = called && called.result.groups.length === called.result.groups_in_all
  if (!called || by === undefined || !first || !isWhole || priced.length < 2) return []
  const key = first.key[by] ?? '(none)'
  const from = facts.of(called)
  const name = by.replaceAll('_', ' ')
  const usd = from.usd(`Cost of ${by} ${key}`, first.cost_usd ?? 0, 'cost_usd')
  const share = from.share(
    `share of cost of ${by} ${key}`,
    first.share_of_cost ?? 0,
    'share_of_cost',
  )
  return [say`By ${name}, ${escapeMarkdown(key)} costs most: ${usd}, ${share}.`]
}

/** What one request costs on average, where that is asked. */
function each({ findings, facts, triage }: Case): Said[] {
  const { drivers } = findings
  const asked = /\b(?:per|each|a|an average) (?:request|call)\b|\baverage (?:cost|price)\b/i
  if (!drivers || !asked.test(triage.result.question)) return []
  // Money of rows that do not count their requests is no request's.
  if (drivers.result.covered.uncounted_rows !== undefined)
    return [say`What a request costs on average is not measurable: not all files count theirs.`]
  const { total, pricing } = drivers.result
  const priced = (total.requests ?? 0) - pricing.unpriced_requests
  if (priced <= 0) return []
  const usd = total.cost_usd / priced
  const whole = facts
    .of(drivers)
    .usd('cost of the whole workload', total.cost_usd, 'total.cost_usd')
  const mean = facts.derived(
    { what: 'cost of a request on average', value: usd, text: `$${Number(usd.toPrecision(3))}` },
    `${whole.text} (${whole.id}) ÷ ${priced} requests with a price`,
    callOf(drivers),
  )
  return [say`That is ${mean} a request on average.`]
}

/** Usage data hold amounts, not reasons; better said than left out. */
const unsaid = ({ triage }: Case): Said[] =>
  /\bwhy\b/i.test(triage.result.question)
    ? [
        say`Why people or programs asked for more or less is not in usage data: what the amounts are made of stands below.`,
      ]
    : []

const HOW_TO = 'What it must hold, and how to get it, stands below.'

/** No file, or files in which nothing is usage: these are named, with what they hold instead. */
function nothingToLookAt({ triage }: Case): Said {
  const { unusable, files } = triage.result.data
  const useless = [
    ...unusable.map(({ name, why }) => (why.includes(name) ? why : `${name}: ${why}`)),
    ...files.map(({ name }) => `${name} holds no rows.`),
  ].map((why) => asMarkdown(why.replace('The person can', 'You can')))
  return useless.length === 0
    ? say`There are no requests to look at: attach a usage export, or choose the built-in sample. ${HOW_TO}`
    : say`There are no requests to look at, because no attached file holds usage. ${[...new Set(useless)].join(' ')} Otherwise attach a usage export. ${HOW_TO}`
}

/** Money needs a model that the question or the data name. */
function unnamedModel({ findings, triage }: Case): Said[] {
  const total = findings.profile?.result.total
  if (!total || findings.drivers || triage.result.base_model !== null) return []
  if (total.input_tokens === null && total.output_tokens === null) return []
  const why = findings.profile?.result.not_measurable.find(({ what }) => what === 'cost')?.why ?? ''
  return [
    ...(why.includes('price catalogue')
      ? [say`What it cost is not measurable from these data: ${escapeMarkdown(lowered(why))}`]
      : []),
    say`To see money, name a model, for example “on gpt-4o”.`,
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

export function cost(on: Case): Said[] {
  const { findings, facts, triage } = on
  const { drivers } = findings
  if (!drivers) return []
  const { total, parts, pricing } = drivers.result
  const from = facts.of(drivers)
  const whole = from.usd('cost of the whole workload', total.cost_usd, 'total.cost_usd')
  const model = pricing.models[0]?.model ?? triage.result.base_model ?? ''
  const withoutCost = () => {
    const { estimated_requests: requests, uncounted_rows: rows } = pricing
    const said = [
      ...(requests > 0
        ? [
            say`${from.count('requests whose cost is a list price', requests, 'pricing.estimated_requests')} requests without a cost`,
          ]
        : []),
      ...(rows && rows.estimated > 0
        ? [
            say`${from.count('rows whose cost is a list price', rows.estimated, 'pricing.uncounted_rows')} rows without a cost, which do not count their requests,`,
          ]
        : []),
    ]
    return joined(said, ' and ')
  }
  const first = {
    reported: () => say`They cost **${whole}** as the files say.`,
    model: () =>
      say`They would cost **${whole}** on ${model}${triage.result.model_from_before ? ', as asked before,' : ''} at list prices${listed(pricing)}.`,
    own_models: () =>
      say`Their estimated cost is **${whole}**, at the list prices of each request’s own model${listed(pricing)}: what was paid is not in the data.`,
    reported_and_list: () =>
      joined([
        say`They cost about **${whole}**: as the files say, and for`,
        withoutCost(),
        say`an estimate at list prices${listed(pricing)}.`,
      ]),
  }[pricing.basis]()
  const dearest = parts?.toSorted((a, b) => b.cost_usd - a.cost_usd)[0]
  if (!dearest) return [first, ...unpriced(on)]
  return [
    first,
    ...unpriced(on),
    say`Most of it is ${PART[dearest.part]}: ${from.usd(`cost of ${PART[dearest.part]}`, dearest.cost_usd, 'parts.cost_usd')}, ${from.share(`share of cost of ${PART[dearest.part]}`, dearest.share_of_cost, 'parts.share_of_cost')}.`,
  ]
}

const NAMED = 5

/** What the sum leaves out, and why. */
function unpriced({ findings, facts }: Case): Said[] {
  const { drivers } = findings
  const pricing = drivers?.result.pricing
  const rows = pricing?.uncounted_rows?.unpriced ?? 0
  if (!drivers || !pricing || (pricing.unpriced_requests === 0 && rows === 0)) return []
  const from = facts.of(drivers)
  const missing = pricing.unpriced_requests
  const counts = [
    ...(missing > 0
      ? [
          say`${from.count('requests without a price', missing, 'pricing.unpriced_requests')} request${missing === 1 ? '' : 's'}`,
        ]
      : []),
    ...(rows > 0
      ? [
          say`${from.count('rows without a price', rows, 'pricing.uncounted_rows')} rows that do not count their requests`,
        ]
      : []),
  ]
  const names = pricing.unknown.slice(0, NAMED).map(({ model }) => escapeMarkdown(model))
  const more = pricing.unknown.length > NAMED ? ' and others' : ''
  const known = `the price catalogue does not have ${names.join(', ')}${more}`
  const why = names.length === 0 ? 'their rows have no cost, and name no model or no tokens' : known
  return [joined([say`Not in it:`, joined(counts, ' and '), say`without a price, because ${why}.`])]
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
    factor !== 1 && now.cost_usd !== null && projected.cost_usd !== null
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

/** What could be changed is weighed by requests. */
function uncountable({ findings }: Case): Said[] {
  return findings.drivers?.result.total.requests === null
    ? [
        say`Nothing is recommended, because nobody knows how many requests these are: an export with a row for each request would tell.`,
      ]
    : []
}

export function tooFew(on: Case): Said[] {
  const { tooFew: requests } = on

  if (requests === undefined) return uncountable(on)
  const them = requests === 1 ? 'is 1 request' : `are ${requests} requests`
  return [
    say`These are too few requests to plan by: there ${them}, and below ${String(FEWEST_REQUESTS)} nothing is recommended.`,
  ]
}

export function advice(on: Case): Said[] {
  const [best] = on.recommendations
  const saving = best && savingOf(on, best)
  if (!best || !saving) return []
  const all = say`First recommendation: ${best.title.charAt(0).toLowerCase()}${best.title.slice(1)}, which saves **${saving}**${best.saving_share === null ? '' : ` (${shareText(best.saving_share)})`}, at ${best.quality_risk === 'none' ? 'no' : best.quality_risk} quality risk. Savings overlap: they must not be added up.`
  return [{ ...all, facts: [...all.facts, ...best.facts] }]
}

const savingOf = ({ facts }: Case, { saving_text: text, facts: ids }: Recommendation) =>
  facts.all.find((fact) => fact.text === text && ids.includes(fact.id))
