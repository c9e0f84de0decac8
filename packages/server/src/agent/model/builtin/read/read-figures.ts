import {
  ambiguous,
  bareColumn,
  type BareColumn,
  type Draft,
  type Reader,
} from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { AggregateFunction, Figure, Measure } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, Unclear, unplaced } from '../question/unclear.ts'
/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import { addsUp, isDimension } from './additive.ts'
import { takeEach, takePeak } from './read-shape.ts'
import { KIND_NAMES } from './read-values.ts'
import { columnStartsCondition } from './starts-condition.ts'

/** Reads `average, median and p95 of latency`: functions first, then the columns they all take. */
export function readFigures(reader: Reader, draft: Draft): void {
  if (takePeak(reader, draft)) return
  const figures = takeFigures(reader)
  if (takeEach(reader, draft, figures)) return
  if (isNumberOfColumn(reader)) reader.take()
  const columns = takeColumns(reader)
  if (columns.length > 0) {
    for (const column of columns) {
      for (const figure of figures) draft.measures.push(measureOf(figure, column))
    }
    return
  }
  const next = reader.peek()
  if (next?.kind === 'ambiguous') throw ambiguous(next)
  if (next?.kind === 'rows') return readFigureOfRows(reader, draft, figures, next.noun)
  if (next?.kind === 'columns' && isOnly(figures, 'sum')) return
  if (next?.kind === 'count') {
    throw explained(
      'Figures of counts are of rows for each of something: `average requests per hour`.',
    )
  }
  if (next?.kind === 'price') {
    throw explained(
      'The table has no column of costs; name a model and I can price the tokens on it.',
    )
  }
  if (next?.kind === 'unit') throw explained(`I cannot take a figure of “${next.text}”.`)
  if (next?.kind === 'text') throw unplaced(next.text)
  applyToColumnsBefore(draft, figures)
}

/**
 * `average number of stars` is the average of a column of numbers; of `per user` it could be that of
 * single rows or of the sum of each, and stays for who asks to say.
 */
export function isNumberOfColumn(reader: Reader): boolean {
  const [count, column] = [reader.peek(), reader.peek(1)]
  if (count?.kind !== 'count' || column?.kind !== 'column') return false
  if (/^how\b|^counts?\b/i.test(count.text) || !isNumeric(column.column)) return false
  if (isDimension(column.column)) return false
  return !reader.terms
    .slice(reader.place + 2)
    .some((term) => term.kind === 'by' || (term.kind === 'unit' && term.alone))
}

/** `latency: min, max and p95`, `GeneratedTokens p95`: the column came first. */
function applyToColumnsBefore(draft: Draft, figures: Figure[]): void {
  const before = draft.columns.filter((bare) => isNumeric(bare.column))
  if (before.length === 0) {
    draft.figures.push(...figures)
    return
  }
  draft.columns = draft.columns.filter((bare) => !isNumeric(bare.column))
  for (const bare of before) {
    for (const figure of figures) draft.measures.push(measureOf(figure, bare))
  }
}

function readFigureOfRows(reader: Reader, draft: Draft, figures: Figure[], noun: string): void {
  if (!isOnly(figures, 'sum')) {
    throw explained(
      `I cannot take that figure of “${noun}”: they are the rows, which can be counted.`,
    )
  }
  reader.take()
  draft.measures.push({ kind: 'count', noun })
}

const isOnly = (figures: Figure[], name: AggregateFunction): boolean =>
  figures.length === 1 && figures[0]?.kind === 'function' && figures[0].function === name

export function takeFigures(reader: Reader): Figure[] {
  const figures: Figure[] = []
  for (;;) {
    const figure = takeFigure(reader)
    if (figure) figures.push(figure)
    else if (isJoint(reader.peek()) && startsFigure(reader, 1)) reader.take()
    else return figures
  }
}

const isJoint = (term: Term | undefined): boolean => term?.kind === 'and' || term?.text === '/'

function startsFigure(reader: Reader, ahead: number): boolean {
  const kind = reader.kind(ahead)
  if (kind === 'number') return reader.kind(ahead + 1) === 'percentile'
  return kind === 'function' || kind === 'percentile' || kind === 'ordinal'
}

function takeFigure(reader: Reader): Figure | undefined {
  const term = reader.peek()
  switch (term?.kind) {
    case 'function':
      reader.take()
      return { kind: 'function', function: term.function }
    case 'ordinal':
      return takeOrdinal(reader, term)
    case 'percentile': {
      const number = reader.peek(1)
      if (number?.kind !== 'number' && number?.kind !== 'ordinal') {
        throw explained('Say which percentile, such as the ninety-fifth: `p95`.')
      }
      reader.place += 2
      return percentile(Number(number.value), term.text)
    }
    case 'number':
      if (reader.kind(1) !== 'percentile') return undefined
      reader.place += 2
      return percentile(Number(term.value), reader.peek(-1)?.text ?? '')
    default:
      return undefined
  }
}

/** `90th and 95th percentile`: the word may come after the last of several. */
function takeOrdinal(reader: Reader, term: Extract<Term, { kind: 'ordinal' }>): Figure | undefined {
  let ahead = 1
  while (isJoint(reader.peek(ahead)) || reader.kind(ahead) === 'ordinal') ahead += 1
  const named = reader.kind(ahead) === 'percentile'
  if (!named && !term.percentile) throw unplaced(term.text)
  reader.take()
  if (reader.kind() === 'percentile') reader.take()
  return percentile(term.value, 'percentile')
}

function percentile(value: number, word: string): Figure {
  const percent =
    /quantile/i.test(word) && value <= 1 ? Number((value * 100).toPrecision(12)) : value
  if (!(percent >= 0 && percent <= 100)) throw explained('A percentile lies between 0 and 100.')
  return { kind: 'percentile', percent }
}

/** `input and output tokens`: columns in a row, until one that begins something else. */
export function takeColumns(reader: Reader): BareColumn[] {
  const columns: BareColumn[] = []
  for (;;) {
    const term = reader.peek()
    const bare = term && bareColumn(term)
    if (!bare) return columns
    reader.take()
    columns.push(bare)
    if (!isJoint(reader.peek())) return columns
    const next = reader.peek(1)
    const nextBare = next && bareColumn(next)
    if (!nextBare || !sameSort(bare, nextBare) || columnStartsCondition(reader, 1)) return columns
    reader.take()
  }
}

const sameSort = (one: BareColumn, other: BareColumn): boolean =>
  isNumeric(one.column) === isNumeric(other.column)

export function measureOf(figure: Figure, bare: BareColumn): Measure {
  const { column } = bare
  if (figure.kind === 'percentile') {
    requireNumbers(bare)
    return { kind: 'percentile', percent: figure.percent, column: column.name }
  }
  if (figure.function === 'minimum' || figure.function === 'maximum') {
    if (column.kind !== 'time') requireNumbers(bare)
  } else if (figure.function !== 'distinct') {
    requireNumbers(bare)
  }
  return { kind: 'aggregate', function: figure.function, column: column.name }
}

function requireNumbers({ column }: BareColumn): void {
  if (isNumeric(column)) return
  throw explained(
    `\`${column.name}\` is a column of ${KIND_NAMES[column.kind]}, and that figure needs numbers.`,
  )
}

/** What a bare column measures, if that is certain. */
export function bareMeasure(bare: BareColumn): Measure {
  if (addsUp(bare)) return { kind: 'aggregate', function: 'sum', column: bare.column.name }
  throw new Unclear({ kind: 'which-figure', column: bare.column.name })
}

/** Reads what `how many` counts: rows, distinct values, or the total of a countable column. */
export function readCounted(reader: Reader, draft: Draft): void {
  reader.skip('list')
  const term = reader.peek()
  if (term?.kind === 'columns') return
  if (term?.kind === 'function' && term.function === 'distinct') return readFigures(reader, draft)
  if (term?.kind === 'function' && term.function === 'sum') {
    reader.take()
    return readCounted(reader, draft)
  }
  if (term?.kind === 'rows') {
    reader.take()
    draft.measures.push({ kind: 'count', noun: term.noun })
    readMoreCounted(reader, draft)
    return
  }
  if (term?.kind === 'ambiguous') throw ambiguous(term)
  if (term?.kind === 'unit') throw explained(`I count rows and values, not ${term.text}.`)
  if (readFlag(reader, draft)) return readCounted(reader, draft)
  const columns = columnStartsCondition(reader, 0) ? [] : takeColumns(reader)
  for (const column of columns) draft.measures.push(countedMeasure(column, reader))
  if (columns.length === 0) draft.counts = true
}

/** `how many requests and output tokens`. */
function readMoreCounted(reader: Reader, draft: Draft): void {
  if (reader.kind() !== 'and') return
  const next = reader.peek(1)
  if (next?.kind !== 'column') return
  if (columnStartsCondition(reader, 1)) return
  reader.take()
  for (const column of takeColumns(reader)) draft.measures.push(countedMeasure(column, reader))
}

function countedMeasure(bare: BareColumn, reader: Reader): Measure {
  const { column } = bare
  const term = reader.peek(-1)
  if (term?.kind === 'column' && term.noun !== undefined) {
    throw new Unclear({
      kind: 'ambiguous',
      phrase: term.text,
      candidates: [column.name, `the rows of the table`],
    })
  }
  if (isDimension(column)) return { kind: 'aggregate', function: 'distinct', column: column.name }
  return bareMeasure(bare)
}

/** `cached requests`: rows in which a column of true and false is true. */
export function readFlag(reader: Reader, draft: Draft): boolean {
  const term = reader.peek()
  if (term?.kind !== 'column' || term.column.kind !== 'boolean') return false
  if (reader.kind(1) !== 'rows') return false
  reader.take()
  draft.filters.push({
    kind: 'compare',
    column: term.column.name,
    comparison: '=',
    value: { kind: 'boolean', value: true },
  })
  return true
}
