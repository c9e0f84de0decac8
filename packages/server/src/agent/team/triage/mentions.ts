import {
  DATE,
  isWordOfMonth,
  MONTH_OF,
  readDate,
  readMonth,
  YEAR,
  type Dates,
} from './read-date.ts'
import { readSpan, SPAN } from './read-span.ts'
import type { Reading } from './triage.ts'

type Step = NonNullable<Reading['compared']>['step']

const UNIT = '(?:hour|day|week|month)'
/** A period as one names it beside another. */
const MENTION = new RegExp(
  [
    String.raw`(?<span>${SPAN})`,
    String.raw`(?<range>${DATE})\s+(?:to|until|through|–|-)\s+(?<end>${DATE})`,
    String.raw`(?<date>(?:last )?${DATE})`,
    String.raw`(?<month>${MONTH_OF})`,
    String.raw`(?<year>(?<=\b(?:in|during|of|and|to|with|than|versus|vs|vs\.|against|between|from|compare)\s)${YEAR})`,
    String.raw`(?<before>(?:the |that )?(?:\d+ )?${UNIT}s? (?:before|earlier|prior)(?: (?:that|it))?|(?:the )?(?:previous|prior|preceding) ${UNIT}|(?:the )?day before yesterday)`,
    String.raw`(?<last>last ${UNIT}|past ${UNIT}|yesterday)`,
    String.raw`(?<now>(?:this|the current) ${UNIT}|today|now)`,
    String.raw`(?<over>${UNIT}[- ](?:over|on|to|by)[- ]\w+|wow|mom|dod)`,
  ]
    .map((part) => `\\b${part}\\b`)
    .join('|'),
  'gi',
)

export interface Mention {
  at: number
  words: string
  /** Of days that are named. */
  dates?: Dates
  /** Of a unit that is counted from the end of the data. */
  unit?: { kind: (typeof KINDS)[number]; step: Step }
}

const KINDS = ['before', 'last', 'now', 'over'] as const

/** Periods that a question names, as they stand in it. */
export function mentionsIn(question: string): Mention[] {
  return [...question.matchAll(MENTION)].flatMap((match): Mention[] => {
    const { span, range, end, date, month, year } = match.groups ?? {}
    const [words, at] = [match[0], match.index]
    const of = (dates: Dates | undefined): Mention[] => (dates ? [{ at, words, dates }] : [])
    if (span !== undefined) return of(readSpan(span, question))
    if (year !== undefined) return of({ from: `${year}-01-01`, to: `${year}-12-31` })
    if (month !== undefined) return isWordOfMonth(question, at, words) ? of(readMonth(month)) : []
    if (range !== undefined && end !== undefined) return rangeOf(question, at, [range, end])
    if (date !== undefined) {
      const day = readDate(date.replace(/^last /i, ''))
      return of(day === undefined ? undefined : { from: day, to: day })
    }
    const kind = KINDS.find((name) => match.groups?.[name] !== undefined)
    return kind ? [{ at, words, unit: { kind, step: stepIn(words) } }] : []
  })
}

/** From one day to another something changed; two spans of days have no “from”. */
function rangeOf(question: string, at: number, [first, last]: [string, string]): Mention[] {
  const [from, to] = [readDate(first), readDate(last)]
  if (from === undefined || to === undefined) return []
  if (/\bfrom\s+(?:the\s+)?$/i.test(question.slice(0, at)))
    return [
      { at, words: first, dates: { from, to: from } },
      { at, words: last, dates: { from: to, to } },
    ]
  const length = question.slice(at).toLowerCase().indexOf(last.toLowerCase(), first.length)
  return [{ at, words: question.slice(at, at + length + last.length), dates: { from, to } }]
}

/** The unit that words of time count in. */
export function stepIn(words: string): Step {
  const text = words.toLowerCase()
  if (/day|dod/.test(text)) return 'day'
  if (/week|wow/.test(text)) return 'week'
  if (/month|mom/.test(text)) return 'month'
  return text.includes('hour') ? 'hour' : null
}
