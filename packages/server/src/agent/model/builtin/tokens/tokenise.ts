import { CALENDAR_PATTERNS, periodOf } from '../question/calendar.ts'

/** A piece of the question, with its place in the text so that it can be named and quoted back. */
export type Token =
  | { kind: 'word'; text: string; start: number; end: number }
  | { kind: 'number'; text: string; value: string; start: number; end: number }
  | { kind: 'ordinal'; text: string; value: number; start: number; end: number }
  /** A period is a month, or a day without its year: `2024-03`, `?-03-04`. */
  | {
      kind: 'date' | 'time' | 'moment' | 'period'
      text: string
      value: string
      start: number
      end: number
    }
  | { kind: 'quoted'; text: string; value: string; start: number; end: number }
  | { kind: 'operator'; text: string; start: number; end: number }
  | { kind: 'mark'; text: string; start: number; end: number }

type Maker = (match: RegExpExecArray, start: number) => Token[] | undefined

const span = (
  match: RegExpExecArray,
  start: number,
): { start: number; end: number; text: string } => ({
  text: match[0],
  start,
  end: start + match[0].length,
})

const QUOTED = /"([^"]+)"|“([^”]+)”|`([^`]+)`|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/uy
const MOMENT =
  /(\d{4}-\d{2}-\d{2})(?:[T ]+(?:at )?(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|\s?([ap])\.?m\b)?)?(?![\p{L}\p{N}])/iuy
const CLOCK =
  /(\d{1,2})(?::(\d{2})(?::(\d{2})(\.\d+)?)?)?(?:\s?([ap])\.?m\b\.?)?(?![\p{L}\p{N}:])/iuy
const ORDINAL = /(?:p(\d{1,2}(?:\.\d+)?)|(\d{1,3}(?:\.\d+)?)(?:st|nd|rd|th))(?![\p{L}\p{N}])/iuy
const NUMBER =
  /[-−]?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(k?)(?![\p{L}\p{N}_]|[-.]\p{L})/iuy
/** `3000ms`, `10s`: a number and its unit. */
const AMOUNT = /(\d[\d,]*(?:\.\d+)?)(ms|s|sec|secs)(?![\p{L}\p{N}_])/iuy
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_]*(?:[-.@+'’][\p{L}\p{N}_]+)*/uy
const OPERATOR = />=|<=|!=|<>|==|=|>|<|≥|≤|≠/uy

const MAKERS: [RegExp, Maker][] = [
  [QUOTED, quoted],
  [MOMENT, moment],
  ...CALENDAR_PATTERNS.map((pattern): [RegExp, Maker] => [pattern, period]),
  [AMOUNT, amount],
  [CLOCK, clock],
  [ORDINAL, ordinal],
  [NUMBER, number],
  [WORD, word],
  [OPERATOR, (match, start) => [{ kind: 'operator', ...span(match, start) }]],
]

/** Cuts a question into tokens; characters that mean nothing here become marks, never nothing. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  let place = 0
  while (place < text.length) {
    if (/\s/.test(text.charAt(place))) {
      place += 1
      continue
    }
    const made = firstMatch(text, place) ?? [
      { kind: 'mark', text: text.charAt(place), start: place, end: place + 1 } as const,
    ]
    tokens.push(...made)
    place = made.at(-1)?.end ?? place + 1
  }
  return tokens
}

function firstMatch(text: string, place: number): Token[] | undefined {
  for (const [pattern, make] of MAKERS) {
    pattern.lastIndex = place
    const match = pattern.exec(text)
    const made = match ? make(match, place) : undefined
    if (made) return made
  }
  return undefined
}

function quoted(match: RegExpExecArray, start: number): Token[] {
  const value = match.slice(1).find((group) => group !== undefined) ?? ''
  return [{ kind: 'quoted', value, ...span(match, start) }]
}

function moment(match: RegExpExecArray, start: number): Token[] | undefined {
  const [, day = '', time, half] = match
  if (Number.isNaN(Date.parse(day))) return undefined
  if (time === undefined) return [{ kind: 'date', value: day, ...span(match, start) }]
  return [{ kind: 'moment', value: `${day} ${fullTime(time, half)}`, ...span(match, start) }]
}

/** `6:05` with `p` is 18:05:00. */
function fullTime(time: string, half: string | undefined): string {
  const [hourText = '', minute = '', second = '00'] = time.split(':')
  let hour = Number(hourText)
  if (half !== undefined) hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return `${String(hour).padStart(2, '0')}:${minute}:${second}`
}

function period(match: RegExpExecArray, start: number): Token[] | undefined {
  const found = periodOf(match)
  return found && [{ ...found, ...span(match, start) }]
}

function amount(match: RegExpExecArray, start: number): Token[] {
  const [text, digits = '', unit = ''] = match
  const middle = start + digits.length
  return [
    { kind: 'number', text: digits, value: digits.replaceAll(',', ''), start, end: middle },
    { kind: 'word', text: unit, start: middle, end: start + text.length },
  ]
}

function clock(match: RegExpExecArray, start: number): Token[] | undefined {
  const [, hourText = '', minute, second, fraction = '', half] = match
  if (minute === undefined && half === undefined) return undefined
  let hour = Number(hourText)
  if (half !== undefined) hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  if (hour > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined
  const value = `${String(hour).padStart(2, '0')}:${minute ?? '00'}:${second ?? '00'}${fraction}`
  return [{ kind: 'time', value, ...span(match, start) }]
}

function ordinal(match: RegExpExecArray, start: number): Token[] {
  return [{ kind: 'ordinal', value: Number(match[1] ?? match[2]), ...span(match, start) }]
}

function number(match: RegExpExecArray, start: number): Token[] {
  const [whole, digits = '', thousands] = match
  const negative = /^[-−]/.test(whole)
  const plain = digits.replaceAll(',', '')
  const scaled = thousands ? String(Number(plain) * 1_000) : plain
  return [{ kind: 'number', value: `${negative ? '-' : ''}${scaled}`, ...span(match, start) }]
}

/** `isn't` is two words, `what's` and `user's` one; a hyphen stays, for names such as gpt-4o. */
function word(match: RegExpExecArray, start: number): Token[] {
  const whole = span(match, start)
  const negated = /^(.+)n['’]t$/iu.exec(whole.text)
  if (negated) {
    const base = negated[1] ?? ''
    const middle = start + base.length
    return [
      { kind: 'word', text: base, start, end: middle },
      { kind: 'word', text: 'not', start: middle, end: whole.end },
    ]
  }
  const ending = /^(.+?)['’](?:s|re|ve|d|ll|m)$/iu.exec(whole.text)
  return [{ kind: 'word', ...whole, text: ending?.[1] ?? whole.text }]
}
