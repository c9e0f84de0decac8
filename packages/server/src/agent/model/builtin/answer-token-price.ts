import type { PricedTokens, TokenPriceResult } from '../../tools/data/schemas.ts'
import type { Conversation } from './conversation.ts'
import { escapeMarkdown, formatNumber, listed } from './phrase/format.ts'
import type { PlannedCall } from './plan/planned-call.ts'
import { code } from './question/labels.ts'
import { answer, type Reply } from './reply.ts'
import { asCalculation, asTokenPrices, recordOf } from './results.ts'
import type { TokenPrice } from './token-price.ts'

/** Calls what tells the price, then says it. */
export function answerTokenPrice(
  asked: TokenPrice,
  { current }: Conversation,
  tools: ReadonlySet<string>,
): Reply {
  const calls = callsOf(asked)
  const lacking = calls.find(({ toolName }) => !tools.has(toolName))
  if (lacking) {
    return answer(
      `This needs the tool ${code(lacking.toolName)}, which is not at hand: this agent lacks it, or tools are off for now.`,
    )
  }
  const missing = calls.filter((call) => !recordOf(current, call))
  if (missing.length > 0) return { kind: 'calls', thought: THOUGHTS[asked.kind], calls: missing }
  const values: unknown[] = []
  for (const call of calls) {
    const outcome = recordOf(current, call)?.outcome
    if (outcome?.status === 'failed') return answer(`I could not price it: ${outcome.message}`)
    values.push(outcome?.value)
  }
  if (asked.kind === 'stated') return answer(statedText(asked.expression, values[0]))
  const results = values.map(asTokenPrices).filter((result) => result !== undefined)
  return answer(
    results.length === 0 ? 'No price was computed.' : results.map(listText).join('\n\n'),
  )
}

const THOUGHTS = {
  stated: 'I will calculate it at the prices that were told.',
  listed: 'I will look up the list prices.',
} as const

function callsOf(asked: TokenPrice): PlannedCall[] {
  if (asked.kind === 'stated')
    return [{ toolName: 'calculate', input: { expression: asked.expression } }]
  const { input, cached, output } = asked.tokens
  const providers = [...new Set(asked.models.map(({ provider }) => provider))]
  return providers.map((provider) => ({
    toolName: 'price_tokens',
    input: {
      models: asked.models.filter((model) => model.provider === provider).map(({ name }) => name),
      ...(provider !== undefined && { provider }),
      ...(input !== undefined && { input_tokens: input }),
      ...(cached !== undefined && { cached_input_tokens: cached }),
      ...(output !== undefined && { output_tokens: output }),
    },
  }))
}

function statedText(expression: string, value: unknown): string {
  const result = asCalculation(value)
  return result
    ? `**${dollars(result.value)}**: ${code(expression)}, tokens by their prices, in the currency in which they were told.`
    : `The calculation of ${code(expression)} gave no number.`
}

/** To the cent; below a dollar as exact as it is. */
function dollars(value: number): string {
  const digits = Math.abs(value) < 1 ? Math.min(12, decimalsOf(value)) : 2
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: Math.max(2, digits) })}`
}

const decimalsOf = (value: number): number =>
  (Number(value.toPrecision(6)).toFixed(12).replace(/0+$/, '').split('.')[1] ?? '').length

function listText(result: TokenPriceResult): string {
  const { catalogue, unknown, models } = result
  const amounts = [
    [result.input_tokens, 'input'],
    [result.cached_input_tokens, 'cached input'],
    [result.output_tokens, 'output'],
  ] as const
  const counted = amounts.filter(([count]) => count > 0)
  const what = listed(counted.map(([count, side]) => `${formatNumber(count).text} ${side} tokens`))
  const source = `the list prices of ${code(catalogue.package)} ${catalogue.version}, ${catalogue.priced_at.slice(0, 10)}`
  const parts: string[] = []
  if (models.length > 0 && counted.length > 0) {
    const costs = models.map(
      (model) => `**${dollars(model.total_usd)}** on ${code(model.model)} (${model.provider})`,
    )
    parts.push(`${what} cost ${listed(costs)}, an estimate at ${source}.`)
  }
  if (models.length > 0)
    parts.push(
      `${models.map(priceText).join(' ')}${counted.length > 0 ? '' : ` These are ${source}.`}`,
    )
  for (const { model, nearest } of unknown) {
    const near = nearest.length > 0 ? ` The nearest names: ${nearest.map(code).join(', ')}.` : ''
    parts.push(
      `The price catalogue does not know “${escapeMarkdown(model)}”, so I did not price it.${near}`,
    )
  }
  return parts.join('\n\n')
}

function priceText(priced: PricedTokens): string {
  const { usd_per_million_tokens: prices, usd_per_request: request } = priced
  const cached =
    prices.cached_input === null ? '' : `, ${dollars(prices.cached_input)} for cached input`
  const each = request > 0 ? ` and ${dollars(request)} for each request` : ''
  const higher =
    priced.higher_above_input_tokens === null
      ? ''
      : ` Single requests with more than ${formatNumber(priced.higher_above_input_tokens).text} input tokens cost more.`
  return `A million tokens on ${code(priced.model)} cost ${dollars(prices.input)} for input${cached} and ${dollars(prices.output)} for output${each}.${higher}`
}
