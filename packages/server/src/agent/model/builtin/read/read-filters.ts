/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import { ambiguous, timeColumn, type Draft, type Reader } from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { Comparison, Literal } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, unplaced } from '../question/unclear.ts'
import { durationColumn, takeInUnit, unitAhead } from '../tokens/durations.ts'
import { onlyDay, readAfterColumn, readBetween } from './column-filter.ts'
import { readPeriod, readWeekday } from './read-calendar.ts'
import { takeHaving } from './read-shape.ts'
import { readLiteral } from './read-values.ts'
import { readWithout } from './read-without.ts'
import { columnStartsCondition, isMoment } from './starts-condition.ts'

/** Reads conditions after `where`, `with`, `for`, `on` and their like; none may follow. */
export function readConditions(reader: Reader, source: string, draft: Draft): void {
  const opener = reader.peek()
  if (opener?.kind !== 'where') return
  reader.take()
  if (!readCondition(reader, source, draft, opener)) return
  while (continues(reader)) {
    if (reader.kind() === 'or') {
      throw explained(
        'Conditions joined by “or” are beyond me, but for values of one column: `model is a or b`.',
      )
    }
    reader.take()
    const next = reader.peek()
    if (next?.kind === 'where') reader.take()
    if (!readCondition(reader, source, draft, next?.kind === 'where' ? next : opener)) return
  }
}

/** Another condition follows `and`: not another figure, grouping or question. */
function continues(reader: Reader): boolean {
  if (reader.kind() === 'or') return true
  if (reader.kind() !== 'and') return false
  const after = reader.kind(1)
  if (after === 'where') return startsCondition(reader, 2)
  return startsCondition(reader, 1)
}

function startsCondition(reader: Reader, ahead: number): boolean {
  const kind = reader.kind(ahead)
  return (
    kind === 'comparison' ||
    kind === 'between' ||
    kind === 'period' ||
    kind === 'not' ||
    isMoment(kind) ||
    columnStartsCondition(reader, ahead)
  )
}

/** One condition, put into the draft; false, with nothing taken, when none starts here. */
export function readCondition(
  reader: Reader,
  source: string,
  draft: Draft,
  opener: Term | undefined,
): boolean {
  const term = reader.peek()
  switch (term?.kind) {
    case 'column':
      return readColumnCondition(reader, source, draft, term.column)
    case 'ambiguous':
      throw ambiguous(term)
    case 'comparison':
      return readLeadingComparison(reader, source, draft)
    case 'between':
      return readLeadingBetween(reader, source, draft)
    case 'date':
    case 'time':
    case 'moment':
      return readTimeCondition(reader, source, draft, opener)
    case 'period':
      return readPeriod(reader, draft, opener)
    case 'weekday':
      return readWeekday(reader, draft)
    case 'text':
      return readBareValues(reader, source, draft)
    case 'not':
      readWithout(reader, source, draft)
      return true
    default:
      return false
  }
}

/** `model is a`, `latency > 5`, `name contains x`, `user alice`, with the column first. */
export function readColumnCondition(
  reader: Reader,
  source: string,
  draft: Draft,
  column: ColumnProfile,
): boolean {
  const start = reader.place
  const counts = reader.kind(1) === 'comparison' || reader.kind(1) === 'between'
  if (counts && !columnStartsCondition(reader, 0)) return false
  reader.take()
  const filter = readAfterColumn(reader, source, column)
  if (!filter) {
    reader.place = start
    return false
  }
  draft.filters.push(filter)
  return true
}

/** `more than 1000 input tokens`: the column comes last. */
function readLeadingComparison(reader: Reader, source: string, draft: Draft): boolean {
  const [comparison, number, column] = [reader.peek(), reader.peek(1), reader.peek(2)]
  if (comparison?.kind !== 'comparison') return false
  if (takeHaving(reader, draft)) return true
  if (number?.kind === 'number' && unitAhead(reader, 2) !== undefined) {
    return readDuration(reader, draft, comparison.comparison, number.value)
  }
  if (number?.kind !== 'number')
    throw explained(`I cannot tell what “${comparison.text}” compares.`)
  if (column?.kind === 'ambiguous') throw ambiguous(column)
  if (column?.kind !== 'column' || !isNumeric(column.column)) {
    if (column?.kind === 'text') throw unplaced(column.text)
    throw explained(
      `“${comparison.text} ${number.text}” needs a column of numbers after it, or rows where groups alone are asked for: “users with more than 100 requests”.`,
    )
  }
  reader.place += 3
  const value: Literal = { kind: 'number', text: number.value }
  draft.filters.push({
    kind: 'compare',
    column: column.column.name,
    comparison: comparison.comparison,
    value,
  })
  return true
}

/** `longer than 5 seconds`: the unit says that the one column of durations is meant. */
function readDuration(reader: Reader, draft: Draft, comparison: Comparison, number: string): true {
  if (/over|under|above|below/i.test(reader.peek()?.text ?? '')) {
    throw explained(
      `“${reader.peek()?.text ?? ''} ${reader.peek(1)?.text ?? ''} ${reader.peek(2)?.text ?? ''}” could be how long each took, or a stretch of time: say “took longer than” or name the column.`,
    )
  }
  const column = durationColumn(reader.index, reader.peek(2)?.text ?? '')
  reader.place += 2
  const value: Literal = { kind: 'number', text: takeInUnit(reader, column, number) }
  draft.filters.push({ kind: 'compare', column: column.name, comparison, value })
  return true
}

/** `between 100 and 200 input tokens`, `between 18:30 and 18:45`. */
function readLeadingBetween(reader: Reader, source: string, draft: Draft): boolean {
  const start = reader.place
  reader.take()
  if (reader.kind() === 'period') return readPeriod(reader, draft, undefined, 'between')
  if (isMoment(reader.kind())) {
    draft.filters.push(readBetween(reader, source, timeColumn(reader.index)))
    return true
  }
  const [low, joint, high, column] = [0, 1, 2, 3].map((ahead) => reader.peek(ahead))
  const joined = joint?.kind === 'and' || joint?.kind === 'to'
  if (low?.kind === 'number' && joined && high?.kind === 'number') {
    if (column?.kind === 'ambiguous') throw ambiguous(column)
    if (column?.kind === 'column' && isNumeric(column.column)) {
      reader.place += 4
      draft.filters.push({
        kind: 'between',
        column: column.column.name,
        low: { kind: 'number', text: low.value },
        high: { kind: 'number', text: high.value },
      })
      return true
    }
  }
  reader.place = start
  throw explained('“between” needs two values and the column they belong to.')
}

/** `on 2023-11-16`, `after 18:30`, `from 18:30 to 18:45`. */
function readTimeCondition(
  reader: Reader,
  source: string,
  draft: Draft,
  opener: Term | undefined,
): boolean {
  const column = timeColumn(reader.index)
  const until = reader.peek(1)
  const rangeEnds = until?.kind === 'to' || (until?.kind === 'where' && until.comparison === '<=')
  if (rangeEnds && isMoment(reader.kind(2))) {
    const low = readLiteral(reader, source, column)
    reader.take()
    const high = readLiteral(reader, source, column)
    if (!low || !high || low.kind !== high.kind) {
      throw explained(
        'A range of time needs two values of one kind: two dates, or two times of day.',
      )
    }
    draft.filters.push({ kind: 'between', column: column.name, low, high })
    return true
  }
  const stated = opener?.kind === 'where' ? opener.comparison : undefined
  const comparison = stated ?? (opener?.text.toLowerCase() === 'from' ? '>=' : onlyDay(reader))
  const value = readLiteral(reader, source, column)
  if (!value) return false
  draft.filters.push({ kind: 'compare', column: column.name, comparison, value })
  return true
}

/** `for gpt-4o`, `from alice or bob`: the data will say whose values these are. */
function readBareValues(reader: Reader, source: string, draft: Draft): boolean {
  const values: string[] = []
  do {
    const run = reader.takeTextRun(source)
    if (run) values.push(run.value)
    const next = reader.kind()
    const verb = source.slice(reader.peek(-1)?.end ?? 0, reader.peek()?.start ?? 0)
    const apart = next === 'comparison' && /\b(?:have|has|had)\b/i.test(verb)
    if (apart) break
    if (next === 'be' || next === 'comparison' || next === 'match') throw unplaced(run?.text ?? '')
    // `for a and b` asks about each; `for a or b` about both together.
    if (reader.kind() === 'and' && reader.kind(1) === 'text') draft.compare = true
  } while (takeBareListMark(reader))
  draft.filters.push({ kind: 'values', values })
  return true
}

function takeBareListMark(reader: Reader): boolean {
  const joint = reader.kind() === 'or' || reader.kind() === 'and'
  if (!joint || reader.kind(1) !== 'text') return false
  reader.take()
  return true
}
