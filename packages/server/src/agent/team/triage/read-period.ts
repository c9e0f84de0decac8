import { DATE, MONTH_OF, readDate, readMonth } from './read-date.ts'
import type { Reading } from './triage.ts'

type Period = NonNullable<Reading['period']>

/** The period a question is about; null for all of the data. A year that is not said is left open. */
export function readPeriod(question: string): Period | null {
  return between(question) ?? oneSided(question) ?? calendar(question) ?? lastDays(question)
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
  return found && from && to ? period(found[0], { from, to }) : null
}

function oneSided(question: string): Period | null {
  const since = find(question, String.raw`\b(?:since|after|from|starting)\s+(?:the\s+)?(${DATE})`)
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

const DAYS: Record<string, number> = { day: 1, week: 7, month: 30, quarter: 91, year: 365 }

/** `last week`, `the past 14 days`: counted back from the end of the data. */
function lastDays(question: string): Period | null {
  const found =
    /\b(?:last|past|previous|recent)\s+(\d+\s+)?(day|week|month|quarter|year)s?\b/i.exec(question)
  if (!found) return null
  const count = Number(found[1] ?? 1)
  return period(found[0], { last_days: count * (DAYS[(found[2] ?? '').toLowerCase()] ?? 1) })
}
