import { unreachable } from '../../../../platform/unreachable.ts'
import type {
  Cell,
  ChartResult,
  PriceResult,
  QueryResult,
  TableProfile,
} from '../../../tools/data/schemas.ts'
import type { WorkloadProfile } from '../../../tools/workload/schemas.ts'
import { drawable, isCrowded, MOST_BARS } from '../plan/plan.ts'
import { code, groupingLabel, measureLabel, scopeText } from '../question/labels.ts'
import type { AggregateQuestion, Measure, Question, RowsQuestion } from '../question/question.ts'
import { capitalised, formatCell, formatNumber, listed, precise } from './format.ts'
import { phraseColumns } from './phrase-columns.ts'
import { bold, opening, roundingNote, shownRows, UNREADABLE } from './phrase-parts.ts'
import { phrasePrices } from './phrase-prices.ts'
import { phraseRepeats, phraseShape } from './phrase-shape.ts'
import { phraseSpend } from './phrase-spend.ts'

/** What a question's calls came to, in the order of its plan. */
export type Result =
  | { kind: 'query'; value: QueryResult }
  | { kind: 'chart'; value: ChartResult }
  | { kind: 'price'; value: PriceResult }
  | { kind: 'spend'; value: WorkloadProfile }

/** The answer to one question, in Markdown. Each of its numbers stands in a result. */
export function phrase(
  question: Question,
  results: readonly Result[],
  profile: TableProfile,
): string {
  switch (question.intent) {
    case 'columns':
      return phraseColumns(profile)
    case 'price':
      return phrasePrices(
        question,
        results.flatMap((result) => (result.kind === 'price' ? [result.value] : [])),
      )
    case 'spend':
      return phraseSpend(
        question,
        results.find((result) => result.kind === 'spend')?.value,
        profile.name,
      )
    case 'histogram':
      return phraseHistogram(
        question.column,
        scopeText(question.filters),
        profile,
        chartOf(results),
      )
    case 'repeats':
      return phraseRepeats(question, queryOf(results), profile)
    case 'rows':
      return phraseRows(question, queryOf(results), profile)
    case 'aggregate':
      return [phraseAggregate(question, results, profile), ...ofRows(question, profile)].join(
        '\n\n',
      )
    default:
      return unreachable(question)
  }
}

/** Where rows are sums of several requests, a figure of rows is none of requests. */
function ofRows({ measures }: AggregateQuestion, { name, roles }: TableProfile): string[] {
  const isOfRows = measures.some(
    (measure) =>
      measure.kind === 'percentile' ||
      (measure.kind === 'aggregate' &&
        measure.function !== 'sum' &&
        measure.function !== 'distinct'),
  )
  if (roles.requests === undefined || !isOfRows) return []
  return [
    `Rows of ${code(name)} stand for several requests each, as ${code(roles.requests)} says: this is of rows, not of requests.`,
  ]
}

const queryOf = (results: readonly Result[]): QueryResult | undefined =>
  results.find((result) => result.kind === 'query')?.value

const chartOf = (results: readonly Result[]): ChartResult | undefined =>
  results.find((result) => result.kind === 'chart')?.value

function phraseAggregate(
  question: AggregateQuestion,
  results: readonly Result[],
  profile: TableProfile,
): string {
  const result = queryOf(results)
  if (question.shape) return phraseShape(question, question.shape, result, profile)
  if (question.chart !== undefined) return phraseChart(question, result, profile)
  if (!result) return UNREADABLE
  if (question.groupings.length === 0) return phraseFigures(question, result, profile)
  return phraseGroups(question, result, profile)
}

function phraseFigures(
  question: AggregateQuestion,
  result: QueryResult,
  profile: TableProfile,
): string {
  const [row = []] = result.rows
  const clauses = question.measures.map((measure, place) =>
    figureClause(measure, row[place] ?? null),
  )
  const rounded = question.measures.flatMap((measure, place) =>
    unrounded(measure, row[place] ?? null),
  )
  const note = rounded.length > 0 ? ` (Rounded; more precisely ${listed(rounded)}.)` : ''
  return `${opening(profile, question.filters)}, ${listed(clauses)}.${note}`
}

function figureClause(measure: Measure, cell: Cell): string {
  const label = measureLabel(measure, code)
  if (cell === null) return `there is no ${label}, because no row has a value to compute it from`
  const value = bold(cell)
  if (measure.kind === 'count') {
    return cell === 1 ? `there is ${value} of the ${label}` : `there are ${value} ${label}`
  }
  if (measure.kind === 'aggregate' && measure.function === 'distinct') {
    return `${code(measure.column)} has ${value} distinct ${cell === 1 ? 'value' : 'values'}`
  }
  return `the ${label} is ${value}`
}

/** The unrounded value beside a rounded one. */
function unrounded(measure: Measure, cell: Cell): string[] {
  if (typeof cell !== 'number' || !formatNumber(cell).rounded) return []
  return [`${measureLabel(measure, code)} ${precise(cell)}`]
}

function phraseGroups(
  question: AggregateQuestion,
  result: QueryResult,
  profile: TableProfile,
): string {
  const what = listed(question.measures.map((measure) => measureLabel(measure, code)))
  const by = listed(question.groupings.map((grouping) => code(groupingLabel(grouping))))
  const where = `in ${code(profile.name)}${scopeText(question.filters)}`
  if (result.row_count === 0)
    return `No row ${where} has a value to group, so there is nothing to show.`
  const winner = phraseWinner(question, result, where)
  if (winner !== undefined) return winner
  const order = question.rank
    ? `, ${question.rank.direction === 'descending' ? 'highest' : 'lowest'} first`
    : ''
  const ties =
    question.rank && result.row_count > question.rank.limit
      ? `\n\nTies make these more than ${question.rank.limit}.`
      : ''
  return `${capitalised(what)} by ${by} ${where}${order}:\n\n${shownRows(result, 'groups')}${ties}${roundingNote(result)}`
}

/** `which model has the most requests`: one group, or those that tie. */
function phraseWinner(
  question: AggregateQuestion,
  result: QueryResult,
  where: string,
): string | undefined {
  const { rank, groupings, measures } = question
  const [row] = result.rows
  if (rank?.limit !== 1 || groupings.length !== 1 || measures.length !== 1 || !row) return undefined
  const [key, cell = null] = row
  const [grouping] = groupings
  const [measure] = measures
  if (!grouping || !measure) return undefined
  const few = rank.direction === 'ascending' && grouping.kind === 'time' && measure.kind === 'count'
  const gaps = few ? `\n\nAny ${code(groupingLabel(grouping))} without a row is not counted.` : ''
  const name = `${code(groupingLabel(grouping))} ${formatCell(key, result.columns[0]?.kind)}`
  const degree = rank.direction === 'descending' ? 'highest' : 'lowest'
  if (result.row_count > 1) {
    return `Several tie for the ${degree} ${rankedLabel(measure)} ${where}, with ${bold(cell)} each:\n\n${shownRows(result, 'groups')}${gaps}`
  }
  const label = rankedLabel(measure)
  const note =
    typeof cell === 'number' && formatNumber(cell).rounded
      ? ` (Rounded; more precisely ${precise(cell)}.)`
      : ''
  return `${capitalised(name)} has the ${degree} ${label} ${where}: ${bold(cell)}.${note}${gaps}`
}

const rankedLabel = (measure: Measure): string =>
  measure.kind === 'count' ? `number of ${measure.noun}` : measureLabel(measure, code)

function phraseRows(
  question: RowsQuestion,
  result: QueryResult | undefined,
  profile: TableProfile,
): string {
  if (!result) return UNREADABLE
  const where = `of ${code(profile.name)}${scopeText(question.filters)}`
  if (result.row_count === 0) return `No row ${where}.`
  const order = question.order
    ? `, ${question.order.direction === 'descending' ? 'highest' : 'lowest'} ${code(question.order.column)} first`
    : ''
  const atMost = result.row_count >= question.limit ? ` (at most ${question.limit} shown)` : ''
  return `Rows ${where}${order}${atMost}:\n\n${shownRows(result, 'rows')}${roundingNote(result)}`
}

function phraseChart(
  question: AggregateQuestion,
  summary: QueryResult | undefined,
  profile: TableProfile,
): string {
  const what = listed(question.measures.map((measure) => measureLabel(measure, code)))
  const by = listed(question.groupings.map((grouping) => code(groupingLabel(grouping))))
  const where = `in ${code(profile.name)}${scopeText(question.filters)}`
  const drawn = drawable(question, profile)
  if (drawn !== question) return phraseCoarse(question, drawn, summary, where)
  const start = `The chart shows ${what} by ${by} ${where}`
  const [row] = summary?.rows ?? []
  if (!summary || !row) return `${start}.`
  const [points, first, last, lowest, highest, highestAt] = row
  if (points === 0) return `No row ${where} has a value to draw.`
  const kind = summary.columns[1]?.kind
  const crowded = isCrowded(question, profile) ? ` (the ${MOST_BARS} largest)` : ''
  const range =
    kind === 'time' ? ` from ${formatCell(first, kind)} to ${formatCell(last, kind)}` : ''
  const [measure] = question.measures
  const subject = measure ? rankedLabel(measure) : 'value'
  const peak = `The highest ${subject} is ${bold(highest ?? null)}, ${kind === 'time' ? 'first at' : 'for'} ${formatCell(highestAt, summary.columns[5]?.kind)}; the lowest is ${bold(lowest ?? null)}.`
  return `${start}: ${formatCell(points, 'integer')} ${points === 1 ? 'point' : 'points'}${crowded}${range}. ${peak}`
}

/** The chart is by a coarser unit than was asked; the figures are by the unit that was. */
function phraseCoarse(
  question: AggregateQuestion,
  drawn: AggregateQuestion,
  summary: QueryResult | undefined,
  where: string,
): string {
  const what = listed(question.measures.map((measure) => measureLabel(measure, code)))
  const [asked, shown] = [question, drawn].map(({ groupings }) =>
    code(groupings[0] ? groupingLabel(groupings[0]) : ''),
  )
  const [points = null, , , lowest = null, highest = null, at] = summary?.rows[0] ?? []
  const [measure] = question.measures
  const subject = measure ? rankedLabel(measure) : 'value'
  const kind = summary?.columns[5]?.kind
  return `The chart shows ${what} ${where} by ${shown ?? ''}, not by ${asked ?? ''}: that would be ${formatCell(points, 'integer')} points, too many to tell apart. Restrict the time, such as to one day, to see each ${asked ?? ''}.\n\nBy ${asked ?? ''}, the highest ${subject} is ${bold(highest)}, first at ${formatCell(at, kind)}; the lowest is ${bold(lowest)}.`
}

function phraseHistogram(
  column: string,
  scope: string,
  profile: TableProfile,
  chart: ChartResult | undefined,
): string {
  const steps = chart ? ` in ${formatNumber(chart.row_count).text} steps that hold rows` : ''
  return `The chart shows how ${code(column)} is distributed in ${code(profile.name)}${scope}${steps}; each bar is named by where its step begins.`
}
