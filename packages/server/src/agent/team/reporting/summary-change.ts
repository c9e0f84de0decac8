import { escapeMarkdown } from '../../model/builtin/phrase/format.ts'
import { asMarkdown } from '../../plain-markdown.ts'
import type { Effect } from '../../tools/workload/lmdi.ts'
import type {
  EffectShown,
  GroupShown,
  PeriodComparison,
  LeftOut,
  PeriodFigures,
} from '../../tools/workload/period-comparison.ts'
import type { Case } from '../case.ts'
import { joined, say, type Called, type FactsOf, type Said } from '../facts.ts'
import { claimedDirection } from '../triage/read-change.ts'
import { humanTime } from './human-time.ts'
import { listed } from './listed.ts'
import { scopeWords } from './summary-volume.ts'

/** How much the cost of two periods differs, by which effects, and which group it is most of. */
export function changed(on: Case): Said[] {
  const [called] = on.findings.changes
  if (!called) return unmeasured(on)
  const from = on.facts.of(called)
  const { effects } = called.result
  return [
    ...(effects ? [costDifference(on, called, from)] : requestDifference(on, called, from)),
    ...(effects ? effectsSaid(called.result, effects, from) : []),
    ...groupSaid(on),
    ...caveats(called.result, from),
  ]
}

function unmeasured({ failed }: Case): Said[] {
  const found = failed.find(({ tool }) => tool === 'compare_periods')
  return found ? [say`${asMarkdown(found.why)}`] : []
}

/** What is compared: what was paid, or an estimate, and of whose requests. */
function subjectOf(on: Case, pricing: PeriodComparison['pricing']): string {
  const scope = scopeWords(on)
  if (!pricing || pricing.basis === 'reported') return `Cost${scope}`
  const prices = `list prices${listed(pricing)}`
  if (pricing.basis === 'model')
    return `Cost${scope} on ${pricing.models[0]?.model ?? ''} at ${prices}`
  const part = pricing.basis === 'reported_and_list' ? 'in part ' : ''
  return `Cost${scope}, ${part}estimated at ${prices},`
}

function costDifference(on: Case, { result }: Called<PeriodComparison>, from: FactsOf): Said {
  const { baseline, comparison, difference, pricing } = result
  const usd = difference.cost_usd ?? 0
  const size = from.usd('difference of cost, its size', Math.abs(usd), 'difference.cost_usd')
  const share = difference.cost_share
  const percent =
    share === null
      ? say``
      : say` (${from.share('difference of cost, its share', Math.abs(share), 'cost_share')})`
  const before = from.usd('cost of the baseline', baseline.cost_usd ?? 0, 'cost_usd')
  const after = from.usd(
    'cost of the period compared with it',
    comparison.cost_usd ?? 0,
    'cost_usd',
  )
  const subject = subjectOf(on, pricing)
  const periods = [
    say`from ${before} in ${periodOf(baseline)}`,
    say`to ${after} in ${periodOf(comparison)}.`,
  ]
  if (usd === 0) return joined([say`${subject} did not change:`, ...periods])
  const direction = usd > 0 ? 'rose' : 'fell'
  const claimed = claimedDirection(on.triage.result.question)
  const verb =
    claimed === null || claimed === direction
      ? direction
      : `did not ${claimed === 'rose' ? 'rise' : 'fall'}: it ${direction}`
  return joined([joined([say`${subject} ${verb} by **${size}**`, percent, say`,`], ''), ...periods])
}

/** Where nothing has a price, amounts are what can be told. */
function requestDifference(
  { triage }: Case,
  { result }: Called<PeriodComparison>,
  from: FactsOf,
): Said[] {
  const { baseline, comparison, difference } = result
  const name =
    result.pricing === null && triage.result.base_model === null
      ? ' Name a model, for example “on gpt-4o”.'
      : ''
  const head = say`${result.pricing === null ? 'What it cost' : 'How the cost changed'} is not measurable from these data: ${unpricedWhy(result)}.${name}`
  if (difference.requests === null || baseline.requests === null || comparison.requests === null)
    return [head]
  const size = from.count(
    'difference of requests, its size',
    Math.abs(difference.requests),
    'difference.requests',
  )
  const before = from.count('requests of the baseline', baseline.requests, 'requests')
  const after = from.count(
    'requests of the period compared with it',
    comparison.requests,
    'requests',
  )
  const verb = difference.requests > 0 ? 'rose' : difference.requests < 0 ? 'fell' : 'changed'
  const requests =
    difference.requests === 0
      ? say`Requests did not change: ${before} in ${periodOf(baseline)} and ${after} in ${periodOf(comparison)}.`
      : say`Requests ${verb} by **${size}**, from ${before} in ${periodOf(baseline)} to ${after} in ${periodOf(comparison)}.`
  return [head, requests, ...tokensSaid(result, from)]
}

/** `input tokens per request from 1,000 to 1,200`; nothing where the files do not say. */
function tokensSaid({ baseline, comparison }: PeriodComparison, from: FactsOf): Said[] {
  const kinds = (['input', 'output'] as const).flatMap((kind) => {
    const field = `${kind}_tokens_per_request` as const
    const [before, after] = [baseline[field], comparison[field]]
    if (before === null || after === null) return []
    const name = `${kind} tokens per request`
    return [
      say`${name} went from ${from.count(`${name} of the baseline`, before, field)} to ${from.count(`${name} of the period compared with it`, after, field)}`,
    ]
  })
  if (kinds.length === 0) return []
  const { text, facts } = joined(kinds, ', ')
  return [{ text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`, facts }]
}

/** Why there is no difference of cost. */
function unpricedWhy({
  baseline,
  comparison,
  pricing,
  left_out: left,
  not_measurable: lacking,
}: PeriodComparison): string {
  if (pricing === null) {
    const why = lacking.find(({ what }) => what === 'cost')?.why ?? 'nothing has a price'
    return asMarkdown(`${why.charAt(0).toLowerCase()}${why.slice(1)}`.replace(/\.$/, ''))
  }
  const isBare = (period: 'baseline' | 'comparison', costs: number | null): boolean =>
    costs === null && left.every(({ priced_share: share }) => share[period] === 0)
  const bare = [
    ...(isBare('baseline', baseline.cost_usd) ? [periodOf(baseline)] : []),
    ...(isBare('comparison', comparison.cost_usd) ? [periodOf(comparison)] : []),
  ]
  return bare.length > 0
    ? `nothing in ${bare.join(' or ')} has a cost or a price`
    : 'a greater part of the requests has a price in one of the periods than in the other'
}

/** What is less than this of all effects is left to the table. */
const TOLD_SHARE = 0.02
const MOST_TOLD = 4
/** Of the greatest kind of tokens. */
const TOLD_KIND_SHARE = 0.1

function effectsSaid(
  result: PeriodComparison,
  effects: readonly EffectShown[],
  from: FactsOf,
): Said[] {
  const all = effects.filter(({ cost_usd: usd }) => usd !== 0)
  const sum = all.reduce((size, { cost_usd: usd }) => size + Math.abs(usd), 0)
  const told = greatest(all, sum * TOLD_SHARE).slice(0, MOST_TOLD)
  if (told.length === 0) return []
  const list = told.map(({ effect, cost_usd: usd }) => {
    const name = effectName(effect, result)
    const said = say`${name} ${from.signedUsd(`effect of ${name}`, usd, effect)}`
    const kinds = effect === 'tokens' ? kindsSaid(result, from) : []
    return kinds.length === 0
      ? said
      : joined([said, joined([say`(`, joined(kinds, ', '), say`)`], '')])
  })
  const head =
    told.length < all.length
      ? 'The main effects are'
      : all.length > 1
        ? 'It is made of'
        : 'All of it is'
  return [joined([say`${head}`, joined([joined(list, '; '), say`.`], '')])]
}

/** Kinds of tokens that differ, where several do. */
function kindsSaid({ tokens }: PeriodComparison, from: FactsOf): Said[] {
  const all = tokens ?? []
  const most = Math.max(0, ...all.map(({ cost_usd: usd }) => Math.abs(usd)))
  return greatest(all, most * TOLD_KIND_SHARE).map(({ kind, cost_usd: usd }) => {
    const name = kind.replaceAll('_', ' ')
    return say`${name} ${from.signedUsd(`effect of ${name} tokens per request`, usd, 'tokens')}`
  })
}

/** Those of more than so many dollars either way, the greatest first. */
const greatest = <T extends { cost_usd: number }>(all: readonly T[], least: number): T[] =>
  all
    .filter(({ cost_usd: usd }) => Math.abs(usd) > least)
    .toSorted((a, b) => Math.abs(b.cost_usd) - Math.abs(a.cost_usd))

/** As sentences and tables call it. */
export function effectName(
  effect: Effect,
  { by, effects, counted_in: counted }: Pick<PeriodComparison, 'by' | 'effects' | 'counted_in'>,
): string {
  const group = by?.replaceAll('_', ' ') ?? 'group'
  const isLonger = effects?.some((each) => each.effect === 'length' && each.cost_usd !== 0)
  const names: Record<Effect, string> = {
    length: 'time with data',
    volume: isLonger ? `${counted} per hour` : `number of ${counted}`,
    mix: `mix of ${group}s`,
    models: by === null ? 'mix of models' : `models of each ${group}`,
    tokens: counted === 'tokens' ? 'kinds of tokens' : 'tokens per request',
    price: 'price per token',
    new: `${group}s that are new`,
    gone: `${group}s that are gone`,
  }
  return names[effect]
}

/** The group that most of the difference is, of the first split that has several. */
function groupSaid({ findings, facts }: Case): Said[] {
  const called = findings.changes.find(({ result }) => result.groups.length > 1)
  const by = called?.result.by
  const all = called?.result.groups ?? []
  const whole = Math.sign(called?.result.difference.cost_usd ?? 0)
  const isWith = ({ difference }: GroupShown): boolean =>
    whole === 0 || Math.sign(difference.cost_usd) === whole
  const first = all.find(isWith) ?? all[0]
  if (!called || !by || !first || first.difference.cost_usd === 0) return []
  const other = all.find((group) => !isWith(group) && isWorthTelling(group, first))
  const from = facts.of(called)
  const name = escapeMarkdown(first.key ?? '(none)')
  const usdOf = ({ key, difference }: GroupShown) =>
    from.signedUsd(
      `difference of cost of ${by} ${key ?? '(none)'}`,
      difference.cost_usd,
      'difference.cost_usd',
    )
  const state = first.state === 'stays' ? '' : `, which is ${first.state},`
  const against = other
    ? say`; ${escapeMarkdown(other.key ?? '(none)')} went the other way: ${usdOf(other)}.`
    : say`.`
  return [
    joined(
      [
        say`By ${by.replaceAll('_', ' ')}, ${name}${state} contributes most: ${usdOf(first)}`,
        against,
      ],
      '',
    ),
  ]
}

/** What went against a change is told where it is no trifle beside what went with it. */
const isWorthTelling = (other: GroupShown, first: GroupShown): boolean =>
  Math.abs(other.difference.cost_usd) > Math.abs(first.difference.cost_usd) * TOLD_KIND_SHARE

/** What the numbers are not. */
function caveats(result: PeriodComparison, from: FactsOf): Said[] {
  const { baseline, comparison, pricing } = result
  const parts = [
    ['the earlier period', baseline],
    ['the later period', comparison],
  ] as const
  const covered = parts
    .filter(([, { covered_share: share }]) => share < 1)
    .map(
      ([name, { covered_share: share, first, last }]) =>
        say`Of ${name} the data hold only ${from.share(`part of ${name} that the data hold`, share, 'covered_share')}: ${first !== null && last !== null ? `requests from ${humanTime(first)} to ${humanTime(last)} (UTC)` : 'none of these requests'}.`,
    )
  // Where nothing has a price that is said already.
  if (pricing === null || result.effects === null) return [...covered, ...leftOut(result, from)]
  const unpriced = parts.flatMap(
    ([name, { unpriced_requests: requests, unpriced_rows: rows = 0 }]) => [
      ...(requests > 0
        ? [
            say`${from.count(`requests of ${name} that are not in the cost`, requests, 'unpriced_requests')} request${requests === 1 ? '' : 's'} of ${name}`,
          ]
        : []),
      ...(rows > 0
        ? [
            say`${from.count(`rows of ${name} that are not in the cost`, rows, 'unpriced_rows')} rows of ${name} that do not count their requests`,
          ]
        : []),
    ],
  )
  const without =
    result.left_out.length > 0 ? 'without a price that can be compared' : 'without a price'
  return [
    ...covered,
    ...leftOut(result, from),
    ...(unpriced.length > 0
      ? [joined([say`Not in it:`, joined(unpriced, ' and '), say`${without}.`])]
      : []),
  ]
}

/** Cost that has nothing to be compared with in the other period. */
function leftOut({ left_out: left }: PeriodComparison, from: FactsOf): Said[] {
  const [first] = left.toSorted((a, b) => most(b) - most(a))
  if (!first || most(first) === 0) return []
  const name = escapeMarkdown(first.model ?? first.group ?? 'What has a price')
  const more = left.length > 1 ? `, and ${left.length - 1} more` : ''
  const side = (period: 'baseline' | 'comparison') => ({
    share: from.share(
      `part of ${name} with a price, ${period}`,
      first.priced_share[period],
      'left_out',
    ),
    usd: from.usd(
      `cost of ${name} that is left out, ${period}`,
      first.cost_usd[period],
      'left_out',
    ),
  })
  const [before, after] = [side('baseline'), side('comparison')]
  return [
    say`Left out of both periods: ${name}${more}, because ${before.share} of it has a price in the earlier period (${before.usd}) and ${after.share} in the later one (${after.usd}).`,
  ]
}

const most = ({ cost_usd: usd }: LeftOut): number => Math.max(usd.baseline, usd.comparison)

const DAY_MS = 86_400_000

/** `2026-03-02 to 2026-03-08` of whole days, else with the times (UTC). */
export function periodOf({ from, to }: Pick<PeriodFigures, 'from' | 'to'>): string {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  if (start % DAY_MS !== 0 || end % DAY_MS !== 0) return `${humanTime(from)} to ${humanTime(to)}`
  const [first, last] = [from.slice(0, 10), new Date(end - DAY_MS).toISOString().slice(0, 10)]
  return first === last ? first : `${first} to ${last}`
}
