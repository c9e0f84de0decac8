import { asMarkdown } from '../plain-markdown.ts'
import type { Effect } from '../tools/workload/lmdi.ts'
import type { Covered } from '../tools/workload/schemas.ts'
import type { Case } from './case.ts'
import { countText, say, shareText, usdText, type Said } from './facts.ts'
import type { Fact } from './report.ts'
import { changed, effectName, periodOf } from './reporting/summary-change.ts'
import { pace, savingPeriod, scopeWords } from './reporting/summary-volume.ts'
import { advice, cost, tooFew } from './reporting/summary.ts'
import type { ShortQuestion } from './short-question.ts'
import { callOf, totalCost } from './stages/candidate.ts'

/** One or two sentences with the figure and where it is from, or why there is none. */
export function shortAnswer(asked: ShortQuestion, on: Case): string {
  if (asked.kind === 'change') return change(on)
  if (asked.kind === 'effect') return effectOf(on, asked.effect)
  if (asked.kind === 'performance') return performance(on)
  const total = totalCost(on)
  if (!total)
    return say`This is not measurable from these data: they hold no cost, and no model was named to price them on. Name one, for example “on gpt-4o”.`
      .text
  switch (asked.kind) {
    case 'together':
      return together(on)
    case 'best':
      return texts([...(on.tooFew === undefined ? advice(on) : tooFew(on))], on, total) || NOTHING
    case 'discount':
      return discounted(on, total, asked.share)
    case 'budget':
      return ofBudget(on, total, asked)
    case 'total':
      return texts(cost(on).slice(0, 1).map(named(on)), on, total)
    default:
      return asked satisfies never
  }
}

const NOTHING = 'Nothing that could be recommended saves enough to be worth the work.'

const texts = (said: readonly Said[], on: Case, from: Fact): string =>
  said.length === 0 ? '' : `${said.map(({ text }) => text).join(' ')} ${source(on, from)}`

/** Of which call and by which rule the figure is, and of which requests. */
function source({ findings }: Case, { tool, formula }: Fact): string {
  const covered = findings.drivers?.result.covered
  const files = covered ? filesOf(covered) : ''
  return `(Source: \`${tool}\` over ${files}; ${formula}.)`
}

const filesOf = ({ files }: Covered): string => files.map(({ name }) => asMarkdown(name)).join(', ')

/** Alone, a sentence has no other that says what “they” are. */
const named =
  (on: Case) =>
  (said: Said): Said => {
    const covered = on.findings.drivers?.result.covered
    const requests = on.findings.profile?.result.total.requests ?? null
    const period = covered && savingPeriod(covered)
    const them = `the ${requests === null ? '' : `${countText(requests)} `}request${requests === 1 ? '' : 's'}${scopeWords(on)}${period === undefined ? '' : ` of ${period}`}`
    const text = said.text
      .replace(/^They/, `T${them.slice(1)}`)
      .replace(/^Their estimated cost/, `The estimated cost of ${them}`)
    return { ...said, text }
  }

/** Latency and errors of both periods. */
function performance(on: Case): string {
  const { periods } = on.findings
  const [first] = periods
  if (!first || periods.length < 2)
    return `How this differs between two periods is not measurable from these data: ${on.failed[0]?.why ?? 'they name no day.'}`
  const each = periods.map((period) => {
    const { total } = period.result
    const from = on.facts.of(period)
    const said = [
      ...(total.requests === null ? [] : [`${countText(total.requests)} requests`]),
      ...(total.latency_ms
        ? [
            `latency ${from.ms('latency, p50', total.latency_ms.p50, 'latency_ms').text} (p50) and ${from.ms('latency, p95', total.latency_ms.p95, 'latency_ms').text} (p95)`,
          ]
        : []),
      ...(total.error_rate === null ? [] : [`${shareText(total.error_rate)} errors`]),
    ]
    return `${periodOf(period)}: ${said.join(', ')}.`
  })
  const lacking = [
    ...(first.result.total.latency_ms ? [] : ['how long requests took']),
    ...(first.result.total.error_rate === null ? ['which requests failed'] : []),
  ]
  const missing = lacking.length === 0 ? '' : ` The data do not say ${lacking.join(' or ')}.`
  return `${each.join(' ')}${missing} Only cost and tokens are broken down into what they are made of; why latency or errors differ is not in these figures. (Source: \`${first.tool}\` over ${filesOf(first.result.covered)}, each period by itself.)`
}

/** What one effect is of the difference; why there is none, where it is not measured. */
function effectOf(on: Case, effect: Effect): string {
  const [called] = on.findings.changes
  const found = called?.result.effects?.find((each) => each.effect === effect)
  if (!called || !found) return change(on)
  const { baseline, comparison, difference, formula } = called.result
  const from = on.facts.of(called)
  const name = effectName(effect, called.result)
  const part = from.signedUsd(`effect of ${name}`, found.cost_usd, effect)
  const all = from.signedUsd('difference of cost', difference.cost_usd ?? 0, 'difference.cost_usd')
  return `The effect of ${name} is **${part.text}** of the difference of cost${scopeWords(on)} of ${all.text} between ${periodOf(baseline)} and ${periodOf(comparison)}. (Source: \`${called.tool}\` over ${filesOf(called.result.covered)}; ${formula[effect] ?? ''}.)`
}

/** By how much and by what; or why that cannot be told. */
function change(on: Case): string {
  const said = changed(on)
    .slice(0, 2)
    .map(({ text }) => text)
    .join(' ')
  const [called] = on.findings.changes
  if (!called) return said
  const { covered, formula } = called.result
  const files = filesOf(covered)
  const effects = called.result.effects ? `; effects: ${called.result.method.name}` : ''
  return `${said} (Source: \`${called.tool}\` over ${files}; ${formula['difference.cost_usd'] ?? formula['difference.requests'] ?? ''}${effects}.)`
}

function together(on: Case): string {
  const shown = on.recommendations.filter(({ id }) => on.planned.includes(id))
  const largest = (shown.length > 0 ? shown : on.recommendations).toSorted(
    (a, b) => (b.saving_usd ?? 0) - (a.saving_usd ?? 0),
  )[0]
  const why =
    'Savings overlap and are not added up, because each is computed as if it alone were done: a request that moved to a cheaper model has less left to save by caching or batch prices, and it can move to one model only.'
  if (on.tooFew !== undefined) return tooFew(on)[0]?.text ?? NOTHING
  if (!largest) return NOTHING
  return `${why} What I can say is each alone: the largest, “${largest.title}”, saves ${largest.saving_text}${largest.saving_share === null ? '' : ` (${shareText(largest.saving_share)} of the cost)`}. (Source: ${largest.formula.replaceAll(/ \(f\d+\)/g, '')}.)`
}

function discounted(on: Case, total: Fact, share: number): string {
  const value = total.value * (1 - share)
  const after = on.facts.derived(
    { what: 'cost with the discount of the question', value, text: usdText(value) },
    `${total.text} (${total.id}) × (1 − ${share})`,
    callOf({ callId: total.tool_call_id, tool: total.tool, result: undefined }),
  )
  const percent = `${Number((share * 100).toPrecision(6))} %`
  const basis = on.findings.drivers?.result.pricing.basis
  const before =
    basis === 'reported'
      ? `${total.text}, what the files say was paid (it may hold the discount already)`
      : `${total.text}${modelOf(on)} at list prices`
  return `With ${percent} off, it would be **${after.text}** instead of ${before}. The discount is an assumption from your question: the data say nothing of your contract, and it is taken off everything alike. ${source(on, { ...after, formula: `${total.text} × (1 − ${percent})` })}`
}

function modelOf({ triage, findings }: Case): string {
  const { pricing } = findings.drivers?.result ?? {}
  if (pricing?.basis !== 'model') return ''
  const before = triage.result.model_from_before ? ', as asked before,' : ''
  return ` on ${pricing.models[0]?.model ?? ''}${before}`
}

function ofBudget(
  on: Case,
  total: Fact,
  { usd, isMonthly }: Extract<ShortQuestion, { kind: 'budget' }>,
): string {
  const share = total.value / usd
  const covered = on.findings.drivers?.result.covered
  const period = covered && savingPeriod(covered)
  const budget = `a budget of ${usdText(usd)}${isMonthly ? ' a month' : ''}`
  const time =
    period === undefined ? 'for all requests of the data' : `for the period of the data, ${period}`
  const month = isMonthly ? pace(on).map(({ text }) => ` ${text}`) : []
  return `**${shareText(share)}** of ${budget} is used: ${total.text}${modelOf(on)} ${time}; ${share > 1 ? `${usdText(total.value - usd)} too much` : `${usdText(usd - total.value)} is left`}.${month.join('')} ${source(on, { ...total, formula: `${total.text} ÷ ${usdText(usd)}` })}`
}
