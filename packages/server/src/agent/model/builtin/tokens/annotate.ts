import { unreachable } from '../../../../platform/unreachable.ts'
import type { ColumnIndex, ColumnMatch } from '../question/match-columns.ts'
import type { Meaning } from '../question/meaning.ts'
import type { Place, Term } from '../question/term.ts'
import { isPlural } from '../question/words.ts'
import { meaningOf, numberOfWord } from './lexicon.ts'
import { mergeVerbatimNames, splitHyphens } from './refine-tokens.ts'
import { settleTerms, type EarlyTerm } from './settle-terms.ts'
import { settleTokenWords } from './token-words.ts'
import { tokenise, type Token } from './tokenise.ts'
import { withoutSlip } from './typos.ts'

const SILENT_MARKS = new Set(['.', '?', '!', ':', ';', '(', ')', '…', '"', '“', '”'])
const LONGEST_NAME = 6

/** Gives each word of `question` the longest meaning that the columns or the lexicon have for it. */
export function annotate(question: string, index: ColumnIndex): Term[] {
  const said = mergeVerbatimNames(splitHyphens(tokenise(question), index), question, index)
  const tokens = said.map((token) => (token.kind === 'word' ? corrected(token, index) : token))
  const terms: EarlyTerm[] = []
  let place = 0
  while (place < tokens.length) {
    const { term, length } = termAt(tokens, place, index, terms)
    const first = tokens[place]
    const last = tokens[place + length - 1]
    if (term && first && last) {
      const { start } = first
      const { end } = last
      terms.push({ ...term, start, end, text: question.slice(start, end) })
    }
    place += length
  }
  return settleTerms(settleTokenWords(terms, index), index)
}

/** A slip is set right, unless the table has a column of that very name. */
const corrected = (token: Token, index: ColumnIndex): Token =>
  index.match([token.text]) ? token : { ...token, text: withoutSlip(token.text) }

type Bare<T> = T extends unknown ? Omit<T, keyof Place> : never
type Found = { term: Bare<EarlyTerm> | undefined; length: number }

function termAt(
  tokens: readonly Token[],
  place: number,
  index: ColumnIndex,
  before: readonly EarlyTerm[],
): Found {
  const token = tokens[place]
  if (!token) return { term: undefined, length: 1 }
  switch (token.kind) {
    case 'number':
      return (
        longerColumn(tokens, place, index) ?? {
          term: { kind: 'number', value: token.value },
          length: 1,
        }
      )
    case 'ordinal':
      return (
        columnOnly(tokens, place, index) ?? {
          term: { kind: 'ordinal', value: token.value, percentile: /^p/i.test(token.text) },
          length: 1,
        }
      )
    case 'date':
    case 'time':
    case 'moment':
    case 'period':
      return { term: { kind: token.kind, value: token.value }, length: 1 }
    case 'quoted':
      return { term: quotedTerm(token.value, index), length: 1 }
    case 'operator':
    case 'mark':
      return { term: isHyphen(tokens, place) ? undefined : markTerm(token.text), length: 1 }
    case 'word':
      return wordTerm(tokens, place, index, before)
    default:
      return unreachable(token)
  }
}

function quotedTerm(value: string, index: ColumnIndex): Bare<Term> {
  const column = index.named(value)
  if (column) return { kind: 'column', column, plural: false, exact: true }
  return { kind: 'text', value, quoted: true }
}

/** `95th-percentile` joins words; ` - ` between words may subtract. */
const isHyphen = (tokens: readonly Token[], place: number): boolean =>
  tokens[place]?.text === '-' && tokens[place - 1]?.end === tokens[place]?.start

function markTerm(text: string): Bare<EarlyTerm> | undefined {
  if (SILENT_MARKS.has(text)) return undefined
  const found = meaningOf([text])
  if (found && found.meaning.kind !== 'filler') return found.meaning
  return { kind: 'beyond' }
}

function wordTerm(
  tokens: readonly Token[],
  place: number,
  index: ColumnIndex,
  before: readonly EarlyTerm[],
): Found {
  const known = knownPhrase(wordsFrom(tokens, place, 8), index)
  const found = longestColumn(tokens, place, index)
  // A column of requests that says one of each row is the rows.
  const column = known?.meaning.kind === 'rows' && found && isOnes(found.match) ? undefined : found
  const counted =
    known?.meaning.kind === 'rows' ? countedRequests(known.meaning.noun, index) : undefined
  if (known && counted && (column === undefined || column.length <= known.length)) {
    // `per request` divides by them, which rows cannot be.
    return { term: counted, length: known.length }
  }
  if (column && prefersColumn(column, known, before.at(-1), tokens[place + column.length])) {
    return { term: columnTerm(column, tokens, known?.meaning), length: column.length }
  }
  if (known?.meaning.kind === 'count' && column && isExact(column.match)) {
    const rows = meaningOf(wordsFrom(tokens, place + 1, 2))
    const counts = rows && COUNTED.has(rows.meaning.kind)
    if (!counts) return { term: countOrColumn(column), length: 1 }
  }
  if (known?.meaning.kind === 'filler' && expectsValue(before, tokens[place]?.text ?? '')) {
    return { term: { kind: 'text', value: tokens[place]?.text ?? '', quoted: true }, length: 1 }
  }
  if (known) {
    const { meaning, length } = known
    return { term: meaning.kind === 'filler' ? undefined : meaning, length }
  }
  return { term: unknownWord(tokens[place]?.text ?? ''), length: 1 }
}

/** Where each row stands for several requests, `requests` are what a column says, not the rows. */
function countedRequests(noun: string, index: ColumnIndex): Bare<Term> | undefined {
  const { requests } = index.profile.roles
  const column = requests === undefined ? undefined : index.named(requests)
  if (!column || !/^(?:requests|calls|queries|invocations)$/.test(noun)) return undefined
  return { kind: 'column', column, plural: true, exact: true }
}

/** `total count` is the total of a column when the table has one called `count`. */
function knownPhrase(words: readonly string[], index: ColumnIndex): ReturnType<typeof meaningOf> {
  const known = meaningOf(words)
  const figure = known?.meaning.kind === 'count' || known?.meaning.kind === 'function'
  const last = known && known.length > 1 ? words[known.length - 1] : undefined
  const match = figure && last !== undefined ? index.match([last]) : undefined
  return known && match && isExact(match) ? meaningOf(words.slice(0, known.length - 1)) : known
}

const COUNTED = new Set<Meaning['kind']>(['rows', 'function', 'filler'])

const countOrColumn = ({ match }: FoundColumn): Bare<Term> => ({
  kind: 'ambiguous',
  candidates: [match.kind === 'column' ? match.column.name : '', 'the number of rows'],
})

const ARTICLES = new Set(['the', 'a', 'an', 'there', 'in', 'of'])

/** `status is all`: after a condition's verb even a word without meaning is a value. */
function expectsValue(before: readonly EarlyTerm[], word: string): boolean {
  const [subject, verb] = [before.at(-2), before.at(-1)]
  const compares = verb?.kind === 'be' || verb?.kind === 'comparison' || verb?.kind === 'match'
  return compares && subject?.kind === 'column' && !ARTICLES.has(word.toLowerCase())
}

function unknownWord(text: string): Bare<Term> {
  const number = numberOfWord(text)
  if (number !== undefined) return { kind: 'number', value: String(number) }
  return { kind: 'text', value: text, quoted: false }
}

interface FoundColumn {
  match: ColumnMatch
  length: number
  place: number
}

function longestColumn(
  tokens: readonly Token[],
  place: number,
  index: ColumnIndex,
): FoundColumn | undefined {
  const words = wordsFrom(tokens, place, LONGEST_NAME)
  for (let length = words.length; length > 0; length -= 1) {
    const match = index.match(words.slice(0, length))
    if (match) return { match, length, place }
  }
  return undefined
}

const longerColumn = (
  tokens: readonly Token[],
  place: number,
  index: ColumnIndex,
): Found | undefined => {
  const found = longestColumn(tokens, place, index)
  return found && found.length > 1 && isExact(found.match)
    ? { term: columnTerm(found, tokens, undefined), length: found.length }
    : undefined
}

const columnOnly = (
  tokens: readonly Token[],
  place: number,
  index: ColumnIndex,
): Found | undefined => {
  const found = longestColumn(tokens, place, index)
  return found && isExact(found.match)
    ? { term: columnTerm(found, tokens, undefined), length: found.length }
    : undefined
}

const isOnes = (match: ColumnMatch): boolean =>
  match.kind === 'column' &&
  match.column.nulls === 0 &&
  match.column.min === 1 &&
  match.column.max === 1

const isExact = (match: ColumnMatch): boolean =>
  match.kind === 'column' && match.sureness === 'exact'

/** Words that follow without a mark between them; a name such as `col 2` may hold numbers. */
function wordsFrom(tokens: readonly Token[], place: number, most: number): string[] {
  const words: string[] = []
  for (const token of tokens.slice(place, place + most)) {
    const isWord = token.kind === 'word' || token.kind === 'number' || token.kind === 'ordinal'
    if (!isWord) break
    words.push(token.text)
  }
  return words
}

/** These hold a sentence together: a column with such a name must be quoted or spelled as it is. */
const STRUCTURE = new Set([
  'filler',
  'by',
  'and',
  'or',
  'not',
  'be',
  'between',
  'comparison',
  'where',
  'to',
  'which',
])
/** A column that is called like one of these is what the question means by it. */
const WORDS_FIRST_OF_COLUMNS = new Set<Meaning['kind']>([
  'share',
  'breakdown',
  'repeats',
  'part',
  'weekday',
  'edge',
  'duration',
  'who',
])
const isWeak = (meaning: Meaning): boolean => meaning.kind === 'where' && meaning.weak === true
const EXPECTS_COLUMN = new Set(['function', 'percentile', 'by', 'ordinal', 'top', 'extreme'])

function prefersColumn(
  column: FoundColumn,
  known: { meaning: Meaning; length: number } | undefined,
  previous: EarlyTerm | undefined,
  next: Token | undefined,
): boolean {
  if (!known || column.length > known.length) return true
  if (column.length < known.length) return false
  const { kind } = known.meaning
  if (WORDS_FIRST_OF_COLUMNS.has(kind) || isWeak(known.meaning)) return isExact(column.match)
  if (STRUCTURE.has(kind)) return isExact(column.match) && next?.kind === 'operator'
  if (kind === 'unit') return isExact(column.match)
  if (kind === 'price') return true
  if (kind === 'beyond' || kind === 'rows') return isExact(column.match)
  if (!isExact(column.match)) return false
  return (
    (previous !== undefined && EXPECTS_COLUMN.has(previous.kind)) ||
    next?.kind === 'operator' ||
    kind === 'columns'
  )
}

function columnTerm(
  found: FoundColumn,
  tokens: readonly Token[],
  meaning: Meaning | undefined,
): Bare<Term> {
  const { match } = found
  if (match.kind === 'ambiguous') return { kind: 'ambiguous', candidates: match.candidates }
  const last = tokens[found.place + found.length - 1]?.text ?? ''
  return {
    kind: 'column',
    column: match.column,
    plural: isPlural(last.toLowerCase()),
    exact: match.sureness === 'exact',
    ...(meaning?.kind === 'rows' && { noun: meaning.noun }),
  }
}
