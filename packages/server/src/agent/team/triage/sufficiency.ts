import { NO_COMMON_CLOCK } from '../../workload/clock.ts'
import { columnOf, NAME_COLUMNS } from '../../workload/dimensions.ts'
import type { Reading, Topic, Triage } from './triage.ts'

/** What of the data a judgement rests on. */
export interface Held {
  rows: number
  columns: ReadonlySet<string>
  /** The catalogue, or the person, names what the requests are priced on. */
  hasBaseModel: boolean
  /** The files have no clock in common, so there is no time of all. */
  clocksDiffer?: boolean
}

interface Need {
  /** In words, for the person. */
  what: string
  /** Columns of which one must be there. */
  anyOf: readonly string[]
  /** Without it the topic cannot be answered at all; else only in part. */
  isVital: boolean
}

const TOKENS: Need = {
  what: 'how many tokens each request had',
  anyOf: ['input_tokens', 'output_tokens'],
  isVital: true,
}
const TIME: Need = { what: 'when each request was made', anyOf: ['at'], isVital: true }

const money = ({ columns, hasBaseModel }: Held): Need[] => {
  if (columns.has('cost_usd') && columns.has('input_tokens') && columns.has('output_tokens'))
    return []
  if (columns.has('cost_usd') && !columns.has('input_tokens') && !columns.has('output_tokens'))
    return [{ what: 'how many tokens each request had', anyOf: ['input_tokens'], isVital: false }]
  const sides: Need[] = [
    { what: 'input tokens', anyOf: ['input_tokens'], isVital: false },
    { what: 'output tokens', anyOf: ['output_tokens'], isVital: false },
  ]
  const priced: Need = {
    what: 'which model each request used, or a model to price them on',
    anyOf: ['model', 'cost_usd'],
    isVital: false,
  }
  return [
    { ...TOKENS, anyOf: [...TOKENS.anyOf, 'cost_usd'] },
    ...sides,
    ...(hasBaseModel ? [] : [priced]),
  ]
}

const NEEDS: Record<Topic, (held: Held) => Need[]> = {
  change: (held) => [TIME, ...money(held)],
  cost: money,
  saving: money,
  model_choice: money,
  report: money,
  caching: () => [
    {
      what: 'which prompts, or beginnings of prompts, are the same',
      anyOf: ['prompt_blocks', 'prompt_hash', 'cached_input_tokens'],
      isVital: true,
    },
    { what: 'input tokens', anyOf: ['input_tokens'], isVital: true },
  ],
  batch: money,
  growth: (held) => [...money(held), { ...TIME, isVital: false }],
  rate_limits: () => [TIME, TOKENS],
  anomaly: () => [TIME],
  performance: () => [
    {
      what: 'how long each request took',
      anyOf: ['latency_ms', 'first_token_ms', 'status', 'error'],
      isVital: true,
    },
  ],
  usage: ({ columns }) =>
    USAGE.some((column) => columns.has(column))
      ? []
      : [{ what: 'when or by whom requests were made', anyOf: USAGE, isVital: false }],
  correlation: () => [TOKENS],
  other: () => [],
}

/** A provider is often the same in every row, because the file's format says it: it splits nothing. */
const USAGE = ['at', ...NAME_COLUMNS.filter((name) => name !== 'provider')]

/**
 * Whether the data can answer what was asked. Insufficient: nothing of it; partial: some of it, or all
 * of it in part only.
 */
export function judge(
  reading: Pick<Reading, 'topics' | 'dimensions'> & Partial<Pick<Reading, 'period'>>,
  held: Held,
): Pick<Triage, 'sufficiency' | 'reasons' | 'missing'> {
  if (held.rows === 0) {
    const needs = reading.topics.flatMap((topic) => NEEDS[topic](held))
    const missing = unique(
      needs.flatMap(({ anyOf, what }) =>
        anyOf.slice(0, 1).map((column) => ({ column, for: what })),
      ),
    )
    return { sufficiency: 'insufficient', reasons: ['There are no requests to look at.'], missing }
  }
  const reasons: string[] = []
  const missing: Triage['missing'] = []
  const states = reading.topics.map((topic) => {
    const lacking = NEEDS[topic](held).filter(
      ({ anyOf }) => !anyOf.some((column) => held.columns.has(column)),
    )
    for (const { what, anyOf } of lacking) {
      if (held.clocksDiffer && anyOf.includes('at')) {
        reasons.push(NO_COMMON_CLOCK)
        continue
      }
      reasons.push(`The data do not say ${what}: there is no column for ${anyOf.join(' or ')}.`)
      for (const column of anyOf) missing.push({ column, for: what })
    }
    if (lacking.length === 0) return 'sufficient'
    return lacking.some(({ isVital }) => isVital) ? 'insufficient' : 'partial'
  })
  for (const dimension of reading.dimensions) {
    const column = columnOf(dimension)
    if (held.columns.has(column)) continue
    if (held.clocksDiffer && column === 'at') {
      reasons.push(NO_COMMON_CLOCK)
      states.push('partial')
      continue
    }
    reasons.push(`The data cannot be split by ${dimension}: there is no column for ${column}.`)
    missing.push({ column, for: `a split by ${dimension}` })
    states.push('partial')
  }
  if (held.clocksDiffer && reading.period) {
    reasons.push(NO_COMMON_CLOCK)
    states.push('partial')
  }
  return {
    sufficiency: verdictOf(states),
    reasons: [...new Set(reasons)],
    missing: unique(missing),
  }
}

/** Whatever can be answered is: only where nothing can is the rest asked for alone. */
function verdictOf(states: readonly Triage['sufficiency'][]): Triage['sufficiency'] {
  if (states.every((state) => state === 'insufficient')) return 'insufficient'
  return states.every((state) => state === 'sufficient') ? 'sufficient' : 'partial'
}

const unique = (missing: Triage['missing']): Triage['missing'] =>
  missing.filter(({ column }, at) => missing.findIndex((other) => other.column === column) === at)
