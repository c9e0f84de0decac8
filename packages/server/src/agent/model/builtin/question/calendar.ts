import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import { explained } from './unclear.ts'

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')

const NAME = String.raw`(?<month>${MONTHS.join('|')}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?`
const DAY = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?(?![\p{L}\p{N}:.]\p{N}|[\p{L}\p{N}:])`
const YEAR = String.raw`(?:,?\s+(?<year>(?:19|20)\d{2})(?![\p{L}\p{N}.:-]))`
const END = String.raw`(?![\p{L}\p{N}_])`

/** `2024-03`, `4 March 2024`, `March 4th`, `in March`: what the first of them finds holds. */
export const CALENDAR_PATTERNS = [
  String.raw`(?<year>(?:19|20)\d{2})-(?<number>0[1-9]|1[0-2])(?![-\p{L}\p{N}.:])`,
  String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+${NAME}${END}${YEAR}?`,
  String.raw`${NAME}\s+(?:the\s+)?${DAY}${YEAR}?`,
  String.raw`${NAME}${YEAR}`,
  String.raw`${NAME}${END}`,
].map((source) => new RegExp(source, 'iuy'))

/** Where a month without a day or a year can only be a month. */
const SURE_BEFORE = /\b(?:in|during|since|until|till|before|after|through)\s+(?:the month of\s+)?$/i
/** Full names that are also names of people, or words, need such a place; others stand after these too. */
const LIKELY_BEFORE = /\b(?:for|of|from|to|and|between|vs|versus)\s+$/i
const ALSO_OTHERWISE = new Set(['march', 'april', 'may', 'june', 'august'])

/** A date when the year is told, otherwise a period whose year the data must tell. */
export function periodOf(
  match: RegExpExecArray,
): { kind: 'date' | 'period'; value: string } | undefined {
  const { year, day, month, number } = match.groups ?? {}
  const name = month?.toLowerCase() ?? ''
  const bare = number === undefined && year === undefined && day === undefined
  if (bare && !standsAsMonth(name, match.input.slice(0, match.index))) return undefined
  const place = number ?? two(MONTHS.findIndex((full) => full.startsWith(name.slice(0, 3))) + 1)
  const start = `${year ?? '?'}-${place}`
  if (day === undefined) return { kind: 'period', value: start }
  const date = `${year ?? '2024'}-${place}-${two(Number(day))}`
  if (!isDate(date)) return undefined
  return year === undefined
    ? { kind: 'period', value: `?${date.slice(4)}` }
    : { kind: 'date', value: date }
}

function standsAsMonth(name: string, before: string): boolean {
  if (SURE_BEFORE.test(before)) return true
  return MONTHS.includes(name) && !ALSO_OTHERWISE.has(name) && LIKELY_BEFORE.test(before)
}

const two = (value: number): string => String(value).padStart(2, '0')

const isDate = (date: string): boolean => {
  const at = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(at.valueOf()) && at.toISOString().startsWith(date)
}

/** The first and the last day of a period; a year that is not told must be the only one in the data. */
export function daysOf(
  value: string,
  text: string,
  column: ColumnProfile,
): { low: string; high: string } {
  const [told = '', month = '', day] = value.split('-')
  const year = told === '?' ? onlyYear(`${month}-${day ?? ''}`, text, column) : told
  if (day !== undefined) return { low: `${year}-${month}-${day}`, high: `${year}-${month}-${day}` }
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return { low: `${year}-${month}-01`, high: `${year}-${month}-${two(last)}` }
}

function onlyYear(monthAndDay: string, text: string, column: ColumnProfile): string {
  const [first, last] = [String(column.min).slice(0, 10), String(column.max).slice(0, 10)]
  const [low, high] = [Number(first.slice(0, 4)), Number(last.slice(0, 4))]
  const [month = '', day = ''] = monthAndDay.split('-')
  const years = Array.from({ length: Math.min(high - low, 200) + 1 || 0 }, (_, place) =>
    String(low + place),
  ).filter((year) => {
    const [from, to] = day === '' ? ['01', '31'] : [day, day]
    return `${year}-${month}-${to}` >= first && `${year}-${month}-${from}` <= last
  })
  const [only] = years
  if (only !== undefined && years.length === 1) return only
  throw explained(
    years.length > 1
      ? `“${text}” could be of ${years.slice(0, 5).join(' or ')}: say which year.`
      : `The data holds no “${text}”: \`${column.name}\` runs from ${first} to ${last}. Say the year if you mean another.`,
  )
}
