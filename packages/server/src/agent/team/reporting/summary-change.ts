import { escapeMarkdown } from '../../model/builtin/phrase/format.ts'
import { asMarkdown } from '../../plain-markdown.ts'
import type { Effect } from '../../tools/workload/lmdi.ts'
import type {
  EffectShown,
  PeriodComparison,
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
    effects ? costDifference(on, called, from) : requestDifference(on, called, from),
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
): Said {
  const { baseline, comparison, difference } = result
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
  const name = triage.result.base_model === null ? ' Name a model, for example “on gpt-4o”.' : ''
  return say`What it cost is not measurable from these data.${name} Requests ${verb} by **${size}**, from ${before} in ${periodOf(baseline)} to ${after} in ${periodOf(comparison)}.`
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
  { by, effects }: Pick<PeriodComparison, 'by' | 'effects'>,
): string {
  const group = by?.replaceAll('_', ' ') ?? 'group'
  const isLonger = effects?.some((each) => each.effect === 'length' && each.cost_usd !== 0)
  const names: Record<Effect, string> = {
    length: 'time with data',
    volume: isLonger ? 'requests per hour' : 'number of requests',
    mix: `mix of ${group}s`,
    models: by === null ? 'mix of models' : `models of each ${group}`,
    tokens: 'tokens per request',
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
  const [first] = called?.result.groups ?? []
  if (!called || !by || !first || first.difference.cost_usd === 0) return []
  const from = facts.of(called)
  const name = escapeMarkdown(first.key ?? '(none)')
  const usd = from.signedUsd(
    `difference of cost of ${by} ${first.key ?? '(none)'}`,
    first.difference.cost_usd,
    'difference.cost_usd',
  )
  const state = first.state === 'stays' ? '' : `, which is ${first.state},`
  return [say`By ${by.replaceAll('_', ' ')}, ${name}${state} contributes most: ${usd}.`]
}

/** What the numbers are not. */
function caveats({ baseline, comparison, pricing }: PeriodComparison, from: FactsOf): Said[] {
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
  const missing = pricing?.unpriced_requests ?? 0
  const unpriced = parts.reduce((sum, [, period]) => sum + period.unpriced_requests, 0)
  return [
    ...covered,
    ...(missing > 0 && unpriced > 0
      ? [
          say`Not in it: ${from.count('requests of both periods without a price', unpriced, 'unpriced_requests')} requests without a price.`,
        ]
      : []),
  ]
}

const DAY_MS = 86_400_000

/** `2026-03-02 to 2026-03-08` of whole days, else with the times (UTC). */
export function periodOf({ from, to }: Pick<PeriodFigures, 'from' | 'to'>): string {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  if (start % DAY_MS !== 0 || end % DAY_MS !== 0) return `${humanTime(from)} to ${humanTime(to)}`
  const [first, last] = [from.slice(0, 10), new Date(end - DAY_MS).toISOString().slice(0, 10)]
  return first === last ? first : `${first} to ${last}`
}
