/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import { ambiguous, bareColumn, timeColumn, type Draft, type Reader } from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { Grouping, Measure, TimePart, TimeUnit } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, unplaced } from '../question/unclear.ts'
import { isDuration } from '../tokens/durations.ts'
import { isDimension, isIdentifier } from './additive.ts'

const MOST_GROUPINGS = 2

/** Reads what follows `by`, `per`, `for each`: groups, or the measure that ranks or compares. */
export function readBy(reader: Reader, draft: Draft): void {
  const by = reader.take()
  reader.skip('by', 'list')
  const term = reader.peek()
  switch (term?.kind) {
    case 'function':
    case 'percentile':
    case 'ordinal':
    case 'number':
    case 'count':
    case 'extreme':
      return
    case 'rows':
      return readByRows(reader, draft, by)
    case 'text':
      throw unplaced(term.text)
    case 'ambiguous':
      throw ambiguous(term)
    case 'unit':
    case 'over-time':
    case 'part':
    case 'weekday':
    case 'column':
      return readGroupList(reader, draft, by)
    default:
      throw explained(`I cannot tell what “${by?.text ?? 'by'}” groups by.`)
  }
}

function readByRows(reader: Reader, draft: Draft, by: Term | undefined): void {
  if (by?.kind === 'by' && by.divides) {
    reader.take()
    draft.perRow = true
  }
}

function readGroupList(reader: Reader, draft: Draft, by: Term | undefined): void {
  settleExtreme(draft)
  const measuring = draft.rank !== undefined || (draft.compare && draft.groupings.length > 0)
  for (;;) {
    const term = reader.peek()
    if (term?.kind === 'column' && isMeasuring(term.column, draft, measuring)) return
    if (term?.kind === 'column' && divides(by, term.column, draft))
      return readDivisor(reader, draft)
    if (by?.text.toLowerCase() === 'per' && term) refuseSpeed(term, draft, reader)
    addGrouping(draft, takeGrouping(reader))
    const next = reader.kind(1)
    const more =
      reader.kind() === 'and' &&
      (next === 'unit' || next === 'part' || (next === 'column' && nextIsDimension(reader)))
    if (!more) return
    reader.take()
  }
}

/** `tokens per second` are a speed as well as a sum of each second, where the table has durations. */
function refuseSpeed(term: Term, { columns, measures }: Draft, { index }: Reader): void {
  if (term.kind !== 'unit' || term.unit !== 'second') return
  const [figure] = measures
  const averages = figure?.kind === 'aggregate' && figure.function === 'average'
  if (!averages && !index.columns.some(isDuration)) return
  const column = columns[0]?.column.name ?? measures.map(columnOf).find(Boolean)
  if (column === undefined || !/token/i.test(column)) return
  const duration = index.columns.find(isDuration)?.name
  if (duration === undefined) {
    throw explained(
      `“average per second” could be of single rows or of the total of each second: ask for \`total ${column} by second\`, or for its \`average\` alone.`,
    )
  }
  throw explained(
    `“per second” could be a speed or a sum over time. Ask for \`ratio of ${column} to ${duration}\`, or for \`total ${column} by second\`.`,
  )
}

const columnOf = (measure: Measure): string | undefined =>
  measure.kind === 'aggregate' || measure.kind === 'percentile' ? measure.column : undefined

/** `highest latency by model` is the maximum of each, not the model that has the highest. */
function settleExtreme(draft: Draft): void {
  const { rank, columns, groupings, asksWhich } = draft
  const ranks = rank?.counts !== false || rank.limit !== undefined || asksWhich
  if (ranks || groupings.length > 0 || columns.length === 0) return
  if (!columns.every((bare) => isNumeric(bare.column))) return
  const largest = rank.direction === 'descending'
  for (const { column } of columns) {
    draft.measures.push({
      kind: 'aggregate',
      function: largest ? 'maximum' : 'minimum',
      column: column.name,
    })
  }
  draft.columns = []
  delete draft.rank
}

/** `top users by output tokens`: what comes after `by` is left to be read as a figure. */
const isMeasuring = (column: ColumnProfile, draft: Draft, measuring: boolean): boolean =>
  isNumeric(column) && !isIdentifier(column) && (measuring || draft.compare)

const divides = (by: Term | undefined, column: ColumnProfile, draft: Draft): boolean =>
  by?.kind === 'by' &&
  by.divides &&
  isNumeric(column) &&
  !isIdentifier(column) &&
  draft.noun === undefined &&
  draft.measures.every((measure) => measure.kind !== 'count')

/** `output tokens per input token`: a ratio of totals. */
function readDivisor(reader: Reader, draft: Draft): void {
  const denominator = reader.take()
  const [last] = draft.columns
  const total = draft.measures[0]
  const numerator =
    last?.column.name ??
    (total?.kind === 'aggregate' && total.function === 'sum' ? total.column : undefined)
  const simple = draft.columns.length + draft.measures.length === 1
  if (denominator?.kind !== 'column' || numerator === undefined || !simple) {
    throw explained('A ratio needs two columns of numbers: `output tokens per input token`.')
  }
  draft.columns = []
  draft.measures = [{ kind: 'ratio', numerator, denominator: denominator.column.name }]
}

/** `ratio of output tokens to input tokens`. */
export function readRatio(reader: Reader, draft: Draft): void {
  reader.take()
  const [numerator, joint, denominator] = [reader.peek(), reader.peek(1), reader.peek(2)]
  const top = numerator && bareColumn(numerator)
  const bottom = denominator && bareColumn(denominator)
  const joined = joint?.kind === 'to' || joint?.kind === 'and'
  if (!top || !bottom || !joined || !isNumeric(top.column) || !isNumeric(bottom.column)) {
    throw explained(
      'A ratio needs two columns of numbers: `ratio of output tokens to input tokens`.',
    )
  }
  reader.place += 3
  draft.measures.push({
    kind: 'ratio',
    numerator: top.column.name,
    denominator: bottom.column.name,
  })
}

function nextIsDimension(reader: Reader): boolean {
  const term = reader.peek(1)
  const after = reader.kind(2)
  return (
    term?.kind === 'column' &&
    isDimension(term.column) &&
    after !== 'comparison' &&
    after !== 'be' &&
    after !== 'match' &&
    after !== 'text'
  )
}

export function takeGrouping(reader: Reader): Grouping {
  const term = reader.take()
  if (term?.kind === 'unit') return timeGrouping(reader, term.unit)
  if (term?.kind === 'part') return partGrouping(reader, term.part)
  if (term?.kind === 'weekday' && /^weekdays?$/i.test(term.text)) {
    return partGrouping(reader, 'day of week')
  }
  if (term?.kind === 'over-time') {
    const column = timeColumn(reader.index)
    return { kind: 'time', column: column.name, unit: fittingUnit(column) }
  }
  if (term?.kind !== 'column') throw explained('I cannot tell what to group by.')
  const { column } = term
  if (column.kind === 'time') {
    const unit = reader.peek()
    if (unit?.kind === 'unit') {
      reader.take()
      return bucket(column, unit.unit)
    }
    // `by date` means days, whatever the range.
    const isDay = column.sql_type === 'DATE' || /date|day/i.test(term.text)
    return bucket(column, isDay ? 'day' : fittingUnit(column))
  }
  if (column.kind === 'number') {
    throw explained(
      `\`${column.name}\` holds decimal numbers, so nearly every row would be a group of its own.`,
    )
  }
  return { kind: 'column', column: column.name }
}

/** `per day`, or `per day of created_at` when the table has several times. */
export function timeGrouping(reader: Reader, unit: TimeUnit): Grouping {
  const named = reader.peek()
  if (named?.kind === 'column' && named.column.kind === 'time' && !reader.kind(1)) {
    reader.take()
    return bucket(named.column, unit)
  }
  return bucket(timeColumn(reader.index), unit)
}

function bucket(column: ColumnProfile, unit: TimeUnit): Grouping {
  const fine = unit === 'second' || unit === 'minute' || unit === 'hour'
  if (column.sql_type === 'DATE' && fine) {
    throw explained(
      `\`${column.name}\` holds dates without a time of day, so there is nothing by ${unit}.`,
    )
  }
  if (column.sql_type.startsWith('TIME') && !column.sql_type.startsWith('TIMESTAMP')) {
    throw explained(
      `\`${column.name}\` holds times of day without a date; grouping them is beyond me.`,
    )
  }
  return { kind: 'time', column: column.name, unit }
}

function partGrouping(reader: Reader, part: TimePart): Grouping {
  const column = timeColumn(reader.index)
  // Refuses a column that does not have such a part.
  bucket(column, part === 'hour of day' ? 'hour' : 'day')
  return { kind: 'part', column: column.name, part }
}

const HOUR = 3_600_000

/** A unit that gives a readable number of points. */
function fittingUnit(column: ColumnProfile): TimeUnit {
  const range = Date.parse(String(column.max)) - Date.parse(String(column.min))
  if (column.sql_type !== 'DATE') {
    if (range <= 3 * HOUR) return 'minute'
    if (range <= 4 * 24 * HOUR) return 'hour'
  }
  return range <= 120 * 24 * HOUR ? 'day' : 'month'
}

export function addGrouping(draft: Draft, grouping: Grouping): void {
  const same = draft.groupings.some((known) => JSON.stringify(known) === JSON.stringify(grouping))
  if (same) return
  if (draft.groupings.length === MOST_GROUPINGS) {
    throw explained('I group by two things at most.')
  }
  draft.groupings.push(grouping)
}

/** `top 5 users`, `bottom 3 models`, `which model`, `busiest hour`: what is ranked or listed. */
export function readRanked(reader: Reader, draft: Draft): void {
  const term = reader.peek()
  const weekday = term?.kind === 'weekday' && /^weekdays?$/i.test(term.text)
  if (term?.kind === 'part' || weekday) {
    addGrouping(draft, takeGrouping(reader))
  } else if (term?.kind === 'unit') {
    reader.take()
    addGrouping(draft, timeGrouping(reader, term.unit))
  } else if (term?.kind === 'column' && isDimension(term.column) && !isConditioned(reader)) {
    addGrouping(draft, takeGrouping(reader))
  }
}

/** In `which model did ana use` the value does not stand right after its column. */
function isConditioned(reader: Reader): boolean {
  const [column, next] = [reader.peek(), reader.peek(1)]
  if (next?.kind === 'text') return column !== undefined && next.start <= column.end + 1
  return next?.kind === 'comparison' || next?.kind === 'match'
}

export const bucketOf = (index: Reader['index'], unit: TimeUnit): Grouping =>
  bucket(timeColumn(index), unit)
