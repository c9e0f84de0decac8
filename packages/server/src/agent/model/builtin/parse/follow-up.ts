import { isShaped, type Draft } from '../question/draft.ts'
import type { AggregateQuestion, Filter, Measure, Question } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, unplaced } from '../question/unclear.ts'
import { isDimension } from '../read/additive.ts'
import { bareMeasure, measureOf } from '../read/read-figures.ts'

/** A part of a question that changes the one before it; undefined when `draft` stands by itself. */
export function followUp(
  draft: Draft,
  previous: Question | undefined,
  terms: readonly Term[],
): Question | undefined {
  const refers = draft.same || terms[0]?.kind === 'and'
  const standsAlone =
    draft.measures.length > 0 ||
    draft.noun !== undefined ||
    draft.columnsAsked ||
    draft.rank !== undefined
  if (standsAlone && !draft.same) {
    if (terms[0]?.kind === 'and') requireOwnScope(draft, previous)
    return undefined
  }
  const fragment =
    !standsAlone &&
    !isShaped(draft) &&
    !draft.lists &&
    !draft.asksWhich &&
    !draft.compare &&
    !draft.counts
  if (!refers && !fragment) return undefined
  if (!refers && draft.columns.length > 0) return undefined
  if (!previous) {
    if (draft.same) throw explained('There is no question before this one that it could refer to.')
    return undefined
  }
  if (previous.intent === 'aggregate' && !previous.shape && !isShaped(draft))
    return changed(draft, previous)
  throw explained(
    'I cannot tell how this goes on from the question before it; please ask it in full.',
  )
}

/** `and the average latency?` after a filtered question may mean its rows or all rows. */
function requireOwnScope(draft: Draft, previous: Question | undefined): void {
  if (previous?.intent !== 'aggregate') return
  const scoped = previous.filters.length + previous.groupings.length > 0
  const own = draft.filters.length + draft.groupings.length + draft.strays.length > 0
  if (scoped && !own) {
    throw explained(
      'I cannot tell whether you mean all rows or those of the question before; please ask it in full.',
    )
  }
}

function changed(draft: Draft, previous: AggregateQuestion): AggregateQuestion {
  const question: AggregateQuestion = { ...previous }
  const measures = newMeasures(draft, previous)
  if (measures) question.measures = measures
  if (draft.groupings.length > 0) question.groupings = draft.groupings
  if (draft.rank) throw explained('Please ask for a ranking in full.')
  if (draft.chart === 'histogram') throw explained('Please ask for a histogram in full.')
  if (draft.chart !== undefined) question.chart = draft.chart
  question.filters = newFilters(draft, previous.filters)
  if (question.chart !== undefined && question.groupings.length !== 1) {
    throw explained('A chart needs one thing to run along: `per hour`, or `by` and a column.')
  }
  if (draft.units.length > 0) throw unplaced(...draft.units)
  const unchanged = JSON.stringify(question) === JSON.stringify(previous)
  if (unchanged) throw explained('I cannot tell what to change in the question before this one.')
  return question
}

function newMeasures(draft: Draft, previous: AggregateQuestion): Measure[] | undefined {
  if (draft.measures.length > 0) return draft.measures
  if (draft.figures.length > 0) {
    const columns = [...new Set(previous.measures.map(columnOf))]
    const [column] = columns
    if (column === undefined || columns.length > 1) {
      throw explained('I cannot tell which column that figure is of.')
    }
    return draft.figures.map((figure): Measure =>
      figure.kind === 'percentile'
        ? { kind: 'percentile', percent: figure.percent, column }
        : { kind: 'aggregate', function: figure.function, column },
    )
  }
  if (draft.columns.length === 0)
    return draft.noun === undefined ? undefined : [{ kind: 'count', noun: draft.noun }]
  if (draft.columns.some((bare) => isDimension(bare.column))) {
    throw explained('To group by a column, say `by` before its name.')
  }
  return draft.columns.flatMap((bare) =>
    previous.measures.map((measure): Measure => {
      if (measure.kind === 'percentile') return measureOf(measure, bare)
      if (measure.kind === 'aggregate')
        return measureOf({ kind: 'function', function: measure.function }, bare)
      return bareMeasure(bare)
    }),
  )
}

const columnOf = (measure: Measure): string | undefined =>
  measure.kind === 'aggregate' || measure.kind === 'percentile' ? measure.column : undefined

/** A condition on a column takes the place of the earlier one on it; others stay. */
function newFilters(draft: Draft, previous: readonly Filter[]): Filter[] {
  const strays = draft.strays.map((stray): Filter => ({ kind: 'values', values: [stray.text] }))
  const added = [...draft.filters, ...strays].map((filter): Filter =>
    filter.kind === 'values' ? { ...filter, replaces: true } : filter,
  )
  const replaced = new Set(added.map(keyOfFilter))
  return [...previous.filter((filter) => !replaced.has(keyOfFilter(filter))), ...added]
}

const keyOfFilter = (filter: Filter): string => (filter.kind === 'values' ? '' : filter.column)
