import { DATE, MONTH_OF, NUMBER, numberWord, readDate, readMonth } from './read-date.ts'
import { readSpan, SPAN, spelledOut } from './read-span.ts'
import type { Reading } from './triage.ts'

type Period = NonNullable<Reading['period']>

/** The period a question is about; null for all of the data. A year that is not said is left open. */
export function readPeriod(asked: string): Period | null {
  const question = spelledOut(asked)
  return (
    spanned(question) ??
    between(question) ??
    oneSided(question) ??
    calendar(question) ??
    unit(question) ??
    lastDays(question)
  )
}

/** `in week 15`, `since Q1`, `between 18:20 and 18:40`; two of them from the first to the last. */
function spanned(question: string): Period | null {
  const [first, second] = [...question.matchAll(new RegExp(`\\b(?:${SPAN})\\b`, 'gi'))].flatMap(
    ({ 0: words, index }) => {
      const dates = readSpan(words, question)
      return dates && !dates.from?.startsWith('-P') ? [{ words, index, dates }] : []
    },
  )
  if (!first) return null
  const isSince = /\b(?:since|after|from|starting)\s+(?:the\s+)?$/i.test(
    question.slice(0, first.index),
  )
  const end = (second ?? first).dates.to
  const words = second
    ? question.slice(first.index, second.index + second.words.length)
    : first.words
  return period(words, { from: first.dates.from, to: isSince && !second ? null : end })
}

const period = (words: string, at: Partial<Period>): Period => ({
  from: null,
  to: null,
  last_days: null,
  words,
  ...at,
})

const find = (question: string, source: string): RegExpExecArray | null =>
  new RegExp(source, 'i').exec(question)

function between(question: string): Period | null {
  const found = find(
    question,
    String.raw`\b(?:between|from)\s+(?:the\s+)?(${DATE})\s+(?:and|to|until|till|through)\s+(?:the\s+)?(${DATE})`,
  )
  const [from, to] = [readDate(found?.[1] ?? ''), readDate(found?.[2] ?? '')]
  if (found && from && to) return period(found[0], { from, to })
  const months = find(
    question,
    String.raw`\b(?:between|from)\s+(${MONTH_OF})\s+(?:and|to|until|till|through)\s+(${MONTH_OF})`,
  )
  const [first, last] = [readMonth(months?.[1] ?? ''), readMonth(months?.[2] ?? '')]
  return months && first && last ? period(months[0], { from: first.from, to: last.to }) : null
}

function oneSided(question: string): Period | null {
  const since = find(
    question,
    String.raw`\b(?:since|after|from|starting)\s+(?:the\s+|last\s+)?(${DATE})`,
  )
  const from = readDate(since?.[1] ?? '')
  if (since && from) return period(since[0], { from })
  const until = find(question, String.raw`\b(?:until|before|till|up to)\s+(?:the\s+)?(${DATE})`)
  const to = readDate(until?.[1] ?? '')
  if (until && to) return period(until[0], { to })
  const on = find(question, String.raw`\b(?:on|for|of)\s+(?:the\s+)?(${DATE})`)
  const day = readDate(on?.[1] ?? '')
  return on && day ? period(on[0], { from: day, to: day }) : null
}

/** `in March 2024`, `in May`, `since May`, `in 2024`. */
function calendar(question: string): Period | null {
  const found = find(question, String.raw`\b(in|during|for|of|since)\s+(${MONTH_OF})`)
  const month = readMonth(found?.[2] ?? '')
  if (found && month)
    return period(found[0].trim(), /since/i.test(found[1] ?? '') ? { from: month.from } : month)
  const year = /\b(?:in|during|for)\s+((?:19|20)\d{2})\b/i.exec(question)
  return year
    ? period(year[0], { from: `${year[1] ?? ''}-01-01`, to: `${year[1] ?? ''}-12-31` })
    : null
}

/** `this month`, `yesterday`: of the calendar, as far as the data go. */
function unit(question: string): Period | null {
  const found = /\b(?:(?:this|the current)\s+(day|week|month|quarter|year)|yesterday)\b/i.exec(
    question,
  )
  if (!found) return null
  const [name, ago] = found[1] ? [found[1].toLowerCase(), 0] : ['day', 1]
  return period(found[0], { from: `-U${ago}-${name}`, to: `-U${ago}-${name}-end` })
}

const DAYS: Record<string, number> = {
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 30,
  quarter: 91,
  year: 365,
}
const LAST_DAYS = new RegExp(
  String.raw`\b(?:last|past|previous|recent|latest)\s+(?:(${NUMBER})\s+)?(hour|day|week|month|quarter|year)s?\b`,
  'i',
)

/** `last week`, `the past 14 days`: counted back from the end of the data. */
function lastDays(question: string): Period | null {
  const found = LAST_DAYS.exec(question)
  if (!found) return null
  const count = numberWord((found[1] ?? '1').toLowerCase())
  return period(found[0], { last_days: count * (DAYS[(found[2] ?? '').toLowerCase()] ?? 1) })
}
