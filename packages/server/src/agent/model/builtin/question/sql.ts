import { unreachable } from '../../../../platform/unreachable.ts'
import type { AggregateFunction, Filter, Grouping, Literal, Measure, TimePart } from './question.ts'

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

const CALLS: Record<AggregateFunction, (column: string) => string> = {
  sum: (column) => `sum(${column})`,
  average: (column) => `avg(${column})`,
  median: (column) => `median(${column})`,
  minimum: (column) => `min(${column})`,
  maximum: (column) => `max(${column})`,
  deviation: (column) => `stddev_samp(${column})`,
  distinct: (column) => `count(DISTINCT ${column})`,
}

export function measureSql(measure: Measure): string {
  switch (measure.kind) {
    case 'count':
      return 'count(*)'
    case 'aggregate':
      return CALLS[measure.function](quoteName(measure.column))
    case 'percentile':
      return `quantile_cont(${quoteName(measure.column)}, ${fraction(measure.percent)})`
    case 'ratio':
      return `sum(${quoteName(measure.numerator)}) / nullif(sum(${quoteName(measure.denominator)}), 0)`
    default:
      return unreachable(measure)
  }
}

/** 99.9 becomes 0.999 and not 0.9990000000000001. */
const fraction = (percent: number): string => String(Number((percent / 100).toPrecision(12)))

/** Days begin with their number, so that they sort from Monday on. */
const PARTS: Record<TimePart, (column: string) => string> = {
  'hour of day': (column) => `hour(${column})`,
  'day of week': (column) => `isodow(${column}) || ' ' || dayname(${column})`,
}

/** A day or coarser is a date; finer buckets are moments. */
export function groupingSql(grouping: Grouping): string {
  const column = quoteName(grouping.column)
  if (grouping.kind === 'column') return column
  if (grouping.kind === 'part') return PARTS[grouping.part](column)
  const bucket = `date_trunc('${grouping.unit}', ${column})`
  const isDate = !['second', 'minute', 'hour'].includes(grouping.unit)
  return isDate ? `CAST(${bucket} AS DATE)` : bucket
}

export function whereSql(filters: readonly Filter[]): string {
  return filters.map(filterSql).join(' AND ')
}

function filterSql(filter: Filter): string {
  switch (filter.kind) {
    case 'compare':
      return comparedSql(filter.column, filter.comparison, filter.value)
    case 'between': {
      const low = comparedSql(filter.column, '>=', filter.low)
      return `${low} AND ${comparedSql(filter.column, '<=', filter.high)}`
    }
    case 'in':
      return inSql(filter)
    case 'match':
      return matchSql(filter)
    case 'empty':
      return `${quoteName(filter.column)} IS ${filter.negated ? 'NOT ' : ''}NULL`
    case 'weekday':
      return `isodow(${quoteName(filter.column)}) IN (${filter.days.join(', ')})`
    case 'values':
      throw new Error('Values are looked up before a query is made of them.')
    default:
      return unreachable(filter)
  }
}

/** A row without a value does not have these values, so it stays when they are left out. */
function inSql({ column, values, numeric, negated }: Extract<Filter, { kind: 'in' }>): string {
  const name = quoteName(column)
  const list = values.map((value) => (numeric ? value : quoteText(value))).join(', ')
  return negated ? `(${name} NOT IN (${list}) OR ${name} IS NULL)` : `${name} IN (${list})`
}

function comparedSql(name: string, comparison: string, value: Literal): string {
  const column = quoteName(name)
  // An empty cell is not equal to anything: it stays.
  const sign = comparison === '!=' ? 'IS DISTINCT FROM' : comparison
  switch (value.kind) {
    case 'number':
      return `${column} ${sign} ${value.text}`
    case 'text':
      return `${column} ${sign} ${quoteText(value.text)}`
    case 'boolean':
      return `${column} ${sign} ${value.value}`
    case 'date':
      return `CAST(${column} AS DATE) ${sign} DATE ${quoteText(value.text)}`
    case 'time':
      return `CAST(${column} AS TIME) ${sign} TIME ${quoteText(value.text)}`
    case 'moment':
      return `${column} ${sign} TIMESTAMP ${quoteText(value.text)}`
    default:
      return unreachable(value)
  }
}

const MATCHERS = { contains: 'contains', starts: 'starts_with', ends: 'ends_with' } as const

/** Text is searched without regard to case, and its characters stand for themselves. */
function matchSql(filter: Extract<Filter, { kind: 'match' }>): string {
  const call = `${MATCHERS[filter.match]}(lower(${quoteName(filter.column)}), ${quoteText(filter.text.toLowerCase())})`
  return filter.negated ? `${call} IS NOT TRUE` : call
}
