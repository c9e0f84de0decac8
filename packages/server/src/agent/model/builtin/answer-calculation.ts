import type { Conversation } from './conversation.ts'
import { formatNumber } from './phrase/format.ts'
import type { PlannedCall } from './plan/planned-call.ts'
import { code } from './question/labels.ts'
import type { Reply } from './reply.ts'
import { asCalculation, recordOf } from './results.ts'

export function answerCalculation(
  expression: string,
  { current }: Conversation,
  tools: ReadonlySet<string>,
): Reply {
  if (!tools.has('calculate')) {
    return {
      kind: 'answer',
      text: 'Arithmetic needs the tool `calculate`, which is not at hand: this agent lacks it, or tools are off for now.',
    }
  }
  const call: PlannedCall = { toolName: 'calculate', input: { expression } }
  const record = recordOf(current, call)
  if (!record)
    return { kind: 'calls', thought: `I will calculate ${code(expression)}.`, calls: [call] }
  if (record.outcome.status === 'failed') {
    return {
      kind: 'answer',
      text: `I could not calculate ${code(expression)}: ${record.outcome.message}`,
    }
  }
  const result = asCalculation(record.outcome.value)
  if (!result)
    return { kind: 'answer', text: `The calculation of ${code(expression)} gave no number.` }
  // What a person asked to have rounded is shown as it is.
  const { text, rounded } = expression.startsWith('round(')
    ? { text: result.value.toLocaleString('en-US', { maximumFractionDigits: 15 }), rounded: false }
    : formatNumber(result.value)
  const note = rounded ? ` (rounded from ${result.value})` : ''
  return { kind: 'answer', text: `${code(expression)} = **${text}**${note}` }
}
