/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { Reader } from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { Comparison, Filter, Literal } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained } from '../question/unclear.ts'
import { takeInUnit } from '../tokens/durations.ts'
import { readAnyLiteral, readLiteral } from './read-values.ts'
import { isMoment } from './starts-condition.ts'

const OPPOSITE: Record<Comparison, Comparison> = {
  '=': '!=',
  '!=': '=',
  '>': '<=',
  '<': '>=',
  '>=': '<',
  '<=': '>',
}

/** The filter that the words after a column make with it; undefined when they make none. */
export function readAfterColumn(
  reader: Reader,
  source: string,
  column: ColumnProfile,
): Filter | undefined {
  const term = reader.peek()
  switch (term?.kind) {
    case 'be':
      reader.take()
      return readAfterBe(reader, source, column)
    case 'not':
      return readNegated(reader, source, column)
    case 'comparison':
      reader.take()
      return compared(reader, source, column, term.comparison)
    case 'match':
      reader.take()
      return matched(reader, source, column, { match: term.match, negated: false })
    case 'between':
      reader.take()
      return readBetween(reader, source, column)
    case 'where':
      return readAfterPreposition(reader, source, column, term)
    case 'text':
      return column.kind === 'text' ? valueList(reader, source, column) : undefined
    case 'number':
      return isNumeric(column) && reader.index.roleOf(column.name) === 'user'
        ? compared(reader, source, column, '=')
        : undefined
    default:
      return undefined
  }
}

function readAfterBe(reader: Reader, source: string, column: ColumnProfile): Filter | undefined {
  const term = reader.peek()
  switch (term?.kind) {
    case 'not':
      return readNegated(reader, source, column)
    case 'empty':
      reader.take()
      return { kind: 'empty', column: column.name, negated: false }
    case 'between':
      reader.take()
      return readBetween(reader, source, column)
    case 'comparison':
      reader.take()
      return compared(reader, source, column, term.comparison)
    case 'match':
      reader.take()
      return matched(reader, source, column, { match: term.match, negated: false })
    case 'where':
      return readAfterPreposition(reader, source, column, term)
    case 'function':
    case 'percentile':
    case 'extreme':
    case undefined:
      return undefined
    default:
      return valueList(reader, source, column)
  }
}

function readNegated(reader: Reader, source: string, column: ColumnProfile): Filter | undefined {
  reader.take()
  return readNegatedWord(reader, source, column) ?? compared(reader, source, column, '!=')
}

/** `not empty`, `not contains x`, `not more than 5`. */
function readNegatedWord(
  reader: Reader,
  source: string,
  column: ColumnProfile,
): Filter | undefined {
  const term = reader.peek()
  if (term?.kind === 'empty') {
    reader.take()
    return { kind: 'empty', column: column.name, negated: true }
  }
  if (term?.kind === 'match') {
    reader.take()
    return matched(reader, source, column, { match: term.match, negated: true })
  }
  if (term?.kind === 'comparison') {
    reader.take()
    return compared(reader, source, column, OPPOSITE[term.comparison])
  }
  return undefined
}

/** `TIMESTAMP after 18:30`, `model in a or b`. */
function readAfterPreposition(
  reader: Reader,
  source: string,
  column: ColumnProfile,
  term: Extract<Term, { kind: 'where' }>,
): Filter | undefined {
  if (column.kind === 'time' && isMoment(reader.kind(1))) {
    reader.take()
    return compared(reader, source, column, term.comparison ?? onlyDay(reader))
  }
  const wanted = column.kind === 'text' ? 'text' : isNumeric(column) ? 'number' : undefined
  if (term.text.toLowerCase() === 'in' && wanted !== undefined && reader.kind(1) === wanted) {
    reader.take()
    return valueList(reader, source, column)
  }
  return undefined
}

function compared(
  reader: Reader,
  source: string,
  column: ColumnProfile,
  comparison: Comparison,
): Filter {
  if (comparison === '=') return valueList(reader, source, column)
  if (comparison === '!=') {
    const negated = readNegatedWord(reader, source, column)
    if (negated) return negated
  }
  const value =
    comparison === '!='
      ? readAnyLiteral(reader, source, column)
      : readLiteral(reader, source, column)
  if (!value) throw comparedWithNothing(reader, column)
  if (value.kind === 'number') value.text = takeInUnit(reader, column, value.text)
  if (value.kind === 'text' && comparison !== '!=') {
    throw explained(`\`${column.name}\` is text, which is equal or not, but not more or less.`)
  }
  if (comparison === '!=' && reader.kind() === 'or') {
    throw explained('“Not this or that” can be read in two ways; ask with one value at a time.')
  }
  return { kind: 'compare', column: column.name, comparison, value }
}

function comparedWithNothing(reader: Reader, column: ColumnProfile): Error {
  const term = reader.peek()
  return term
    ? explained(
        `I cannot compare \`${column.name}\` with “${term.text}”: it takes a value, such as a number or a word.`,
      )
    : explained(`The condition on \`${column.name}\` has no value to compare with.`)
}

/** `is a`, `is a or b`. */
function valueList(reader: Reader, source: string, column: ColumnProfile): Filter {
  const values: Literal[] = []
  do {
    const value: Literal | undefined =
      values.length === 0
        ? readAnyLiteral(reader, source, column)
        : readLiteral(reader, source, column)
    if (!value) throw comparedWithNothing(reader, column)
    values.push(value)
  } while (takeListMark(reader))
  const [only] = values
  if (only && values.length === 1) {
    return { kind: 'compare', column: column.name, comparison: '=', value: only }
  }
  const texts = values.map((value) => (value.kind === 'boolean' ? String(value.value) : value.text))
  if (column.kind !== 'text' && !isNumeric(column)) {
    throw explained(`Only one value of \`${column.name}\` at a time.`)
  }
  return { kind: 'in', column: column.name, values: texts, numeric: isNumeric(column) }
}

/** `a or b`, `a, b or c`: but `a, and …` may begin something else. */
function takeListMark(reader: Reader): boolean {
  const value = reader.kind(1) === 'text' || reader.kind(1) === 'number'
  if (reader.kind() === 'or' && value) {
    reader.take()
    return true
  }
  const listed = reader.peek()?.text === ',' && value && orFollows(reader)
  if (listed) reader.take()
  return listed
}

function orFollows(reader: Reader): boolean {
  for (let ahead = 0; ; ahead += 1) {
    const term = reader.peek(ahead)
    if (term?.kind === 'or') return true
    if (term?.kind !== 'text' && term?.kind !== 'number' && term?.text !== ',') return false
  }
}

function matched(
  reader: Reader,
  source: string,
  column: ColumnProfile,
  how: { match: 'contains' | 'starts' | 'ends'; negated: boolean },
): Filter {
  if (column.kind !== 'text') {
    throw explained(`\`${column.name}\` is not text, so it contains no words to look for.`)
  }
  const value = readAnyLiteral(reader, source, column)
  if (value?.kind !== 'text') throw comparedWithNothing(reader, column)
  return { kind: 'match', column: column.name, text: value.text, ...how }
}

export function readBetween(reader: Reader, source: string, column: ColumnProfile): Filter {
  const low = readLiteral(reader, source, column)
  if (low && (reader.kind() === 'and' || reader.kind() === 'to')) reader.take()
  const high = low && readLiteral(reader, source, column)
  if (!low || !high || low.kind !== high.kind) {
    throw explained(
      `“between” on \`${column.name}\` needs two values of one kind: \`between a and b\`.`,
    )
  }
  return { kind: 'between', column: column.name, low, high }
}

/** Without “after” or “before” only a whole day can be meant. */
export function onlyDay(reader: Reader): Comparison {
  if (reader.kind() === 'date') return '='
  throw explained(
    `“${reader.peek()?.text ?? ''}” is a point in time: say “after”, “before” or “between … and …”.`,
  )
}
