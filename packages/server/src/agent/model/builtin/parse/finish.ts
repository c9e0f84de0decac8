import { isShaped, type Draft, type BareColumn } from '../question/draft.ts'
import type { ColumnIndex } from '../question/match-columns.ts'
import type {
  AggregateQuestion,
  Filter,
  Grouping,
  Measure,
  Question,
} from '../question/question.ts'
import { explained, Unclear, unplaced } from '../question/unclear.ts'
import { isDimension } from '../read/additive.ts'
import { bareMeasure } from '../read/read-figures.ts'
import { bucketOf, addGrouping } from '../read/read-groups.ts'
import { havingQuestion, repeatsQuestion, settleEach, shaped } from './shape-question.ts'

const DEFAULT_ROWS = 20
const MOST_STRAYS = 4

/** Makes a question of what was read, using all of it. @throws Unclear when something is left over. */
export function finish(draft: Draft, index: ColumnIndex): Question {
  if (draft.columnsAsked && !isShaped(draft)) return columnsQuestion(draft)
  if (draft.chart === 'histogram') return histogramQuestion(draft)
  if (draft.first !== undefined && !draft.rank && draft.groupings.length > 0) {
    throw explained('I can show the first rows, or rank groups, but not the first of groups.')
  }
  if (draft.repeats !== undefined) return repeatsQuestion(draft, draft.repeats)
  placeStrays(draft)
  if (draft.compare) gatherCompared(draft)
  const having = havingQuestion(draft)
  if (having) return having
  settleEach(draft)
  if (isDistribution(draft)) return histogramQuestion(draft)
  const rows = rowsQuestion(draft)
  if (rows) return rows
  placeDimensions(draft, index)
  const measures = measuresOf(draft)
  const question: AggregateQuestion = {
    intent: 'aggregate',
    measures: unique(measures),
    filters: draft.filters,
    groupings: draft.groupings,
    compare: draft.compare,
  }
  const rank = rankOf(draft, question)
  if (rank) question.rank = rank
  if (draft.chart !== undefined) question.chart = draft.chart
  return shaped(draft, checked(question))
}

function columnsQuestion(draft: Draft): Question {
  const more =
    draft.measures.length + draft.groupings.length + draft.filters.length + draft.columns.length
  const [stray] = draft.strays
  if (stray) throw unplaced(...draft.strays.map((one) => one.text))
  if (more > 0 || draft.rank || draft.chart || draft.figures.length > 0) {
    throw explained(
      'I can list the columns, or answer about one of them, but not both in one sentence.',
    )
  }
  return { intent: 'columns' }
}

function histogramQuestion(draft: Draft): Question {
  const [bare] = draft.columns
  const plain =
    draft.rank === undefined &&
    draft.units.length === 0 &&
    !(draft.share || draft.each || draft.having) &&
    draft.columns.length === 1 &&
    draft.measures.length + draft.groupings.length + draft.strays.length + draft.figures.length ===
      0
  if (!bare || !plain) throw explained('A histogram shows one column: `histogram of` and its name.')
  if (bare.column.kind !== 'integer' && bare.column.kind !== 'number') {
    throw explained(
      `\`${bare.column.name}\` does not hold numbers; a bar chart by \`${bare.column.name}\` shows its values.`,
    )
  }
  return { intent: 'histogram', column: bare.column.name, filters: draft.filters }
}

/** Words without a meaning may be values of the data, if the rest of the question stands by itself. */
function placeStrays(draft: Draft): void {
  if (draft.strays.length === 0) return
  const texts = draft.strays.map((stray) => stray.text)
  const core = draft.measures.length + draft.columns.length + draft.groupings.length
  const standsAlone = core > 0 || draft.noun !== undefined || draft.counts
  if (!standsAlone && draft.compare) {
    throw explained('Say by which figure to compare: `compare a and b by average …`.')
  }
  if (!standsAlone || draft.strays.length > MOST_STRAYS || draft.figures.length > 0) {
    throw unplaced(...texts)
  }
  if (draft.compare) draft.filters.push({ kind: 'values', values: texts })
  else draft.filters.push(...texts.map((text): Filter => ({ kind: 'values', values: [text] })))
}

/** `for a vs b`: all values without a column are compared with one another. */
function gatherCompared(draft: Draft): void {
  const values = draft.filters.flatMap((filter) => (isWanted(filter) ? filter.values : []))
  if (values.length === 0) return
  draft.filters = [
    ...draft.filters.filter((filter) => !isWanted(filter)),
    { kind: 'values', values },
  ]
}

const isWanted = (filter: Filter): filter is Extract<Filter, { kind: 'values' }> =>
  filter.kind === 'values' && !filter.negated

/** `distribution of latency` shows one column; `distribution of requests by model` counts groups. */
const isDistribution = (draft: Draft): boolean =>
  /^distribution/i.test(draft.breakdown ?? '') &&
  draft.groupings.length === 0 &&
  draft.columns.some(({ column }) => !isDimension(column))

/** `show the first ten rows`, `top 5 requests by latency`, `which requests have …`. */
function rowsQuestion(draft: Draft): Question | undefined {
  const { noun, rank, filters } = draft
  if (isShaped(draft)) return undefined
  if (noun === undefined || draft.measures.length > 0 || draft.groupings.length > 0)
    return undefined
  if (draft.chart !== undefined || draft.units.length > 0 || draft.compare) return undefined
  const [bare] = draft.columns
  if (rank && !rank.counts && bare && draft.columns.length === 1) {
    const limit = draft.first ?? rank.limit ?? (draft.asksWhich ? 1 : DEFAULT_ROWS)
    return {
      intent: 'rows',
      filters,
      limit,
      order: { column: bare.column.name, direction: rank.direction },
    }
  }
  if (rank || draft.columns.length > 0 || draft.counts) return undefined
  if (!draft.lists && !draft.asksWhich) return undefined
  return { intent: 'rows', filters, limit: draft.first ?? DEFAULT_ROWS }
}

/** Columns of words and units of time that were named without `by` say what to group by. */
function placeDimensions(draft: Draft, index: ColumnIndex): void {
  const dimensions = draft.columns.filter((bare) => isDimension(bare.column))
  const grouped =
    draft.rank !== undefined ||
    draft.compare ||
    draft.asksWhich ||
    draft.lists ||
    draft.chart !== undefined
  if (dimensions.length > 0 && draft.asksWhich && !draft.rank && draft.filters.some(isAmount)) {
    throw explained(
      'I cannot tell whether that condition is meant for each row or for the whole of each group.',
    )
  }
  for (const { column } of dimensions) {
    if (!grouped) throw new Unclear({ kind: 'which-figure', column: column.name })
    addGrouping(draft, groupingOf(column.name, index))
  }
  draft.columns = draft.columns.filter((bare) => !dimensions.includes(bare))
  for (const unit of draft.units) {
    if (!draft.rank) throw unplaced(unit)
    addGrouping(draft, bucketOf(index, unit))
  }
}

const isAmount = (filter: Filter): boolean =>
  filter.kind === 'compare' && filter.value.kind === 'number' && filter.comparison !== '='

function groupingOf(name: string, index: ColumnIndex): Grouping {
  if (index.named(name)?.kind === 'time') {
    throw new Unclear({ kind: 'which-figure', column: name })
  }
  return { kind: 'column', column: name }
}

function measuresOf(draft: Draft): Measure[] {
  const { noun } = draft
  if (draft.figures.length > 0) throw explained('I cannot tell which column that figure is of.')
  const measures = [...draft.measures]
  if (draft.perRow)
    return [...measures, ...draft.columns.map(bareMeasure)].map((measure) => perRow(measure))
  const wantsExtreme = draft.rank && !draft.rank.counts && draft.rank.limit === undefined
  for (const bare of draft.columns) {
    measures.push(wantsExtreme ? extremeMeasure(bare, draft) : bareMeasure(bare))
  }
  const countIsMissing = noun !== undefined && (measures.length === 0 || namesRowsToo(draft))
  if (countIsMissing && noun !== undefined) measures.unshift({ kind: 'count', noun })
  if (measures.length > 0) return measures
  const implied = draft.counts || draft.groupings.length > 0 || draft.compare || draft.rank
  if (!implied) throw explained('I cannot tell which figure you ask for.')
  if (draft.counts || draft.lists || draft.asksWhich || draft.rank?.counts) {
    return [{ kind: 'count', noun: 'rows' }]
  }
  throw explained('I cannot tell which figure you ask for: a count, a total, an average?')
}

/** `requests and input tokens per minute`: rows are counted beside a bare column. */
const namesRowsToo = (draft: Draft): boolean =>
  draft.columns.length > 0 && draft.measures.length === 0

/** `input tokens per request` is what a request has on average. */
function perRow(measure: Measure): Measure {
  if (
    measure.kind === 'aggregate' &&
    (measure.function === 'sum' || measure.function === 'average')
  ) {
    return { ...measure, function: 'average' }
  }
  throw explained('“per row” needs a column of numbers: `input tokens per request`.')
}

function extremeMeasure(bare: BareColumn, draft: Draft): Measure {
  const { column } = bare
  // The slowest model may be so on average or at worst.
  if (draft.groupings.length > 0 && /^(?:slow|fast|quick)est$/i.test(bare.text)) {
    throw new Unclear({ kind: 'which-figure', column: column.name })
  }
  if (draft.groupings.length > 0 && bare.plural) {
    throw new Unclear({ kind: 'which-figure', column: column.name })
  }
  const largest = draft.rank?.direction === 'descending'
  return { kind: 'aggregate', function: largest ? 'maximum' : 'minimum', column: column.name }
}

function rankOf(draft: Draft, question: AggregateQuestion): AggregateQuestion['rank'] {
  if (!draft.rank) return undefined
  if (question.groupings.length === 0) {
    const [measure] = question.measures
    const single = measure?.kind === 'aggregate' && question.measures.length === 1
    const isExtreme = single && (measure.function === 'maximum' || measure.function === 'minimum')
    if (isExtreme && draft.rank.limit === undefined && draft.first === undefined) return undefined
    throw explained(
      'I cannot tell what to rank: say `top users by …` or `which user has the most …`.',
    )
  }
  if (question.groupings.length > 1) {
    throw explained(
      'I rank the groups of one thing; the highest within each group of another is beyond me.',
    )
  }
  const limit = draft.first ?? draft.rank.limit ?? 1
  return { direction: draft.rank.direction, limit }
}

const CHARTED_GROUPINGS = 1

function checked(question: AggregateQuestion): AggregateQuestion {
  if (question.chart !== undefined) {
    if (question.groupings.length === 0) {
      throw explained('A chart needs something to run along: `per hour`, or `by` and a column.')
    }
    if (question.groupings.length > CHARTED_GROUPINGS) {
      throw explained('I chart one grouping at a time; as a table I can show two.')
    }
  }
  const compares = question.groupings.length > 0 || question.filters.some(namesSeveral)
  if (question.compare && !compares && question.measures.length < 2) {
    throw explained('I cannot tell which groups to compare: `compare a and b by average …`.')
  }
  return question
}

const namesSeveral = (filter: Filter): boolean =>
  (filter.kind === 'values' || filter.kind === 'in') && filter.values.length > 1

const unique = (measures: Measure[]): Measure[] => {
  const seen = new Map(measures.map((measure) => [JSON.stringify(measure), measure]))
  return [...seen.values()]
}
