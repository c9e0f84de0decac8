/**
 * Days as questions write them. What a question leaves open is left open, in the forms of ISO 8601:
 * `--03-03` is the third of March of a year that is not said, `-W-1` a Monday. `resolveDates` takes
 * what is missing from the data.
 */

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')
const SHORT_MONTHS = 'jan feb mar apr jun jul aug sept? oct nov dec'.split(' ')
const WEEKDAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')

const YEAR = String.raw`(?:19|20)\d{2}`
const DAY = String.raw`(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?`
const MONTH = `(?:${[...MONTHS, ...SHORT_MONTHS].join('|')})\\b\\.?`
const ISO = String.raw`${YEAR}-\d{2}-\d{2}`

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
const daysIn = (month: number, year: string | undefined): number =>
  new Date(Date.UTC(Number(year ?? 2000), month, 0)).getUTCDate()

const dated = (year: string | undefined, month: number, day: string): string =>
  `${year ?? '-'}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`

/** ISO dates, or open ones; `to` is the last day that counts. */
export interface Dates {
  from: string | null
  to: string | null
}

const DAY_MS = 86_400_000

/**
 * The same with what the data say of it: the latest year in which the days and the data meet, and of
 * weekdays the last in the data.
 *
 * @param data first and last day with requests, `2026-03-01`
 */
export function resolveDates(
  { from, to }: Dates,
  data: Dates & { from: string; to: string },
): Dates & { year?: number } {
  if (!isOpen(from) && !isOpen(to)) return { from, to }
  if (from?.startsWith('-W-') || to?.startsWith('-W-')) {
    const weekday = (text: string | null) =>
      text?.startsWith('-W-') ? lastWeekday(Number(text.slice(3)), data.to) : text
    return { from: weekday(from), to: weekday(to) }
  }
  const latest = Number(data.to.slice(0, 4))
  const years = Array.from(
    { length: latest - Number(data.from.slice(0, 4)) + 2 },
    (_, back) => latest - back,
  )
  const tried = years
    .map((year) => ({ ...inYear({ from, to }, year), year }))
    .filter((dates) => (dates.from ?? dates.to ?? '') <= data.to)
  const met = tried.find((dates) => dates.to === null || dates.to >= data.from)
  return met ?? tried[0] ?? { from: null, to: null }
}

export const isOpen = (date: string | null): boolean => date?.startsWith('-') ?? false

/** From December to January goes into the next year. */
function inYear({ from, to }: Dates, year: number): Dates {
  const start = from === null ? null : dateIn(from, year)
  const end = to === null ? null : dateIn(to, year)
  const isNext = start !== null && end !== null && end < start && to !== null
  return { from: start, to: isNext ? dateIn(to, year + 1) : end }
}

/** The 29th of February is the 28th where there is none. */
function dateIn(date: string, year: number): string {
  if (!date.startsWith('--')) return date
  const [month = 1, day = 1] = date.slice(2).split('-').map(Number)
  return dated(String(year), month, String(Math.min(day, daysIn(month, String(year)))))
}

function lastWeekday(weekday: number, last: string): string {
  const at = Date.parse(last)
  const back = ((((new Date(at).getUTCDay() + 6) % 7) + 1 - weekday + 7) % 7) * DAY_MS
  return new Date(at - back).toISOString().slice(0, 10)
}
