import type { Effect } from '../tools/workload/lmdi.ts'
import { asksForOtherChange } from './triage/read-change.ts'
import { readEffect } from './triage/read-effect.ts'
import { asksOnlyForChange, type Topic } from './triage/triage.ts'

/** A question that one or two sentences answer, read by its words. */
export type ShortQuestion =
  | { kind: 'together' }
  | { kind: 'discount'; share: number }
  | { kind: 'budget'; usd: number; isMonthly: boolean }
  | { kind: 'total' }
  | { kind: 'best' }
  | { kind: 'change' }
  | { kind: 'performance' }
  | { kind: 'effect'; effect: Effect }

const SAVINGS_TOGETHER =
  /\b(?:together|combined|altogether|in total|all at once|add(?:ed)? up|sum(?:med)?)\b/i
const SEVERAL =
  /\b(?:changes|recommendations|measures|steps|all|both|two|three|four|five|everything|these|those|they)\b/i
const DISCOUNT =
  /(\d+(?:\.\d+)?)\s?(?:%|percent|per cent)\s+(?:[\w-]+\s+){0,3}?(?:discount|rebate|off (?:the )?(?:list|prices?))|(?:discount|rebate) of (?:about )?(\d+(?:\.\d+)?)\s?(?:%|percent|per cent)/i
/** Discounts that providers publish are looked up, not assumed. */
const PUBLISHED = /\b(?:batch\w*|cach\w+|off[- ]?peak)\b/i
const BUDGET_SHARE =
  /\b(?:share|part|portion|fraction|percent(?:age)?|how much|how many percent|how far)\b[^.?!]*\bbudget\b|\bbudget\b[^.?!]*\b(?:used|spent|left|gone|exhausted|remain\w*)\b/i
const AMOUNT = /(?:\$|\busd\s?)\s?(\d[\d,]*(?:\.\d+)?)\s?(k|m|thousand|million)?\b/i
const ONE_SENTENCE =
  /\b(?:in|with|as) (?:just |only )?(?:one|a single|1) (?:short )?(?:sentence|line|number|figure)\b|\b(?:just|only) (?:tell me |give me )?the (?:number|figure|total|sum)\b/i
const TOTAL =
  /\b(?:total|whole|overall|sum|altogether|all of it|costs?|spend(?:ing)?|bill|money)\b/i
const ONE_OF_SEVERAL = /\b(?:which|who|whose|when|why|per|by|each|most|least|highest)\b/i
const ADVICE = /\b(?:sav(?:e|es|ing|ings)|change|recommend\w*|cheaper|do first|reduc\w+)\b/i

const SCALES: Readonly<Record<string, number>> = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6 }

/** Undefined for every other question: a report answers it. */
export function readShortQuestion(
  question: string,
  topics: readonly Topic[],
): ShortQuestion | undefined {
  if (asksOnlyForChange(topics)) {
    const effect = readEffect(question)
    if (effect) return { kind: 'effect', effect }
    return ONE_SENTENCE.test(question) ? { kind: 'change' } : undefined
  }
  if (topics[0] === 'performance' && asksForOtherChange(question)) return { kind: 'performance' }
  return readOther(question)
}

const readOther = (question: string): ShortQuestion | undefined =>
  readTogether(question) ?? readDiscount(question) ?? readBudget(question) ?? readOne(question)

const OF_SAVINGS = /\bsav/i

const readTogether = (question: string): ShortQuestion | undefined =>
  OF_SAVINGS.test(question) && SAVINGS_TOGETHER.test(question) && SEVERAL.test(question)
    ? { kind: 'together' }
    : undefined

function readDiscount(question: string): ShortQuestion | undefined {
  const found = PUBLISHED.test(question) ? null : DISCOUNT.exec(question)
  const percent = Number(found?.[1] ?? found?.[2])
  return percent > 0 && percent < 100 ? { kind: 'discount', share: percent / 100 } : undefined
}

function readBudget(question: string): ShortQuestion | undefined {
  const [, digits = '', scale = ''] = AMOUNT.exec(question) ?? []
  const usd = Number(digits.replaceAll(',', '')) * (SCALES[scale.toLowerCase()] ?? 1)
  return usd > 0 && !OF_SAVINGS.test(question) && BUDGET_SHARE.test(question)
    ? { kind: 'budget', usd, isMonthly: /\bmonth(?:ly)?\b/i.test(question) }
    : undefined
}

/** `Total cost?`, `What is our total spend in April?`: the total, and nothing else. */
const ONLY_TOTAL =
  /^\W*(?:(?:what(?:'s|’s| is| was| were)|and|tell me|give me|show me) )?(?:(?:the|our|my) )?(?:total|overall) (?:(?:ai|llm|api|token) )?(?:costs?|spend(?:ing)?|bill)(?: (?:in|since|for|of|on|last|this|from|between|during|over)\b[^.?!]*)?\W*$/i

function readOne(question: string): ShortQuestion | undefined {
  if (ONLY_TOTAL.test(question) && !ONE_OF_SEVERAL.test(question)) return { kind: 'total' }
  if (!ONE_SENTENCE.test(question)) return undefined
  if (ADVICE.test(question)) return { kind: 'best' }
  return TOTAL.test(question) && !ONE_OF_SEVERAL.test(question) ? { kind: 'total' } : undefined
}
