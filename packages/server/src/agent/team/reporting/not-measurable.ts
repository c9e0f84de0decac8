import type { Answered } from '../../tools/workload/schemas.ts'
import { NO_COMMON_CLOCK } from '../../workload/clock.ts'
import type { Case } from '../case.ts'
import type { Called } from '../facts.ts'
import { asksOnlyForChange } from '../triage/triage.ts'

/** What these data cannot show, each once: what the tools said of it, and what went wrong. */
export function notMeasurable(on: Case): string[] {
  const { findings, options, failed, triage } = on
  const isOfChange = asksOnlyForChange(triage.result.topics)
  const asked: (Called<Answered> | undefined)[] = [
    ...findings.changes,
    isOfChange ? undefined : findings.profile,
    findings.drivers,
    findings.anomalies,
    findings.reuse,
    findings.growth,
    findings.correlations,
    options.substitution,
    options.shortRequests,
    options.batch,
    options.ranking,
  ]
  const told = asked.flatMap((called) => called?.result.not_measurable ?? [])
  const lines = new Map<string, string>()
  for (const { what, why, needs } of told)
    if (!lines.has(what) && !/quality of (?:the )?answers/i.test(what))
      lines.set(
        what,
        `${capital(what)}: not measurable from these data. ${sentence(why)} Needed: ${needs}`,
      )
  const columns = new Set(triage.result.data.columns)
  if (triage.result.data.rows > 0 && !isOfChange)
    for (const [column, what] of Object.entries(ALWAYS))
      if (
        !columns.has(column) &&
        ![...lines.keys()].some((key) => key.toLowerCase().includes(what))
      )
        lines.set(
          what,
          column === 'at' && triage.result.data.clocks_differ
            ? `${capital(what)}: ${NO_COMMON_CLOCK}`
            : `${capital(what)}: not measurable from these data. There is no column for ${column}.`,
        )
  return [
    ...failed.map(({ tool, why }) => `${tool} gave no result: ${why}`),
    ...lines.values(),
    ...(isOfChange ? [] : [QUALITY]),
  ].map(sentence)
}

const QUALITY =
  'Quality of answers: not measurable from these data. Usage data hold no judgement of answers; quality risks are classes with reasons, not measurements.'

const ALWAYS: Record<string, string> = {
  at: 'cost over time, anomalies and growth',
  input_tokens: 'cost of input',
  output_tokens: 'cost of output',
  latency_ms: 'latency',
  model: 'cost by model',
  user: 'cost by user',
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const sentence = (text: string): string =>
  /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
