import type { Work } from '../program/work.ts'
import { answerOf } from './answer.ts'
import type { Case } from './case.ts'
import { makeReport } from './reporting/make-report.ts'
import { cost, summary } from './reporting/summary.ts'
import { readMetrics } from './triage/read-topics.ts'

const CAN =
  'I can answer what it costs (also in one sentence, on another model, with a discount, or as a share of a budget), what to change and what each change saves, caching, batch prices, growth and limits, anomalies, latency, and usage by model, user, project or time.'

/**
 * For another question than the one before that comes to the same: what is new alone, or that nothing
 * is. Undefined when the whole answer is called for: it differs, or the question itself was repeated.
 */
export function sinceBefore({ turn }: Work, on: Case): string | undefined {
  const { question, adopt } = on.triage.result
  const before = turn.history.findLast(({ role }) => role === 'assistant')
  const asked = turn.history.findLast(({ role }) => role === 'user')
  if (adopt || !before || !asked || plain(asked.text) === plain(question)) return undefined
  const parts = answerOf({ report: makeReport(on, undefined), stored: undefined }, on)
    .split(/\n\n(?=## )/)
    .slice(1)
  if (parts.length === 0 || parts.some((part) => !before.text.includes(part))) return undefined
  const known = unmarked(before.text)
  const fresh = summary(on).filter(({ text }) => !known.includes(unmarked(text)))
  const asksCost = readMetrics(question).includes('cost')
  if (fresh.length === 0 && asksCost) fresh.push(...cost(on).slice(0, 1))
  if (fresh.length === 0)
    return `I did not understand what this asks beyond the question before: everything I find for it stands in the answer above. ${CAN}`
  return `${fresh.map(({ text }) => text).join(' ')} Everything else is as in the answer above.`
}

/** That the model was named before is no news. */
const unmarked = (text: string): string => text.replaceAll(', as asked before,', '')

const plain = (text: string): string => text.toLowerCase().replaceAll(/\W+/g, ' ').trim()
