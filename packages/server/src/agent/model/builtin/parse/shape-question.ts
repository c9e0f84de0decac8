import type { Draft } from '../question/draft.ts'
import type { AggregateQuestion, Figure, Filter, Grouping, Question } from '../question/question.ts'
import { explained } from '../question/unclear.ts'

/** Gives the question the shape that was asked of it. @throws Unclear when it cannot have it. */
export function shaped(draft: Draft, question: AggregateQuestion): AggregateQuestion {
  if (draft.breakdown !== undefined && question.groupings.length === 0) {
    throw explained(`“${draft.breakdown}” needs something to part by: \`by\` and a column.`)
  }
  const shapes = [draft.share, draft.each, draft.having].filter(Boolean)
  if (shapes.length === 0) return question
  const plain =
    shapes.length === 1 &&
    !question.rank &&
    !question.compare &&
    question.chart === undefined &&
    question.measures.length === 1
  if (!plain) {
    throw explained(
      'Shares, figures of counts and conditions on groups work one at a time, as a table, for one figure, and without a ranking or a comparison.',
    )
  }
  if (draft.share && draft.strays.length > 0 && question.groupings.length > 0) {
    const words = draft.strays.map(({ text }) => `“${text}”`).join(' and ')
    throw explained(
      `I cannot tell whether the whole has ${words} too; put it after “for”, such as \`share of requests by model for a\`.`,
    )
  }
  if (draft.share) return withShare(question)
  const [measure] = question.measures
  if (draft.each && measure) return withEach(question, draft.each)
  return draft.having ? { ...question, shape: draft.having } : question
}

/** A condition that can only say which rows the whole has: a time, or whose they are. */
const isScope = (filter: Filter): boolean =>
  filter.kind === 'values' ||
  filter.kind === 'weekday' ||
  filter.kind === 'between' ||
  (filter.kind === 'compare' &&
    ['text', 'date', 'time', 'moment'].includes(filter.value.kind) &&
    filter.comparison !== '!=')

function withShare(question: AggregateQuestion): AggregateQuestion {
  const [measure] = question.measures
  const adds =
    measure?.kind === 'count' || (measure?.kind === 'aggregate' && measure.function === 'sum')
  if (!adds)
    throw explained('A share is one of counted rows or of a total: `share of requests by model`.')
  const { groupings, filters } = question
  if (groupings.length > 0 && !filters.every(isScope)) {
    throw explained(
      'That could be the part of each group that the condition keeps, or the part of each group in what it keeps. Ask for the share with the condition alone, or by group without it.',
    )
  }
  if (groupings.length > 1) throw explained('I take shares by one thing at a time.')
  if (groupings.length === 0 && filters.length !== 1) {
    throw explained(
      filters.length === 0
        ? 'I cannot tell the share of what: say `share of requests by model`, or name one condition.'
        : 'With several conditions I cannot tell which of them the whole has too; a share takes one.',
    )
  }
  return { ...question, shape: { kind: 'share' } }
}

function withEach(question: AggregateQuestion, figures: Figure[]): AggregateQuestion {
  if (question.groupings.length !== 1) {
    throw explained('Figures of counts need one grouping: `average requests per hour`.')
  }
  const unfit = figures.some(
    (figure) =>
      figure.kind === 'function' && (figure.function === 'sum' || figure.function === 'distinct'),
  )
  if (unfit) throw explained('I cannot take that figure of counts.')
  return { ...question, shape: { kind: 'each', figures } }
}

/** `users with more than 100 requests`, `how many users …`: the groups, or how many they are. */
export function havingQuestion(draft: Draft): AggregateQuestion | undefined {
  const { having } = draft
  if (!having) return undefined
  const [counted] = draft.measures
  const counts = counted?.kind === 'aggregate' && counted.function === 'distinct'
  const [bare] = draft.columns
  const grouping: Grouping | undefined = counts
    ? { kind: 'column', column: counted.column }
    : (draft.groupings[0] ?? (bare && { kind: 'column', column: bare.column.name }))
  const groups = draft.groupings.length + draft.columns.length + (counts ? 1 : 0)
  const more = draft.measures.length > (counts ? 1 : 0) || draft.noun !== undefined
  const other = draft.rank ?? draft.chart ?? draft.each ?? draft.breakdown ?? draft.first
  if (!grouping || groups !== 1 || more || other !== undefined || draft.share || draft.compare) {
    throw explained(
      'With a condition on groups I can list these groups or count them: `users with more than 100 requests`.',
    )
  }
  if (draft.figures.length > 0 || draft.units.length > 0 || draft.perRow || draft.counts) {
    throw explained('I cannot tell what you ask of these groups: I can list or count them.')
  }
  // Hours without any row are no groups, so they cannot be found to have few.
  if (grouping.kind === 'time' && having.comparison.startsWith('<')) {
    throw explained(
      'Times without any row are not in the table, so I cannot list all that have few; I can list those that have many.',
    )
  }
  return {
    intent: 'aggregate',
    measures: [having.measure],
    filters: draft.filters,
    groupings: [grouping],
    compare: false,
    shape: { ...having, counted: counts },
  }
}

/** `how many requests per user on average`: the figure came last. */
export function settleEach(draft: Draft): void {
  const [measure] = draft.measures
  const counts = draft.measures.length === 1 && measure?.kind === 'count'
  const plain = draft.columns.length === 0 && draft.groupings.length === 1 && !draft.each
  if (!plain || draft.figures.length === 0 || !(counts || draft.noun !== undefined)) return
  if (draft.measures.length > 0 && !counts) return
  draft.each = draft.figures
  draft.figures = []
}

/** `repeated prompts`: all there is to say of how often values occur. */
export function repeatsQuestion(draft: Draft, word: string): Question {
  const columns = new Set([
    ...draft.columns.map(({ column }) => column.name),
    ...draft.groupings.map(({ column }) => column),
    ...draft.measures.flatMap((measure) =>
      measure.kind === 'aggregate' && measure.function === 'distinct' ? [measure.column] : [],
    ),
  ])
  const others = draft.measures.filter(
    (measure) =>
      measure.kind !== 'count' &&
      !(measure.kind === 'aggregate' && measure.function === 'distinct'),
  )
  const [column] = columns
  const counts = draft.noun !== undefined || draft.measures.some(({ kind }) => kind === 'count')
  const more =
    (counts && !/same|than once/i.test(word)) ||
    others.length + draft.figures.length + draft.units.length + draft.strays.length > 0 ||
    draft.rank !== undefined ||
    draft.chart !== undefined ||
    draft.share ||
    draft.compare ||
    draft.having !== undefined ||
    draft.each !== undefined ||
    draft.groupings.some(({ kind }) => kind !== 'column')
  if (column === undefined || columns.size > 1 || more) {
    throw explained(
      `“${word}” works for the values of one column: \`how many values of model are repeated\`.`,
    )
  }
  return { intent: 'repeats', column, filters: draft.filters }
}
