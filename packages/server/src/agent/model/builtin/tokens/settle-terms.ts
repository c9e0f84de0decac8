import { sumColumn } from '../question/derived.ts'
import { isNumeric, type ColumnIndex } from '../question/match-columns.ts'
import type { Meaning } from '../question/meaning.ts'
import type { Place, Term } from '../question/term.ts'
import { unplaced } from '../question/unclear.ts'
import { usageColumnsOf } from '../question/usage-columns.ts'
import { isPlural, singularWords } from '../question/words.ts'
import { durationColumn } from './durations.ts'

type Waiting = Extract<Meaning, { kind: 'who' | 'duration' | 'plus' }>
/** A term, or a word whose columns are still to be found. */
export type EarlyTerm = Term | (Place & Waiting)

/** Gives `took`, `slowest`, `who` and `input + output` the columns that they speak of. */
export function settleTerms(terms: readonly EarlyTerm[], index: ColumnIndex): Term[] {
  const added = withSums(terms.map((term) => wholeTokens(term, index)))
  const settled: Term[] = []
  for (let place = 0; place < added.length; place += 1) {
    const term = added[place]
    if (!term) continue
    if (term.kind === 'plus') throw unplaced(term.text)
    if (term.kind === 'who' || (place === 0 && startsWithWho(term)))
      settled.push(...whoTerms(term, place, index))
    else if (mayBeValue(term, added[place - 1], added[place + 1])) settled.push(asText(term))
    else if (term.kind !== 'duration') settled.push(term)
    else {
      const next = added[place + 1]
      const subject = isSubject(next) ? next : undefined
      settled.push(...durationTerms(term, subject, index))
      if (subject) place += 1
    }
  }
  return withHashed(withoutDoubleTotals(settled), index)
}

const COUNTS_VALUES = new Set<Term['kind']>(['repeats', 'extreme'])

/** Where values are told apart or counted, `prompts` are the values of `prompt_hash`. */
function withHashed(terms: readonly Term[], index: ColumnIndex): Term[] {
  const tells = terms.some(
    (term) =>
      COUNTS_VALUES.has(term.kind) || (term.kind === 'function' && term.function === 'distinct'),
  )
  if (!tells) return [...terms]
  return terms.map((term): Term => {
    if (term.kind !== 'text' || term.quoted) return term
    const [word] = singularWords(term.value)
    const found = index.columns.filter(({ kind, name }) => {
      const words = singularWords(name)
      return kind === 'text' && words.length === 2 && words[0] === word && words[1] === 'hash'
    })
    const [column] = found
    if (!column || found.length > 1) return term
    const { text, start, end } = term
    return { kind: 'column', column, plural: isPlural(text), exact: false, text, start, end }
  })
}

/** A column of zeros, or of tokens that are part of the input or the output. */
function addsNothing(name: string, input: string, index: ColumnIndex): boolean {
  const column = index.named(name)
  if (column && isNumeric(column) && column.min === 0 && column.max === 0) return true
  const usage = usageColumnsOf(index.profile)
  const isWhole = usage.meaningOf(input) === 'input_tokens'
  const meaning = usage.meaningOf(name)
  return isWhole && (meaning === 'cached_input_tokens' || meaning === 'reasoning_tokens')
}

/** `tokens` are input and output together where the table has these two and no others. */
function wholeTokens(term: EarlyTerm, index: ColumnIndex): EarlyTerm {
  if (term.kind !== 'ambiguous' || !/^tokens?$/i.test(term.text)) return term
  const { input_tokens: input = '', output_tokens: output = '' } = index.profile.roles
  const others = term.candidates.filter((name) => name !== input && name !== output)
  const isPair =
    term.candidates.includes(input) &&
    term.candidates.includes(output) &&
    others.every((name) => addsNothing(name, input, index))
  const [one, other] = [index.named(input), index.named(output)]
  if (!isPair || !one || !other || one === other) return term
  const { text, start, end } = term
  const plural = /s$/i.test(text)
  return { kind: 'column', column: sumColumn(one, other), plural, exact: false, text, start, end }
}

/** `input plus output tokens`. */
function withSums(terms: readonly EarlyTerm[]): EarlyTerm[] {
  const all: EarlyTerm[] = []
  for (let place = 0; place < terms.length; place += 1) {
    const [one, plus, other] = [terms[place], terms[place + 1], terms[place + 2]]
    const adds =
      one?.kind === 'column' &&
      plus?.kind === 'plus' &&
      other?.kind === 'column' &&
      isNumeric(one.column) &&
      isNumeric(other.column) &&
      terms[place + 3]?.kind !== 'plus'
    if (adds) {
      const text = `${one.text} + ${other.text}`
      all.push({ ...one, column: sumColumn(one.column, other.column), text, end: other.end })
      place += 2
    } else if (one) all.push(one)
  }
  return all
}

const startsWithWho = (term: EarlyTerm): boolean =>
  term.kind === 'where' && /^who\b/i.test(term.text)

const OPENED = new Set<EarlyTerm['kind'] | undefined>([
  'text',
  'comparison',
  'number',
  'extreme',
  'not',
])

/** `sent requests`, `use requests` may speak of values; `users who sent more than 5` has a verb. */
function mayBeValue(
  term: EarlyTerm,
  before: EarlyTerm | undefined,
  next: EarlyTerm | undefined,
): boolean {
  if (term.kind !== 'where' || term.weak !== true || /\s/.test(term.text)) return false
  if (OPENED.has(next?.kind)) return false
  // `which model did ana use in March`.
  const endsClause = next === undefined || next.kind === 'where' || next.kind === 'period'
  const hasSubject = before?.kind === 'text' && /^(?:use|make|send)$/i.test(term.text)
  return !(endsClause && hasSubject)
}

const asText = ({ text, start, end }: Place): Term => ({
  kind: 'text',
  value: text,
  quoted: false,
  text,
  start,
  end,
})

const isSubject = (term: EarlyTerm | undefined): term is Term =>
  term?.kind === 'rows' || (term?.kind === 'column' && !isNumeric(term.column))

function durationTerms(
  term: Place & Extract<Waiting, { kind: 'duration' }>,
  subject: Term | undefined,
  index: ColumnIndex,
): Term[] {
  const { text, start, end } = term
  const place = { text, start, end }
  const column = durationColumn(index, text)
  const about: Term = { kind: 'column', column, plural: false, exact: false, ...place }
  const before: Term[] = subject ? [subject] : []
  if (term.direction !== undefined) {
    const rank: Term = { kind: 'extreme', direction: term.direction, counts: false, ...place }
    return [rank, ...before, about]
  }
  if (term.comparison === undefined) return [about, ...before]
  return [about, { kind: 'comparison', comparison: term.comparison, ...place }, ...before]
}

/** `who used a` asks which user. */
function whoTerms(term: Place, place: number, index: ColumnIndex): Term[] {
  const column = index.named(index.profile.roles.user ?? '')
  if (!column || place > 0) throw unplaced(term.text)
  const { text, start, end } = term
  return [
    { kind: 'which', text, start, end },
    { kind: 'column', column, plural: false, exact: false, text, start, end },
    { kind: 'where', text, start, end },
  ]
}

const FIGURES = new Set<Term['kind'] | undefined>(['function', 'percentile', 'ordinal', 'extreme'])

/** In `average total tokens` the total is that of each row. */
function withoutDoubleTotals(terms: readonly Term[]): Term[] {
  return terms.filter((term, place) => {
    const next = terms[place + 1]
    const isTotal = term.kind === 'function' && term.text.toLowerCase() === 'total'
    const ofRow = next?.kind === 'column' && next.column.name.includes(' + ')
    return !(isTotal && ofRow && FIGURES.has(terms[place - 1]?.kind))
  })
}
