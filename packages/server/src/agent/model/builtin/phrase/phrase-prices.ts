import type { PricedModel, PriceResult } from '../../../tools/data/schemas.ts'
import { code, scopeText } from '../question/labels.ts'
import type { PriceQuestion } from '../question/question.ts'
import { escapeMarkdown, formatNumber, listed } from './format.ts'

/** In the order of the question: the first is held against the second. */
function differenceText(one: PricedModel, other: PricedModel, scope: string): string {
  const usd = Number((other.total_usd - one.total_usd).toPrecision(15))
  const rows = scope === '' ? 'This workload' : `The part of this workload${scope}`
  const names = [code(one.model), code(other.model)]
  if (usd === 0) return `${rows} would cost the same on ${names.join(' and on ')}.`
  const share =
    other.total_usd > 0 ? ` (${Math.abs((100 * usd) / other.total_usd).toFixed(1)} %)` : ''
  return `${rows} would cost **${DOLLARS.format(Math.abs(usd))}** ${usd > 0 ? 'less' : 'more'}${share} on ${names[0] ?? ''} than on ${names[1] ?? ''}.`
}

const DOLLARS = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })

export function phrasePrices(question: PriceQuestion, results: readonly PriceResult[]): string {
  const [first] = results
  if (!first) return 'No price was computed.'
  const priced = results.flatMap((result) => result.models)
  const unknown = results.flatMap((result) => result.unknown)
  const scope = scopeText(question.filters)
  const workload = `${formatNumber(first.requests).text} requests with ${formatNumber(first.input_tokens).text} input tokens (${code(first.input_column)}) and ${formatNumber(first.output_tokens).text} output tokens (${code(first.output_column)})`
  const parts: string[] = []
  const [one, other] = priced
  if (question.difference && one && other && unknown.length === 0)
    parts.push(differenceText(one, other, scope))
  if (priced.length > 0) {
    const costs = priced.map(
      (model) => `**${model.total_text}** on ${code(model.model)} (${model.provider})`,
    )
    parts.push(
      `${scope === '' ? 'This workload' : `The part of this workload${scope}`} would cost ${listed(costs)}.`,
      `That is ${workload}, each priced by itself at the list prices of ${code(first.catalogue.package)} ${first.catalogue.version} in US dollars.`,
    )
  }
  for (const { model, nearest } of unknown) {
    const near =
      nearest.length > 0 ? ` The nearest names it has: ${nearest.map(code).join(', ')}.` : ''
    parts.push(
      `The price catalogue does not know “${escapeMarkdown(model)}”, so I did not price it.${near} Models of other providers than ${code('openai')} need their provider’s name: ${code('on a-model from a-provider')}.`,
    )
  }
  return parts.join('\n\n')
}
