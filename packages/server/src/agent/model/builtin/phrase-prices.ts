import type { PriceResult } from '../../tools/data/schemas.ts'
import { escapeMarkdown, formatNumber, listed } from './format.ts'
import { code, scopeText } from './labels.ts'
import type { PriceQuestion } from './question.ts'

export function phrasePrices(question: PriceQuestion, results: readonly PriceResult[]): string {
  const [first] = results
  if (!first) return 'No price was computed.'
  const priced = results.flatMap((result) => result.models)
  const unknown = results.flatMap((result) => result.unknown)
  const scope = scopeText(question.filters)
  const workload = `${formatNumber(first.rows).text} requests with ${formatNumber(first.input_tokens).text} input tokens (${code(first.input_column)}) and ${formatNumber(first.output_tokens).text} output tokens (${code(first.output_column)})`
  const parts: string[] = []
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
