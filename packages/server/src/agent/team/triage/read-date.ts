/**
 * Days as questions write them. What a question leaves open is left open, in the forms of ISO 8601:
 * `--03-03` is the third of March of a year that is not said, `-W-1` a Monday. `resolveDates` takes
 * what is missing from the data.
 */

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')
const SHORT_MONTHS = 'jan feb mar apr jun jul aug sept? oct nov dec'.split(' ')
const WEEKDAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')

export const YEAR = String.raw`(?:19|20)\d{2}`
const DAY = String.raw`(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?`
const MONTH = `(?:${[...MONTHS, ...SHORT_MONTHS].join('|')})\\b\\.?`
const ISO = String.raw`${YEAR}-\d{2}-\d{2}`

const COUNTS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ')
/** A count of units, in digits or as a word. */
export const NUMBER = String.raw`(?:\d{1,4}|${COUNTS.join('|')}|fourteen|thirty|ninety)`
const LARGER: Readonly<Record<string, number>> = { fourteen: 14, thirty: 30, ninety: 90 }

export const numberWord = (text: string): number =>
  LARGER[text] ?? (COUNTS.includes(text) ? COUNTS.indexOf(text) + 1 : Number(text))

/** One day. */
export const DATE = String.raw`(?:${ISO}|${DAY}\s+(?:of\s+)?${MONTH}(?:,?\s+${YEAR})?|${MONTH}\s+${DAY}\b(?:,?\s+${YEAR})?|(?:${WEEKDAYS.join('|')}))`
/** A whole month, with its year or without. */
export const MONTH_OF = String.raw`(?:${MONTH}(?:\s+(?:of\s+)?${YEAR})?)`

/** The day that a text is; undefined where it is none, such as 31 April. */
export function readDate(text: string): string | undefined {
  const words = text.trim().toLowerCase()
  if (new RegExp(`^${ISO}$`).test(words)) return words
  const weekday = WEEKDAYS.indexOf(words)
  if (weekday >= 0) return `-W-${weekday + 1}`
  const place = monthIn(words)
  const day = /\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)/.exec(
    words.replace(yearIn(words) ?? '', ''),
  )?.[1]
  if (place === undefined || day === undefined) return undefined
  return Number(day) > daysIn(place, yearIn(words)) ? undefined : dated(yearIn(words), place, day)
}

/** Months that are also other words, in lower case or at the beginning of a sentence. */
const AMBIGUOUS = /^(?:may|march|mar|dec|sep)\b/i
const BEFORE_MONTH =
  /\b(?:in|during|for|of|since|until|and|with|to|than|versus|vs|vs\.|against|between|from|compare)\s$/i
const AFTER_MONTH = /^\s+(?:versus|vs|against|with|to|and|compared|(?:19|20)\d\d)\b/i
/** A user may be called April. */
const OF_SOMEBODY = /\b(?:users?|customers?|projects?|teams?|workspaces?|keys?|endpoints?)\s$/i

/** Whether what could be the name of a month is one there. */
export function isWordOfMonth(question: string, at: number, words: string): boolean {
  const before = question.slice(0, at)
  if (OF_SOMEBODY.test(before)) return false
  if (!AMBIGUOUS.test(words)) return true
  return BEFORE_MONTH.test(before) || AFTER_MONTH.test(question.slice(at + words.length))
}

/** First and last day of a month that a text names. */
export function readMonth(text: string): { from: string; to: string } | undefined {
  const words = text.toLowerCase()
  const place = monthIn(words)
  if (place === undefined) return undefined
  const year = yearIn(words)
  return {
    from: dated(year, place, '1'),
    to: dated(year, place, String(daysIn(place, year))),
  }
}

const monthIn = (words: string): number | undefined => {
  const name = new RegExp(`\\b${MONTH}`).exec(words)?.[0]
  const place = MONTHS.findIndex((month) => name && month.startsWith(name.slice(0, 3)))
  return place < 0 ? undefined : place + 1
}

const yearIn = (words: string): string | undefined => new RegExp(`\\b${YEAR}\\b`).exec(words)?.[0]

/** February of a year that is not known may have 29. */
export const daysIn = (month: number, year: string | undefined): number =>
  new Date(Date.UTC(Number(year ?? 2000), month, 0)).getUTCDate()

const dated = (year: string | undefined, month: number, day: string): string =>
  `${year ?? '-'}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`

/** ISO dates, or open ones; `to` is the last day that counts, or with a time the end. */
export interface Dates {
  from: string | null
  to: string | null
}
