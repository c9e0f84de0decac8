import { DATE, MONTH_OF, readDate, readMonth, type Dates } from './read-date.ts'
import type { Reading } from './triage.ts'

type Compared = NonNullable<Reading['compared']>

const UNIT = '(hour|day|week|month)'
/** A period as one names it beside another. */
const MENTION = new RegExp(
  [
    String.raw`(?<range>${DATE})\s+(?:to|until|through|–|-)\s+(?<end>${DATE})`,
    String.raw`(?<date>${DATE})`,
    String.raw`(?<month>(?<=\b(?:in|during|for|of|since|and|with|to|than|versus|vs|vs\.|against|between|from|compare)\s)${MONTH_OF}|${MONTH_OF}(?=\s+(?:versus|vs|against|with|to|and|compared)\b))`,
    String.raw`(?<before>(?:the |that )?${UNIT} (?:before|earlier|prior)(?: (?:that|it))?|(?:the )?(?:previous|prior|preceding) ${UNIT}|(?:the )?day before yesterday)`,
    String.raw`(?<last>last ${UNIT}|past ${UNIT}|yesterday)`,
    String.raw`(?<now>(?:this|the current) ${UNIT}|today|now)`,
    String.raw`(?<over>${UNIT}[- ](?:over|on|to|by)[- ]\w+|wow|mom|dod)`,
  ]
    .map((part) => `\\b${part}\\b`)
    .join('|'),
  'gi',
)

interface Mention {
  at: number
  words: string
  /** Of days that are named. */
  dates?: Dates
  /** Of a unit that is counted from the end of the data. */
  unit?: { kind: 'before' | 'last' | 'now' | 'over'; step: Compared['step'] }
}

function mentionsIn(question: string): Mention[] {
  return [...question.matchAll(MENTION)].flatMap((match): Mention[] => {
    const { range, end, date, month } = match.groups ?? {}
    const [words, at] = [match[0], match.index]
    if (range !== undefined || date !== undefined) {
      const from = readDate(range ?? date ?? '')
      const to = readDate(end ?? date ?? '')
      // From one day to another something changed; two spans of days have no “from”.
      if (from && to && range !== undefined && /\bfrom\s+(?:the\s+)?$/i.test(question.slice(0, at)))
        return [
          { at, words: range, dates: { from, to: from } },
          { at, words: end ?? '', dates: { from: to, to } },
        ]
      return from && to ? [{ at, words, dates: { from, to } }] : []
    }
    if (month !== undefined) {
      const dates = readMonth(month)
      return dates ? [{ at, words, dates }] : []
    }
    const kind = KINDS.find((name) => match.groups?.[name] !== undefined)
    return kind ? [{ at, words, unit: { kind, step: stepIn(words) } }] : []
  })
}

const KINDS = ['before', 'last', 'now', 'over'] as const

function stepIn(words: string): Compared['step'] {
  const text = words.toLowerCase()
  if (/day|dod/.test(text)) return 'day'
  if (/week|wow/.test(text)) return 'week'
  if (/month|mom/.test(text)) return 'month'
  return text.includes('hour') ? 'hour' : null
}

const MONEY = String.raw`costs?|spend\w*|spent|bills?|invoices?|budgets?|money|pay(?:ing)?|expens\w+|usage|tokens?|requests?|calls?|traffic|volumes?|workloads?|ai|llm`
const BASE = String.raw`rise|increase|decrease|grow|go (?:up|down)|fall|drop|decline|jump|climb|double|triple|halve|change|shrink|surge|spike|soar|differ`
const PAST = String.raw`rose|risen|rising|increas(?:ed|ing)|decreas(?:ed|ing)|grew|grown|went (?:up|down)|gone (?:up|down)|going (?:up|down)|goes (?:up|down)|fell|fallen|falling|dropp(?:ed|ing)|declin(?:ed|ing)|jumped|climb(?:ed|ing)|doubled|tripled|halved|changed|shrank|surged|spiked|soared`
const DID = String.raw`(?:did|does|do|has|have|had)\b[^.?!]{0,80}?\b(?:${BASE}|${PAST})`
const NOUN = String.raw`(?:rise|increase|decrease|drop|fall|decline|change|difference|jump|surge)`
const MORE = String.raw`(?:higher|lower|larger|smaller|bigger|greater|more|less|cheaper|dearer)`

const WHY =
  /\b(?:why|how come|what (?:made|makes|caused|causes|drove|drives|explains|explained|happened (?:to|with)|(?:is|was) behind|led to)|reasons?|explain|break(?:ing)? down|decompos\w+|which \w+ (?:caused|drove|explains?|made))\b/i
const word = (source: string): RegExp => new RegExp(String.raw`\b(?:${source})\b`, 'i')
const CHANGED = word(
  `${DID}|${PAST}|(?:the|this|that|our) (?:\\w+ )?${NOUN}|(?:is|are|was|were)\\b[^.?!]{0,60}\\b(?:up|down)`,
)
const ASKED_IF = word(DID)
const WHAT_CHANGED = /\bwhat(?:'s|’s| is| has| have| else)? (?:changed|different|new)\b/i
const COMPARE = word(String.raw`compar\w+|versus|vs|against|than|differences?|differ|relative to`)
const DIFFERS = word(`${MORE}|${PAST}|${DID}|compar\\w+|versus|vs|differences?`)
const ABOUT = word(`${MONEY}|it|this|that|they|we`)
/** What would be is no change that was. */
const WOULD_BE =
  /\b(?:would|will|next (?:hour|day|week|month|quarter|year)|what if|forecast\w*|suppose|happens?\b[^.?!]*\bif)\b/i
/** Other things than money and amounts are compared by no tool. */
const OTHERWISE =
  /\b(?:latenc\w+|slow\w*|fast\w*|speed|response times?|errors?|error rates?|failures?)\b/i

/** Whether a question asks how two periods differ, and why. */
export function asksForChange(question: string): boolean {
  if (WOULD_BE.test(question)) return false
  if (OTHERWISE.test(question) && !word(MONEY).test(question)) return false
  const mentions = mentionsIn(question)
  const isAbout = mentions.length > 0 || ABOUT.test(question)
  if (WHAT_CHANGED.test(question))
    return mentions.length > 0 || word(MONEY).test(question) || /changed\W*$/i.test(question)
  if (WHY.test(question) && CHANGED.test(question)) return isAbout
  if (mentions.length === 0) return false
  const [first] = mentions
  if (first?.unit?.kind === 'over') return true
  if (mentions.length > 1 && COMPARE.test(question)) return true
  return (COMPARE.test(question) && DIFFERS.test(question)) || ASKED_IF.test(question)
}

/**
 * The periods that a question compares; null for those that the data hold last. `comparison` without
 * a `baseline` is compared with as long a time before it.
 */
export function readCompared(question: string): Compared | null {
  const [first, second] = mentionsIn(question)
  if (!first) return null
  const words = second ? `${first.words} and ${second.words}` : first.words
  const nothing = { baseline: null, comparison: null, step: null, so_far: false, words }
  if (first.unit) {
    const kinds = [first.unit.kind, second?.unit?.kind]
    // “Higher than last month” is said of the month that goes on.
    const isNow =
      kinds.includes('now') ||
      (first.unit.kind === 'last' &&
        second === undefined &&
        /\b(?:than|versus|vs\.?|against|with|to)\s+(?:in\s+)?$/i.test(question.slice(0, first.at)))
    return { ...nothing, step: first.unit.step ?? second?.unit?.step ?? null, so_far: isNow }
  }
  const { dates } = first
  if (!dates) return null
  if (
    /\b(?:since|after|from|starting)\s+(?:the\s+)?$/i.test(question.slice(0, first.at)) &&
    !second
  )
    return { ...nothing, comparison: { ...dates, to: null } }
  return second?.dates
    ? { ...nothing, baseline: second.dates, comparison: dates }
    : { ...nothing, comparison: dates }
}

/** What a question takes for granted: that it rose, or that it fell. */
export function claimedDirection(question: string): 'rose' | 'fell' | null {
  const rose = word(
    String.raw`rise|rose|risen|rising|increas\w+|grow|grew|grown|(?:go|went|gone|going|goes) up|jump\w*|climb\w*|double[sd]?|triple[sd]?|surge[sd]?|spiked?|soar\w*|higher|larger|bigger|greater|more|dearer|up`,
  ).test(question)
  const fell = word(
    String.raw`fall|fell|fallen|falling|decreas\w+|drop\w*|declin\w+|(?:go|went|gone|going|goes) down|shrink|shrank|halved?|lower|smaller|less|cheaper|down`,
  ).test(question)
  if (rose === fell) return null
  return rose ? 'rose' : 'fell'
}
