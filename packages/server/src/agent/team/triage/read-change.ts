import { mentionsIn, stepIn, type Mention } from './mentions.ts'
import { spelledOut } from './read-span.ts'
import type { Reading } from './triage.ts'

type Compared = NonNullable<Reading['compared']>

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

/** Whether a question asks how latency or errors of two periods differ. */
export function asksForOtherChange(question: string): boolean {
  if (WOULD_BE.test(question) || !OTHERWISE.test(question) || word(MONEY).test(question))
    return false
  return (
    mentionsIn(spelledOut(question)).length > 0 &&
    (CHANGED.test(question) || ASKED_IF.test(question) || COMPARE.test(question))
  )
}

/** Of a question that names periods: whether it sets them against each other. */
function comparesPeriods(question: string, mentions: readonly Mention[]): boolean {
  if (mentions[0]?.unit?.kind === 'over') return true
  if (mentions.length > 1 && COMPARE.test(question)) return true
  return (COMPARE.test(question) && DIFFERS.test(question)) || ASKED_IF.test(question)
}

/** Whether a question asks how two periods differ, and why. */
export function asksForChange(question: string): boolean {
  if (WOULD_BE.test(question)) return false
  if (OTHERWISE.test(question) && !word(MONEY).test(question)) return false
  const mentions = mentionsIn(spelledOut(question))
  const isAbout = mentions.length > 0 || ABOUT.test(question)
  if (WHAT_CHANGED.test(question))
    return mentions.length > 0 || word(MONEY).test(question) || /changed\W*$/i.test(question)
  if (WHY.test(question) && CHANGED.test(question)) return isAbout
  if (mentions.length === 0) return false
  if (WHY.test(question) && word(MORE).test(question)) return isAbout
  return comparesPeriods(question, mentions)
}

/**
 * The periods that a question compares; null for those that the data hold last. `comparison` without
 * a `baseline` is compared with as long a time before it.
 */
export function readCompared(asked: string): Compared | null {
  const question = spelledOut(asked)
  const [first, second] = mentionsIn(question)
  if (!first) return null
  const words = second ? `${first.words} and ${second.words}` : first.words
  const nothing = { baseline: null, comparison: null, step: null, so_far: false, back: 0, words }
  if (first.unit && !second?.dates) return { ...nothing, ...unitsOf(question, first, second) }
  const dates = first.dates ?? second?.dates
  if (!dates) return null
  // “The 14 days before” and the like are what a period is compared with anyway.
  if (!first.dates || !second?.dates)
    return SINCE.test(question.slice(0, first.at))
      ? { ...nothing, comparison: { ...dates, to: null } }
      : { ...nothing, comparison: dates }
  return { ...nothing, baseline: second.dates, comparison: dates }
}

/** Units of the calendar; “higher than last month” is said of the month that goes on. */
function unitsOf(
  question: string,
  first: Mention,
  second: Mention | undefined,
): Pick<Compared, 'step' | 'so_far'> {
  const kinds = [first.unit?.kind, second?.unit?.kind]
  const isNow =
    kinds.includes('now') ||
    (first.unit?.kind === 'last' && second === undefined && THAN.test(question.slice(0, first.at)))
  return { step: first.unit?.step ?? second?.unit?.step ?? null, so_far: isNow }
}

const THAN = /\b(?:than|versus|vs\.?|against|with|to)\s+(?:in\s+)?$/i
const SINCE = /\b(?:since|after|from|starting)\s+(?:the\s+)?$/i
const BEFORE_THAT =
  /^\W*(?:and|what about|how about|then|now|or)?\W*(?:the\s+)?(?:(hour|day|week|month) before(?: that| it)?|(?:previous|prior|preceding) (hour|day|week|month))\W*$/i

/** `and the week before?`: the comparison before, one unit earlier. */
export function readEarlier(question: string, before: Compared | null): Compared | null {
  const found = BEFORE_THAT.exec(question)
  if (!found || !before) return null
  const step = stepIn(found[1] ?? found[2] ?? '')
  const nothing = { baseline: null, comparison: null, so_far: false, words: before.words }
  if (before.comparison) return { ...before, step, back: 1 }
  // Another unit is not earlier than the one before: its last whole one is asked for.
  return before.step === step || before.step === null
    ? { ...nothing, step, back: before.back + 1 }
    : { ...nothing, step, back: 0 }
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
