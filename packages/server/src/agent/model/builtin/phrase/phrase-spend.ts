import type { WorkloadProfile } from '../../../tools/workload/schemas.ts'
import { code, scopeText } from '../question/labels.ts'
import type { SpendQuestion } from '../question/question.ts'
import { escapeMarkdown, formatNumber, listed } from './format.ts'

/** What the requests cost, where the figure comes from, and what is not in it. */
export function phraseSpend(
  question: SpendQuestion,
  result: WorkloadProfile | undefined,
  name: string,
): string {
  if (!result) return 'Nothing was computed.'
  const { total, pricing } = result
  if (!pricing || total.cost_text === null) return notMeasurable(result, name)
  const parts = [wholeText(question, result)]
  const groups = groupsText(question, result)
  if (groups !== '') parts.push(groups)
  const left = unpricedText(result)
  if (left !== '') parts.push(left)
  return parts.join('\n\n')
}

function notMeasurable(
  { not_measurable: reasons, pricing }: WorkloadProfile,
  name: string,
): string {
  const reason = reasons.find(({ what }) => what.startsWith('cost'))
  const unknown = pricing?.unknown ?? []
  const named =
    unknown.length > 0
      ? ` The price catalogue does not have ${listed(unknown.slice(0, 5).map(({ model }) => code(model)))}.`
      : ''
  return `What the requests of ${code(name)} cost is not measurable from these data.${named === '' && reason ? ` ${escapeMarkdown(reason.why)}` : named} To price them on a model, name it: ${code('What would this cost on gpt-4o?')}`
}

function wholeText(question: SpendQuestion, { total, pricing, covered }: WorkloadProfile): string {
  const scope = scopeText(question.filters)
  const counted = total.requests ?? covered.rows
  const things = total.requests === null ? 'row' : 'request'
  const requests = `The ${formatNumber(counted).text} ${things}${counted === 1 ? '' : 's'}${scope}`
  const cost = `**${moneyText(total.cost_usd ?? 0, total.cost_text ?? '')}**`
  const { catalogue } = pricing ?? {}
  const source = catalogue
    ? ` (${code(catalogue.package)} ${catalogue.version}, ${catalogue.priced_at.slice(0, 10)})`
    : ''
  if (pricing?.basis === 'own_models')
    return `${requests} cost an estimated ${cost}, at the list prices of each request’s own model${source}: what was paid is not in the table.`
  if (pricing?.basis === 'reported_and_list')
    return `${requests} cost about ${cost}: as the table says, and for the ${formatNumber(pricing.estimated_requests + (pricing.uncounted_rows?.estimated ?? 0)).text} without a cost an estimate at list prices${source}.`
  return `${requests} cost ${cost}, as the table says.`
}

function groupsText({ by, rank }: SpendQuestion, result: WorkloadProfile): string {
  const { groups, groups_in_all: all } = result
  if (by.length === 0 || groups.length === 0) return ''
  let shown = groups
  if (rank) {
    // Groups without a price are neither the dearest nor the cheapest.
    const priced = groups
      .filter(({ cost_usd: usd }) => usd !== null)
      .toSorted((one, other) => (other.cost_usd ?? 0) - (one.cost_usd ?? 0))
    if (rank.direction === 'ascending' && all > groups.length)
      return `There are ${formatNumber(all).text} groups, more than I can rank from below.`
    shown = (rank.direction === 'ascending' ? priced.toReversed() : priced).slice(0, rank.limit)
  }
  const rows = shown.map((group) => {
    const keys = by.map((dimension) => escapeMarkdown(group.key[dimension] ?? '(empty)'))
    const { cost_usd: usd, cost_text: text } = group
    const cost = usd === null || text === null ? 'not measurable' : moneyText(usd, text)
    const share = group.share_of_cost === null ? '' : `${(100 * group.share_of_cost).toFixed(1)} %`
    return `| ${[...keys, requestsOf(group.requests), cost, share].join(' | ')} |`
  })
  const names = by.map((dimension) => dimension.replaceAll('_', ' '))
  const more =
    !rank && all > shown.length ? [`…and ${formatNumber(all - shown.length).text} others.`] : []
  return [
    `| ${[...names, 'requests', 'cost', 'share of cost'].join(' | ')} |`,
    `| ${[...names.map(() => '---'), '---:', '---:', '---:'].join(' | ')} |`,
    ...rows,
    ...(more.length > 0 ? ['', ...more] : []),
  ].join('\n')
}

const requestsOf = (requests: number | null): string =>
  requests === null ? 'not measurable' : formatNumber(requests).text

/** To the cent; what is less than one as exact as it takes to see it. */
const moneyText = (usd: number, text: string): string =>
  usd > 0 && usd < 0.01 ? `$${Number(usd.toPrecision(3))}` : text

const NAMED = 5

function unpricedText({ pricing }: WorkloadProfile): string {
  const rows = pricing?.uncounted_rows?.unpriced ?? 0
  if (!pricing || (pricing.unpriced_requests === 0 && rows === 0)) return ''
  const { unpriced_requests: count, unknown } = pricing
  const names = unknown
    .slice(0, NAMED)
    .map(
      ({ model, requests, uncounted_rows: uncounted = 0 }) =>
        `${code(model)} (${formatNumber(requests + uncounted).text})`,
    )
  const more = unknown.length > NAMED ? ' and others' : ''
  const why =
    names.length === 0
      ? 'their rows have no cost, no model or no tokens'
      : `the price catalogue does not have ${listed(names)}${more}`
  const what = [
    ...(count > 0 ? [`${formatNumber(count).text} request${count === 1 ? '' : 's'}`] : []),
    ...(rows > 0 ? [`${formatNumber(rows).text} rows that do not count their requests`] : []),
  ]
  return `Not in it: ${what.join(' and ')} without a price, because ${why}.`
}
