import type { Reading } from './triage.ts'

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')

const DATE = String.raw`((?:19|20)\d{2}-\d{2}-\d{2})`

type Period = NonNullable<Reading['period']>

/** The period a question is about; null for all of the data. Years are told, or there is no period. */
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

function between(question: string): Period | null {
  const found = new RegExp(
    String.raw`(?:between|from)\s+${DATE}\s+(?:and|to|until|till|through)\s+${DATE}`,
    'i',
  ).exec(question)
  return found ? period(found[0], { from: found[1] ?? null, to: found[2] ?? null }) : null
}

function oneSided(question: string): Period | null {
  const since = new RegExp(String.raw`(?:since|after|from|starting)\s+${DATE}`, 'i').exec(question)
  if (since) return period(since[0], { from: since[1] ?? null })
  const until = new RegExp(String.raw`(?:until|before|till|up to)\s+${DATE}`, 'i').exec(question)
  if (until) return period(until[0], { to: until[1] ?? null })
  const on = new RegExp(String.raw`(?:on|for|of)\s+${DATE}`, 'i').exec(question)
  return on ? period(on[0], { from: on[1] ?? null, to: on[1] ?? null }) : null
}

/** `in March 2024`, `in 2024`. */
function calendar(question: string): Period | null {
  const month = new RegExp(
    String.raw`\b(?:in|during|for|of)\s+(${MONTHS.join('|')})\s+((?:19|20)\d{2})\b`,
    'i',
  ).exec(question)
  if (month) {
    const place = MONTHS.indexOf((month[1] ?? '').toLowerCase()) + 1
    const last = new Date(Date.UTC(Number(month[2]), place, 0)).getUTCDate()
    const start = `${month[2] ?? ''}-${String(place).padStart(2, '0')}`
    return period(month[0], { from: `${start}-01`, to: `${start}-${last}` })
  }
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
