import { renewsAt, type Per } from './periods.ts'

/** A limit as it is written down: its unit, its period where it has one, and words for it. */
interface LimitDescription {
  unit: 'tokens' | 'usd' | 'count' | 'seconds'
  per: Per | 'run' | 'moment'
  /** In a sentence, after "your": what it is called. */
  words: string
  /** It makes sense for everybody together too. */
  forEveryone: boolean
}

const limit = (entry: LimitDescription): LimitDescription => entry

/** Every budget there is. Days and months are UTC's. */
export const LIMITS = {
  tokens_per_day: limit({
    unit: 'tokens',
    per: 'day',
    words: 'tokens for today',
    forEveryone: true,
  }),
  tokens_per_month: limit({
    unit: 'tokens',
    per: 'month',
    words: 'tokens for this month',
    forEveryone: true,
  }),
  usd_per_day: limit({ unit: 'usd', per: 'day', words: 'money for today', forEveryone: true }),
  usd_per_month: limit({
    unit: 'usd',
    per: 'month',
    words: 'money for this month',
    forEveryone: true,
  }),
  concurrent_runs: limit({
    unit: 'count',
    per: 'moment',
    words: 'answers at once',
    forEveryone: true,
  }),
  steps_per_run: limit({
    unit: 'count',
    per: 'run',
    words: 'steps of one answer',
    forEveryone: false,
  }),
  model_calls_per_run: limit({
    unit: 'count',
    per: 'run',
    words: 'model calls of one answer',
    forEveryone: false,
  }),
  handoffs_per_run: limit({
    unit: 'count',
    per: 'run',
    words: 'hand-offs of one answer',
    forEveryone: false,
  }),
  seconds_per_run: limit({
    unit: 'seconds',
    per: 'run',
    words: 'time for one answer',
    forEveryone: false,
  }),
} as const

export type LimitName = keyof typeof LIMITS
export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[]

/** Of periods: what is spent of them is counted. */
export const SPENDABLE = [
  'tokens_per_day',
  'tokens_per_month',
  'usd_per_day',
  'usd_per_month',
] as const
export type Spendable = (typeof SPENDABLE)[number]

/** Absent: as the wider scope says. Null: none. */
export type Limits = { readonly [Name in LimitName]?: number | null }

/** A person's own, or everybody's together. */
export type Whose = 'yours' | 'everyone'

/** How far one budget is used. */
export interface BudgetState {
  budget: Spendable
  whose: Whose
  used: number
  limit: number
  /** Milliseconds since 1970. */
  renewsAt: number
}

export const perOf = (budget: Spendable): Per => (budget.endsWith('_day') ? 'day' : 'month')

export const stateOf = (
  budget: Spendable,
  whose: Whose,
  numbers: { used: number; limit: number },
  at: number,
): BudgetState => ({ budget, whose, ...numbers, renewsAt: renewsAt(perOf(budget), at) })

/** `1,234 tokens`, `$2.50`, `16`, `90 s`. */
export function amount(name: LimitName, value: number): string {
  const { unit } = LIMITS[name]
  if (unit === 'usd') return `$${value.toFixed(value > 0 && value < 0.1 ? 4 : 2)}`
  const number = value.toLocaleString('en')
  return unit === 'tokens' ? `${number} tokens` : unit === 'seconds' ? `${number} s` : number
}
