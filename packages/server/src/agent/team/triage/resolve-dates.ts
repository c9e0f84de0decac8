import { daysIn, type Dates } from './read-date.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** First and last day with requests, `2026-03-01`, and when the last of them ended. */
export interface DataDays {
  from: string
  to: string
  end?: string
}

export const isOpen = (date: string | null): boolean => /^[-T]/.test(date ?? '')

/**
 * The same with what the data say of it: the latest year in which the days and the data meet, else the
 * latest of the data; of weekdays the last in the data; what counts back, from their end. Null where
 * a time of day is of none of several days.
 */
export function resolveDates(
  { from, to }: Dates,
  data: DataDays,
): (Dates & { year?: number }) | null {
  if (!isOpen(from) && !isOpen(to)) return { from, to }
  const [start, end] = [timed(from), timed(to)]
  if (start.time !== undefined || end.time !== undefined) {
    const days = resolveDates({ from: start.day, to: end.day }, data)
    const isOneDay = start.day !== '' || data.from === data.to
    if (!days || !isOneDay) return null
    const at = (day: string | null, time: string | undefined): string | null =>
      time === undefined ? day : `${day === '' ? data.to : (day ?? '')}${time}`
    return { ...days, from: at(days.from, start.time), to: at(days.to, end.time) }
  }
  const back = (text: string | null): string | null =>
    text && COUNTED.test(text) ? counted(text, data) : text
  const own = { from: back(from), to: back(to) }
  if (!isOpen(own.from) && !isOpen(own.to)) return own
  const latest = Number(data.to.slice(0, 4))
  const years = Array.from(
    { length: latest - Number(data.from.slice(0, 4)) + 2 },
    (_, ago) => latest - ago,
  )
  const tried = years.map((year) => ({ ...inYear(own, year), year }))
  const met = tried.find(
    (dates) =>
      (dates.from ?? dates.to ?? '') <= data.to && (dates.to === null || dates.to >= data.from),
  )
  return met ?? tried[0] ?? { from: null, to: null }
}

function timed(text: string | null): { day: string | null; time?: string } {
  const place = text?.search(/T\d/) ?? -1
  if (text === null || place < 0 || text.startsWith('-P')) return { day: text }
  return { day: text.slice(0, place), time: text.slice(place) }
}

const COUNTED = /^-(?:W-\d|P|U)/

/** `-W-1`, `-P14D`, `-PT6H`, `-P3M`, `-U1-month` and `-U1-month-end`. */
function counted(text: string, data: DataDays): string {
  if (text.startsWith('-W-')) return lastWeekday(Number(text.slice(3)), data.to)
  const end = Date.parse(data.end ?? data.to)
  const [, count = '', unit = ''] = /^-PT?(\d+)([DHM])$/.exec(text) ?? []
  if (unit === 'M') return isoOf(monthsBefore(end, Number(count)))
  if (unit !== '') return isoOf(end - Number(count) * (unit === 'D' ? DAY_MS : HOUR_MS))
  const [, ago = '0', name = 'day', isEnd] = /^-U(\d+)-(\w+?)(-end)?$/.exec(text) ?? []
  const start = unitStart(name, data.to, Number(ago) - (isEnd ? 1 : 0))
  return isoOf(isEnd ? start - DAY_MS : start).slice(0, 10)
}

const isoOf = (at: number): string => new Date(at).toISOString()

/** The beginning of the unit so many before the one that a day lies in. */
function unitStart(name: string, day: string, ago: number): number {
  const at = Date.parse(day)
  if (name === 'day') return at - ago * DAY_MS
  const date = new Date(at)
  if (name === 'week') return at - (((date.getUTCDay() + 6) % 7) + ago * 7) * DAY_MS
  const months = { quarter: 3, year: 12 }[name] ?? 1
  const first = Math.floor(date.getUTCMonth() / months) * months
  return Date.UTC(date.getUTCFullYear(), first - ago * months, 1)
}

/** The same time of the day so many months ago; of months without that day their last. */
export function monthsBefore(at: number, count: number): number {
  const date = new Date(at)
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - count, 1))
  const most = daysIn(first.getUTCMonth() + 1, String(first.getUTCFullYear()))
  return first.getTime() + (Math.min(date.getUTCDate(), most) - 1) * DAY_MS + (at % DAY_MS)
}

/** From December to January goes into the next year. */
function inYear({ from, to }: Dates, year: number): Dates {
  const start = from === null ? null : dateIn(from, year)
  const end = to === null ? null : dateIn(to, year)
  const isNext = start !== null && end !== null && end < start && to !== null
  return { from: start, to: isNext ? dateIn(to, year + 1) : end }
}

/** The 29th of February is the 28th where there is none; weeks are those of ISO 8601. */
function dateIn(date: string, year: number): string {
  const [, ofYear, week, weekday] = /^(-)W(\d{2})-(\d)$/.exec(date) ?? []
  if (ofYear !== undefined) return weekDay(year, Number(week), Number(weekday))
  if (!date.startsWith('--')) return date
  const [month = 1, day = 1] = date.slice(2).split('-').map(Number)
  const last = Math.min(day, daysIn(month, String(year)))
  return `${year}-${String(month).padStart(2, '0')}-${String(last).padStart(2, '0')}`
}

/** The 4th of January is always in week 1. */
export function weekDay(year: number, week: number, weekday: number): string {
  const fourth = Date.UTC(year, 0, 4)
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS
  return isoOf(monday + ((week - 1) * 7 + weekday - 1) * DAY_MS).slice(0, 10)
}

function lastWeekday(weekday: number, last: string): string {
  const at = Date.parse(last)
  const back = ((((new Date(at).getUTCDay() + 6) % 7) + 1 - weekday + 7) % 7) * DAY_MS
  return isoOf(at - back).slice(0, 10)
}
