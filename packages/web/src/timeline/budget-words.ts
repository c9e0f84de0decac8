import type { BudgetLimits, BudgetState } from '@netra/client'

import { formatCompact, formatNumber, formatUsd } from './format.ts'

interface LimitWords {
  name: string
  /** In a sentence, where it is of a period. */
  inSentence?: string
  unit: 'tokens' | 'usd' | 'count' | 'seconds'
  /** Holds for everybody together too. */
  forEveryone: boolean
}

/** Every limit as people read it, in the order in which they do. */
export const LIMIT_WORDS = {
  tokens_per_day: {
    name: 'Tokens a day',
    inSentence: 'tokens for today',
    unit: 'tokens',
    forEveryone: true,
  },
  tokens_per_month: {
    name: 'Tokens a month',
    inSentence: 'tokens for this month',
    unit: 'tokens',
    forEveryone: true,
  },
  usd_per_day: {
    name: 'US dollars a day',
    inSentence: 'money for today',
    unit: 'usd',
    forEveryone: true,
  },
  usd_per_month: {
    name: 'US dollars a month',
    inSentence: 'money for this month',
    unit: 'usd',
    forEveryone: true,
  },
  concurrent_runs: { name: 'Answers at once', unit: 'count', forEveryone: true },
  steps_per_run: { name: 'Steps of one answer', unit: 'count', forEveryone: false },
  model_calls_per_run: { name: 'Model calls of one answer', unit: 'count', forEveryone: false },
  handoffs_per_run: { name: 'Hand-offs of one answer', unit: 'count', forEveryone: false },
  seconds_per_run: { name: 'Seconds for one answer', unit: 'seconds', forEveryone: false },
} as const satisfies Record<string, LimitWords>

export type LimitName = keyof typeof LIMIT_WORDS

const wordsOf = (name: string): LimitWords | undefined =>
  (LIMIT_WORDS as Record<string, LimitWords>)[name]

export const limitName = (name: string): string => wordsOf(name)?.name ?? name

/** `1.2M tokens`, `$3.50`, `16`, `90 s`. */
export function limitAmount(name: string, value: number): string {
  const unit = wordsOf(name)?.unit
  if (unit === 'usd') return formatUsd(value)
  if (unit === 'tokens') return `${formatCompact(value)} tokens`
  return unit === 'seconds' ? `${formatNumber(value)} s` : formatNumber(value)
}

/** `Tokens a day: 1M tokens; US dollars a month: no limit`. */
export const limitsInWords = (limits: BudgetLimits): string =>
  (Object.keys(LIMIT_WORDS) as LimitName[])
    .flatMap((name) => {
      const value = limits[name]
      if (value === undefined) return []
      return [`${limitName(name)}: ${value === null ? 'no limit' : limitAmount(name, value)}`]
    })
    .join('; ')

const NO_MODEL =
  'no language model answers. The AI spend team and the built-in model go on: they need none.'
const NO_ANSWER = 'nothing is answered at all.'
const ZERO: Record<LimitName, string> = {
  tokens_per_day: NO_MODEL,
  tokens_per_month: NO_MODEL,
  usd_per_day: NO_MODEL,
  usd_per_month: NO_MODEL,
  concurrent_runs: NO_ANSWER,
  steps_per_run: 'every answer ends at its first step, without a language model too.',
  model_calls_per_run: 'no model is called, the built-in one neither.',
  handoffs_per_run: 'the AI spend team answers nothing: its agents hand their work on.',
  seconds_per_run: NO_ANSWER,
}

/** What a 0 does, which is a limit like any other: before somebody sets it without meaning to. */
export const zeroMeans = (name: LimitName): string => `0: ${ZERO[name]}`

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
})

/** In the reader's own time: a budget's day is UTC's, and theirs may be another. */
export function renewal(at: string, now: number): string {
  const moment = Date.parse(at)
  return moment - now < 24 * 3_600_000
    ? `at ${time.format(moment)}`
    : `on ${dayAndTime.format(moment)}`
}

/** One line about a budget that is nearly used, or used. */
export function lowBudget(state: BudgetState, now: number): string {
  const whose = state.whose === 'yours' ? 'your' : 'everybody’s'
  const name = wordsOf(state.budget)?.inSentence ?? state.budget
  const more = `There is more ${renewal(state.renews_at, now)}.`
  if (state.left <= 0)
    return `Used up: ${whose} ${name}. ${more} What needs no language model goes on.`
  return `${limitAmount(state.budget, state.left)} left of ${whose} ${name}. ${more}`
}

/** From so many percent on a budget is shown where one writes. */
export const LOW_PERCENT = 80
