import {
  DATE,
  daysIn,
  MONTH_OF,
  numberWord,
  NUMBER,
  readDate,
  readMonth,
  YEAR,
  type Dates,
} from './read-date.ts'
import { weekDay } from './resolve-dates.ts'

/**
 * Periods that a question writes otherwise than as days and months: `week 15`, `Q1 2026`, `the first
 * half of April`, `the last 14 days`, `between 18:20 and 18:40`. Open ones, until the data were seen,
 * are `-W15-1` (Monday of week 15), `-P14D` (14 days before the end of the data), `T18:20` (of their
 * day) and `-U1-month` (one month before the one in which they end).
 */

const ORDINALS = 'first second third fourth last'.split(' ')
const ORDINAL = String.raw`(?:${ORDINALS.join('|')}|1st|2nd|3rd|4th|latter|final)`
const TIME = String.raw`(?:\d{1,2}:\d{2}|\d{1,2}\s?[ap]m)`
const STAMP = String.raw`(?:${YEAR}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2})?z?)`
const BACK = 'last|past|previous|recent|preceding|latest'

/** Each form with what it is read as; undefined where it is no period, as week 60. */
const FORMS: [string, (words: string) => Dates | undefined][] = [
  [
    String.raw`(?:between|from)\s+${STAMP}\s+(?:and|to|until|till)\s+${STAMP}`,
    (words) => {
      const [from, to] = (words.match(new RegExp(STAMP, 'gi')) ?? []).map(stampOf)
      return from !== undefined && to !== undefined ? { from, to } : undefined
    },
  ],
  [
    String.raw`(?:on\s+)?(?:${DATE},?\s+)?(?:between|from)\s+${TIME}\s+(?:and|to|until|till)\s+${TIME}(?:,?\s+on\s+(?:the\s+)?${DATE})?`,
    timesOfDay,
  ],
  [
    String.raw`(?:calendar |iso )?week\s+\d{1,2}\b(?:,?\s+(?:of\s+)?${YEAR})?`,
    (words) => {
      const week = Number(/week\s+(\d+)/.exec(words)?.[1])
      if (week < 1 || week > 53) return undefined
      const year = yearOf(words)
      const day = (of: number): string =>
        year ? weekDay(Number(year), week, of) : `-W${String(week).padStart(2, '0')}-${of}`
      return { from: day(1), to: day(7) }
    },
  ],
  [
    String.raw`(?:q[1-4]|(?:the )?${ORDINAL} quarter(?=\s+of|\s*$|\W))(?:,?\s+(?:of\s+)?${YEAR})?`,
    (words) => {
      const quarter = Number(/q(\d)/.exec(words)?.[1] ?? ordinalIn(words))
      return quarter >= 1 && quarter <= 4 ? months(words, quarter * 3 - 2, 3) : undefined
    },
  ],
  [
    String.raw`(?:h[12]|(?:the )?${ORDINAL} half)\s+(?:of\s+)?(?:the year\s+)?${YEAR}`,
    (words) => months(words, isSecond(words) ? 7 : 1, 6),
  ],
  [
    String.raw`(?:the )?${ORDINAL} half(?:\s+(?:of|in)\s+${MONTH_OF})?`,
    (words) => part(words, isSecond(words) ? [16, 31] : [1, 15]),
  ],
  [
    String.raw`(?:the )?${ORDINAL} week\s+(?:of|in)\s+${MONTH_OF}`,
    (words) => {
      const nth = ordinalIn(words)
      return part(words, nth === 5 ? [-6, 31] : [nth * 7 - 6, nth * 7])
    },
  ],
  [
    String.raw`(?:the )?(?:first|last) ${NUMBER} days\s+(?:of|in)\s+${MONTH_OF}`,
    (words) => {
      const days = numberWord(new RegExp(NUMBER).exec(words.replace(/first|last/, ''))?.[0] ?? '')
      return part(words, words.includes('last') ? [1 - days, 31] : [1, days])
    },
  ],
  [
    String.raw`(?:the )?(?:${BACK}) ${NUMBER} (?:full |whole )?(?:hours?|days?|weeks?|months?|quarters?|years?)`,
    (words) => ({ from: backOf(words), to: null }),
  ],
]

/** Any of the forms. */
export const SPAN = FORMS.map(([source]) => source).join('|')

/**
 * The period that a text in one of the forms is; undefined where there is none such.
 *
 * @param question where `the second half` takes its month from, if it names none
 */
export function readSpan(text: string, question: string): Dates | undefined {
  const words = text.trim().toLowerCase()
  const form = FORMS.find(([source]) => new RegExp(`^(?:${source})$`, 'i').test(words))
  if (!form) return undefined
  const isBareHalf = words.endsWith('half')
  const month =
    isBareHalf && new RegExp(`half\\s+(?:of|in)\\s+(${MONTH_OF})`, 'i').exec(question)?.[1]
  if (isBareHalf && !month) return undefined
  return form[1](month ? `${words} of ${month.toLowerCase()}` : words)
}

/** `weeks 15 and 16` as `week 15 and week 16`. */
export const spelledOut = (question: string): string =>
  question.replaceAll(
    /\bweeks\s+(\d{1,2})\s+(and|to|with|vs\.?|versus|against|until)\s+(\d{1,2})\b/gi,
    'week $1 $2 week $3',
  )

const yearOf = (words: string): string | undefined => new RegExp(`\\b${YEAR}\\b`).exec(words)?.[0]

function ordinalIn(words: string): number {
  const found = new RegExp(`\\b${ORDINAL}\\b`).exec(words)?.[0] ?? ''
  const digit = Number(/^\d/.exec(found)?.[0])
  if (digit) return digit
  return found === 'latter' ? 2 : found === 'final' ? 5 : ORDINALS.indexOf(found) + 1
}

const isSecond = (words: string): boolean => /h2/.test(words) || ordinalIn(words) !== 1

function months(words: string, first: number, count: number): Dates {
  const year = yearOf(words)
  const last = first + count - 1
  const name = (month: number, day: number): string =>
    `${year ?? '-'}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  return { from: name(first, 1), to: name(last, daysIn(last, year)) }
}

/** Days of a month; the 31st is its last, and days below 1 are counted back from that. */
function part(words: string, [first, last]: [number, number]): Dates | undefined {
  const month = readMonth(words)
  if (!month) return undefined
  const end = Number(month.to.slice(-2))
  const day = (of: number): string =>
    `${month.to.slice(0, -2)}${String(of < 1 ? end + of : Math.min(of, end)).padStart(2, '0')}`
  return { from: day(first), to: day(last) }
}

function backOf(words: string): string {
  const [, digits = '', unit = ''] =
    new RegExp(String.raw`(?:${BACK}) (${NUMBER}) (?:full |whole )?(\w+?)s?$`).exec(words) ?? []
  const count = numberWord(digits)
  if (unit === 'hour') return `-PT${count}H`
  if (unit === 'day' || unit === 'week') return `-P${count * (unit === 'week' ? 7 : 1)}D`
  return `-P${count * ({ quarter: 3, year: 12 }[unit] ?? 1)}M`
}

const stampOf = (text: string): string => {
  const [day, time = ''] = text.toLowerCase().replace(/z$/, '').split(/[t ]/)
  return `${day ?? ''}T${time.length === 5 ? `${time}:00` : time}Z`
}

/** `18:20`, `6 pm`. */
function clockOf(text: string): string | undefined {
  const [, digits = '', minutes = '00', half] = /^(\d+)(?::(\d+))?\s?([ap]m)?$/.exec(text) ?? []
  const hour = (Number(digits) % (half ? 12 : 25)) + (half === 'pm' ? 12 : 0)
  if (hour > 24 || Number(minutes) > 59 || (half && Number(digits) > 12)) return undefined
  return `T${String(hour).padStart(2, '0')}:${minutes}:00Z`
}

function timesOfDay(words: string): Dates | undefined {
  const date = new RegExp(DATE, 'i').exec(words.replaceAll(new RegExp(TIME, 'gi'), ''))?.[0]
  const day = date === undefined ? '' : readDate(date)
  const [from, to] = (words.match(new RegExp(TIME, 'gi')) ?? []).map(clockOf)
  if (day === undefined || from === undefined || to === undefined || to <= from) return undefined
  return { from: `${day}${from}`, to: `${day}${to}` }
}
