import { NO_LIMITS, NO_TARGETS, type Reading } from './triage.ts'

const NUMBER_WORDS: Record<string, number> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  fifty: 50,
  hundred: 100,
}

const WORD = Object.keys(NUMBER_WORDS).join('|')
/** Begins where a number begins and has an end: a long row of digits is looked at once. */
const NUMBER = String.raw`(?<![\d,.])(\d[\d,]{0,20}(?:\.\d{1,20})?|${WORD})`
const SCALE = String.raw`\s?(k|m|mn|b|bn|thousand|million|billion)?\b`

/** `10k`, `2 million`, `1,500`, `three`. */
function numberOf(digits: string | undefined, scale: string | undefined): number | null {
  if (digits === undefined) return null
  const value = NUMBER_WORDS[digits.toLowerCase()] ?? Number(digits.replaceAll(',', ''))
  const factor = /^(?:k|thousand)$/i.test(scale ?? '')
    ? 1e3
    : /^(?:m|mn|million)$/i.test(scale ?? '')
      ? 1e6
      : /^(?:b|bn|billion)$/i.test(scale ?? '')
        ? 1e9
        : 1
  return Number.isFinite(value) ? value * factor : null
}

const find = (question: string, source: string): RegExpExecArray | null =>
  new RegExp(source, 'i').exec(question)

export function readTargets(question: string): Reading['targets'] {
  return {
    ...NO_TARGETS,
    saving_share: savingShare(question),
    monthly_usd: monthlyUsd(question),
    ...growth(question),
    latency_ms: latency(question),
  }
}

function savingShare(question: string): number | null {
  const share = find(
    question,
    String.raw`(?:(?:cut|reduc\w+|sav\w+|lower\w*|cheaper|less|decreas\w+|trim\w*|drop\w*|down)\b[^.?!%]{0,40}?${NUMBER}\s?(?:%|percent|per cent))|(?:${NUMBER}\s?(?:%|percent|per cent)\s+(?:cheaper|less|lower|saving|savings|off|reduction|of (?:the |our )?(?:cost|bill|spend)))`,
  )
  const percent = numberOf(share?.[1] ?? share?.[2], undefined)
  if (percent !== null && percent > 0 && percent <= 100) return percent / 100
  if (
    /\b(?:halve|half (?:the|our|of the) (?:cost|bill|spend\w*)|(?:costs?|bill|spend\w*) (?:in|by) half)\b/i.test(
      question,
    )
  )
    return 0.5
  return null
}

function monthlyUsd(question: string): number | null {
  const money = find(
    question,
    String.raw`(?:under|below|within|less than|at most|no more than|budget (?:of|is)?|stay (?:under|below|within))\s+(?:\$|usd\s?)\s?${NUMBER}${SCALE}\s*(?:(?:a|per|each|every|\/)\s?(month|year|week|day))?`,
  )
  const usd = numberOf(money?.[1], money?.[2])
  if (usd === null) return null
  const months = { month: 1, year: 12, week: 7 / 30, day: 1 / 30 }[
    money?.[3]?.toLowerCase() ?? 'month'
  ]
  return usd / (months ?? 1)
}

function growth(question: string): Pick<Reading['targets'], 'growth_factor' | 'growth_months'> {
  return { growth_factor: growthFactor(question), growth_months: growthMonths(question) }
}

function growthFactor(question: string): number | null {
  const times = find(question, String.raw`\b${NUMBER}\s?(?:x|×|times|-?fold)(?![\w-])`)
  const factor = numberOf(times?.[1], undefined)
  if (
    factor !== null &&
    factor > 0 &&
    !/cheaper|less/i.test(
      question.slice((times?.index ?? 0) + (times?.[0].length ?? 0), (times?.index ?? 0) + 30),
    )
  )
    return factor
  const percent = find(
    question,
    String.raw`(?:grow\w*|increas\w+|more|ris\w+|up)\b[^.?!%]{0,30}?${NUMBER}\s?(?:%|percent)|${NUMBER}\s?(?:%|percent)\s+(?:more|growth|increase|higher)`,
  )
  const share = numberOf(percent?.[1] ?? percent?.[2], undefined)
  if (share !== null) return 1 + share / 100
  if (/\b(?:double[sd]?|doubling|twice)\b/i.test(question)) return 2
  if (/\b(?:triple[sd]?|tripling)\b/i.test(question)) return 3
  if (/\b(?:quadruple[sd]?|quadrupling)\b/i.test(question)) return 4
  return null
}

function growthMonths(question: string): number | null {
  if (/\bnext month\b/i.test(question)) return 1
  if (/\bnext quarter\b/i.test(question)) return 3
  if (/\bnext year\b/i.test(question)) return 12
  const within = find(
    question,
    String.raw`\b(?:in|over|within|for)\s+(?:the next\s+)?${NUMBER}\s+(month|quarter|year|week)s?\b`,
  )
  const count = numberOf(within?.[1], undefined)
  if (count === null) return null
  return (
    count *
    ({ month: 1, quarter: 3, year: 12, week: 7 / 30 }[within?.[2]?.toLowerCase() ?? ''] ?? 1)
  )
}

function latency(question: string): number | null {
  const limit = find(
    question,
    String.raw`(?:under|below|within|less than|at most|faster than)\s+${NUMBER}\s?(ms|milliseconds?|s|sec|seconds?)\b`,
  )
  const value = numberOf(limit?.[1], undefined)
  if (value === null) return null
  return /^m/i.test(limit?.[2] ?? '') ? value : value * 1000
}

/** `tier 3`, `the Scale tier`. */
function tierOf(question: string): string | null {
  const found = /\btier[- ]?([1-5])\b|\b(start|build|scale) tier\b/i.exec(question)
  return (found?.[1] ?? found?.[2])?.toLowerCase() ?? null
}

export function readLimits(question: string): Reading['limits'] {
  const minute = String.raw`\s*(?:per|a|\/|each)\s?min(?:ute)?\b`
  const requests = find(
    question,
    String.raw`${NUMBER}${SCALE}\s*(?:rpm\b|(?:requests?|calls?)${minute})`,
  )
  const tokens = find(question, String.raw`${NUMBER}${SCALE}\s*(?:tpm\b|tokens?${minute})`)
  return {
    ...NO_LIMITS,
    requests_per_minute: numberOf(requests?.[1], requests?.[2]),
    tokens_per_minute: numberOf(tokens?.[1], tokens?.[2]),
    tier: tierOf(question),
  }
}
