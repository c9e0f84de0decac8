import { unreachable } from '../../../../platform/unreachable.ts'
import type { Cell, QueryResult, TableProfile } from '../../../tools/data/schemas.ts'
import { code, groupingLabel, measureLabel, scopeText } from '../question/labels.ts'
import type { AggregateQuestion, Figure, Question, Shape } from '../question/question.ts'
import { capitalised, formatNumber, listed, precise } from './format.ts'
import { bold, opening, roundingNote, shownRows, UNREADABLE } from './phrase-parts.ts'

export function phraseShape(
  question: AggregateQuestion,
  shape: Shape,
  result: QueryResult | undefined,
  profile: TableProfile,
): string {
  if (!result) return UNREADABLE
  switch (shape.kind) {
    case 'share':
      return question.groupings.length > 0
        ? phraseShares(question, result, profile)
        : phraseShare(question, result, profile)
    case 'each':
      return phraseEach(question, shape, result, profile)
    case 'having':
      return phraseHaving(question, shape, result, profile)
    default:
      return unreachable(shape)
  }
}

const labelOf = ({ measures: [measure] }: AggregateQuestion): string =>
  measure ? measureLabel(measure, code) : ''

const keyOf = ({ groupings: [grouping] }: AggregateQuestion): string =>
  grouping ? code(groupingLabel(grouping)) : ''

const plain = (cell: Cell): string =>
  typeof cell === 'number' ? formatNumber(cell).text : String(cell)

function phraseShare(
  question: AggregateQuestion,
  result: QueryResult,
  profile: TableProfile,
): string {
  const [percent = null, part = null, whole = null] = result.rows[0] ?? []
  const label = labelOf(question)
  if (percent === null) return `In ${code(profile.name)} there is no ${label} to take a share of.`
  const rounded = typeof percent === 'number' && formatNumber(percent).rounded
  const note = rounded ? ` (Rounded; more precisely ${precise(percent)}.)` : ''
  return `In ${code(profile.name)}, ${bold(percent)} percent of the ${label}, ${plain(part)} of ${plain(whole)}, ${question.measures[0]?.kind === 'count' ? 'are those' : 'is of rows'}${scopeText(question.filters)}.${note}`
}

function phraseShares(
  question: AggregateQuestion,
  result: QueryResult,
  profile: TableProfile,
): string {
  const where = `in ${code(profile.name)}${scopeText(question.filters)}`
  return `${capitalised(labelOf(question))} by ${keyOf(question)} ${where}, and what percent of all of these each is:\n\n${shownRows(result, 'groups')}${roundingNote(result)}`
}

const NAMES: Record<string, string> = { deviation: 'standard deviation', sum: 'total' }

const nameOf = (figure: Figure): string =>
  figure.kind === 'percentile'
    ? measureLabel({ kind: 'percentile', percent: figure.percent, column: '' }).replace(/ of $/, '')
    : (NAMES[figure.function] ?? figure.function)

function phraseEach(
  question: AggregateQuestion,
  { figures }: Extract<Shape, { kind: 'each' }>,
  result: QueryResult,
  profile: TableProfile,
): string {
  const row = result.rows[0] ?? []
  const [groups = null, span = null, overSpan = null] = row.slice(figures.length)
  const [unit, label] = [keyOf(question), labelOf(question)]
  const number = question.measures[0]?.kind === 'count' ? `number of ${label}` : label
  const start = opening(profile, question.filters)
  if (groups === 0) return `${start}, no row has a ${unit} to count by.`
  const clauses = figures.map(
    (figure, place) =>
      `the ${nameOf(figure)}${figure.kind === 'percentile' || figure.function === 'deviation' ? ' of the' : ''} ${number} per ${unit} is ${bold(row[place] ?? null)}`,
  )
  const timed = question.groupings[0]?.kind === 'time'
  const count = `${plain(groups)} ${timed ? `different ${unit}` : `values of ${unit}`} that have any`
  const gaps = timed && Number(span) > Number(groups)
  const hasAverage = figures.some(
    (figure) => figure.kind === 'function' && figure.function === 'average',
  )
  const other = !gaps
    ? ''
    : hasAverage
      ? ` From the first to the last there are ${plain(span)}, also counting those without any; over these the average is ${bold(overSpan)}.`
      : ` From the first to the last there are ${plain(span)}; those without any are not counted.`
  return `${start}, ${listed(clauses)}, over the ${count}.${other}${roundingNote(result)}`
}

const SIGNS = {
  '=': 'exactly',
  '!=': 'other than',
  '>': 'more than',
  '<': 'less than',
  '>=': 'at least',
  '<=': 'at most',
}

function phraseHaving(
  question: AggregateQuestion,
  { measure, comparison, value, counted }: Extract<Shape, { kind: 'having' }>,
  result: QueryResult,
  profile: TableProfile,
): string {
  const label = measureLabel(measure, code)
  const subject = measure.kind === 'count' ? `number of ${label}` : label
  const test = `whose ${subject} is ${SIGNS[comparison]} ${value}`
  const start = opening(profile, question.filters)
  const [[count = null] = []] = result.rows
  if (counted) {
    return `${start}, there ${count === 1 ? 'is' : 'are'} ${bold(count)} ${count === 1 ? 'value' : 'values'} of ${keyOf(question)} ${test}.`
  }
  if (result.row_count === 0) return `${start}, there is no ${keyOf(question)} ${test}.`
  return `${capitalised(labelOf(question))} of each ${keyOf(question)} ${test}, in ${code(profile.name)}${scopeText(question.filters)}:\n\n${shownRows(result, 'groups')}${roundingNote(result)}`
}

export function phraseRepeats(
  question: Extract<Question, { intent: 'repeats' }>,
  result: QueryResult | undefined,
  profile: TableProfile,
): string {
  if (!result) return UNREADABLE
  const [values = null, repeated = null, rows = null] = result.rows[0] ?? []
  return `${opening(profile, question.filters)}, ${code(question.column)} has ${bold(values)} distinct values; ${bold(repeated)} of them occur more than once, in ${bold(rows)} rows together.`
}
