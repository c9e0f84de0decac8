import type { Cell, ColumnProfile, QueryResult, TableProfile } from '../../../tools/data/schemas.ts'
import type { AggregateQuestion, Filter, Literal, Question } from '../question/question.ts'
import { quoteName, quoteText } from '../question/sql.ts'
import { explained, Unclear, unplaced } from '../question/unclear.ts'

const MOST_COLUMNS = 50

/** A value of the data that a question names, where it lies, and how it is spelled there. */
interface Found {
  column: string
  value: string
}

/** The query that tells where the words of `question` stand in the data; undefined when none do. */
export function lookupSql(question: Question, profile: TableProfile): string | undefined {
  if (question.intent === 'columns') return undefined
  const wanted = new Map<string, Set<string>>()
  const texts = profile.columns.filter((column) => column.kind === 'text').slice(0, MOST_COLUMNS)
  for (const filter of question.filters) {
    for (const { name } of columnsToSearch(filter, texts)) {
      const values = wanted.get(name) ?? new Set<string>()
      for (const value of valuesOf(filter)) values.add(value.toLowerCase())
      wanted.set(name, values)
    }
  }
  if (wanted.size === 0) return undefined
  const parts = [...wanted].map(([name, values]) => {
    const column = quoteName(name)
    const list = [...values].map(quoteText).join(', ')
    return `SELECT ${quoteText(name)} AS "column", ${column} AS "value", count(*) AS "rows" FROM data WHERE lower(${column}) IN (${list}) GROUP BY 2`
  })
  return `${parts.join(' UNION ALL ')} ORDER BY 1, 2`
}

/** Names the words that are looked up, for the thought that announces it. */
export const wordsToLookUp = (question: Question): string[] =>
  question.intent === 'columns' ? [] : question.filters.flatMap(valuesOf)

function columnsToSearch(
  filter: Filter,
  texts: readonly ColumnProfile[],
): readonly ColumnProfile[] {
  if (filter.kind === 'values') {
    if (texts.length === 0) throw unplaced(...filter.values)
    return texts
  }
  return valuesOf(filter).length > 0 ? texts.filter(({ name }) => name === filter.column) : []
}

function valuesOf(filter: Filter): string[] {
  if (filter.kind === 'values') return filter.values
  if (filter.kind === 'in') return filter.numeric ? [] : filter.values
  if (filter.kind !== 'compare' || filter.value.kind !== 'text') return []
  return filter.comparison === '=' || filter.comparison === '!=' ? [filter.value.text] : []
}

/** The question with each of its words as the data spells it. @throws Unclear */
export function resolveValues(question: Question, result: QueryResult | undefined): Question {
  if (question.intent === 'columns') return question
  const found = (result?.rows ?? []).map(foundOf)
  const named = question.filters.flatMap((filter) =>
    filter.kind === 'values' ? filter.values : [],
  )
  const absent = named.filter((value) => !found.some((one) => isSame(one.value, value)))
  if (absent.length > 0) throw unplaced(...absent)
  const filters = withoutReplaced(question.filters, found)
  refuseContradictions(filters)
  const known = { ...question, filters }
  return known.intent === 'aggregate' ? compared(known) : known
}

/** What a follow-up says of a column takes the place of what was said before. */
function withoutReplaced(filters: readonly Filter[], found: readonly Found[]): Filter[] {
  const pairs = filters.map((filter) => ({ filter, known: resolved(filter, found) }))
  const replaced = pairs.filter(({ filter }) => filter.kind === 'values' && filter.replaces)
  const columns = new Set(
    replaced.map(({ known }) => (known.kind === 'values' ? '' : known.column)),
  )
  const stays = ({ filter, known }: (typeof pairs)[number]): boolean =>
    (filter.kind === 'values' && filter.replaces === true) ||
    known.kind === 'values' ||
    !columns.has(known.column)
  return pairs.filter(stays).map(({ known }) => known)
}

const foundOf = ([column, value]: Cell[]): Found => ({
  column: String(column ?? ''),
  value: String(value ?? ''),
})

function resolved(filter: Filter, found: readonly Found[]): Filter {
  if (filter.kind === 'values') {
    const known = placed(filter.values, found)
    return filter.negated ? opposite(known) : known
  }
  if (filter.kind === 'in' && !filter.numeric) {
    return { ...filter, values: filter.values.map((value) => spelled(filter.column, value, found)) }
  }
  if (filter.kind !== 'compare' || valuesOf(filter).length === 0) return filter
  const [value = ''] = valuesOf(filter)
  return { ...filter, value: { kind: 'text', text: spelled(filter.column, value, found) } }
}

/** The one column that holds all these values. */
function placed(values: readonly string[], found: readonly Found[]): Filter {
  const columns = [...new Set(found.map(({ column }) => column))].filter((column) =>
    values.every((value) => found.some((one) => one.column === column && isSame(one.value, value))),
  )
  const [column] = columns
  if (column === undefined)
    throw explained(`No one column holds ${values.map(quote).join(' and ')}.`)
  if (columns.length > 1) {
    throw new Unclear({ kind: 'ambiguous', phrase: values.join(', '), candidates: columns })
  }
  const spellings = values.map((value) => spelled(column, value, found))
  const [only] = spellings
  if (only === undefined || spellings.length > 1) {
    return { kind: 'in', column, values: spellings, numeric: false }
  }
  return { kind: 'compare', column, comparison: '=', value: { kind: 'text', text: only } }
}

function opposite(filter: Filter): Filter {
  if (filter.kind === 'in') return { ...filter, negated: true }
  return filter.kind === 'compare' ? { ...filter, comparison: '!=' } : filter
}

function spelled(column: string, value: string, found: readonly Found[]): string {
  const variants = found
    .filter((one) => one.column === column && isSame(one.value, value))
    .map((one) => one.value)
  const [only] = variants
  if (only === undefined) {
    throw explained(
      `No row has ${quote(value)} in \`${column}\`, so there is nothing to compute from.`,
    )
  }
  if (variants.includes(value)) return value
  if (variants.length > 1) {
    throw new Unclear({ kind: 'ambiguous', phrase: value, candidates: variants })
  }
  return only
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
const quote = (value: string): string => `“${value}”`

/** `model is a and model is b` holds for no row; whoever wrote it meant something else. */
function refuseContradictions(filters: readonly Filter[]): void {
  const required = new Map<string, Literal>()
  for (const filter of filters) {
    if (filter.kind !== 'compare' || filter.comparison !== '=') continue
    const before = required.get(filter.column)
    if (before && JSON.stringify(before) !== JSON.stringify(filter.value)) {
      throw explained(
        `No row can have two values in \`${filter.column}\` at once. For either of them say “or”; to see both, “compare”.`,
      )
    }
    required.set(filter.column, filter.value)
  }
}

/** Values that are compared become groups of their column. */
function compared(question: AggregateQuestion): AggregateQuestion {
  if (!question.compare) return question
  const several = question.filters.find(
    (filter): filter is Extract<Filter, { kind: 'in' }> => filter.kind === 'in' && !filter.negated,
  )
  const grouped = question.groupings.some((grouping) => grouping.column === several?.column)
  if (several && !grouped) {
    const groupings = [...question.groupings, { kind: 'column' as const, column: several.column }]
    if (groupings.length > 2 || (question.chart !== undefined && groupings.length > 1)) {
      throw explained('That is more groupings than I can show at once.')
    }
    return { ...question, groupings }
  }
  if (!several && question.groupings.length === 0 && question.measures.length < 2) {
    throw explained('I cannot tell which groups to compare: `compare a and b by average …`.')
  }
  return question
}
