import type { Where } from '../../tools/workload/schemas.ts'
import type { TriageResult } from '../triage/triage-question.ts'

/** What every tool of one question is asked about: the same files, period and prices. */
export interface Scope {
  file_ids: string[]
  where?: Where
  pricing?: { basis: 'model'; model: string; provider?: string }
}

const DAY_MS = 24 * 60 * 60_000

/** @param end the last request of the files, for periods that count back from it. */
export function scopeOf(triage: TriageResult, end: string | null): Scope {
  const where = { ...periodOf(triage, end), ...triage.data.named }
  return {
    file_ids: triage.file_ids,
    ...(Object.keys(where).length > 0 && { where }),
    ...(triage.base_model !== null && { pricing: pricingOf(triage.base_model) }),
  }
}

function pricingOf(name: string): NonNullable<Scope['pricing']> {
  const { model, provider } = namedModel(name)
  return { basis: 'model', model, ...(provider !== undefined && { provider }) }
}

/** The catalogue looks at one provider unless it is told another. */
export function namedModel(name: string): { model: string; provider?: string } {
  const slash = name.indexOf('/')
  if (slash > 0) return { model: name.slice(slash + 1), provider: name.slice(0, slash) }
  const provider = MAKERS.find(([pattern]) => pattern.test(name))?.[1]
  return { model: name, ...(provider !== undefined && { provider }) }
}

const MAKERS: [RegExp, string][] = [
  [/^(?:gpt|chatgpt|o\d)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'google'],
  [/^(?:mistral|ministral|magistral|codestral|devstral)/, 'mistral'],
  [/^deepseek/, 'deepseek'],
]

function periodOf({ period }: TriageResult, end: string | null): Where | undefined {
  if (!period) return undefined
  if (period.last_days !== null) {
    const last = Date.parse(end?.replace(' ', 'T').replace(/Z?$/, 'Z') ?? '')
    if (Number.isNaN(last)) return undefined
    return { from: new Date(last - period.last_days * DAY_MS).toISOString() }
  }
  return {
    ...(period.from !== null && { from: period.from }),
    ...(period.to !== null && { to: endOf(period.to) }),
  }
}

/** The last day counts, and the tools' `to` does not; a time is the end itself. */
export const endOf = (to: string): string =>
  to.includes('T') ? to : new Date(Date.parse(to) + DAY_MS).toISOString().slice(0, 10)
