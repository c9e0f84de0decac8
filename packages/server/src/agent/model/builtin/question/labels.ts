import { unreachable } from '../../../../platform/unreachable.ts'
import type { AggregateFunction, Filter, Grouping, Literal, Measure } from './question.ts'

const FUNCTION_NAMES: Record<AggregateFunction, string> = {
  sum: 'total',
  average: 'average',
  median: 'median',
  minimum: 'minimum',
  maximum: 'maximum',
  deviation: 'standard deviation of',
  distinct: 'distinct',
}

/** A measure as a result's column is called and as a sentence speaks of it. */
export function measureLabel(measure: Measure, quote: (name: string) => string = String): string {
  switch (measure.kind) {
    case 'count':
      return measure.noun
    case 'aggregate':
      return `${FUNCTION_NAMES[measure.function]} ${quote(measure.column)}`
    case 'percentile':
      return `${ordinal(measure.percent)} percentile of ${quote(measure.column)}`
    case 'ratio':
      return `${quote(measure.numerator)} per ${quote(measure.denominator)}`
    default:
      return unreachable(measure)
  }
}

function ordinal(value: number): string {
  const text = String(value)
  if (!/^\d+$/.test(text) || /1[123]$/.test(text)) return `${text}th`
  return `${text}${{ 1: 'st', 2: 'nd', 3: 'rd' }[Number(text.at(-1))] ?? 'th'}`
}

export const groupingLabel = (grouping: Grouping): string =>
  grouping.kind === 'column'
    ? grouping.column
    : grouping.kind === 'part'
      ? grouping.part
      : grouping.unit

/** Distinct names for a result's columns, in order. */
export function resultNames(
  groupings: readonly Grouping[],
  measures: readonly Measure[],
): string[] {
  const labels = [
    ...groupings.map(groupingLabel),
    ...measures.map((measure) => measureLabel(measure)),
  ]
  const used = new Set<string>()
  return labels.map((label) => {
    let name = label
    for (let turn = 2; used.has(name.toLowerCase()); turn += 1) name = `${label} (${turn})`
    used.add(name.toLowerCase())
    return name
  })
}

/** A name as Markdown code, also one that holds backticks. */
export function code(name: string): string {
  const plain = name.replaceAll(/\s+/g, ' ')
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${plain}${fence}` : `${fence} ${plain} ${fence}`
}

const SIGNS: Record<string, string> = {
  '=': 'is',
  '!=': 'is not',
  '>': '>',
  '<': '<',
  '>=': '≥',
  '<=': '≤',
}

/** ` where …`, or nothing. */
export const scopeText = (filters: readonly Filter[]): string =>
  filters.length === 0 ? '' : ` where ${filters.map(filterText).join(' and ')}`

function filterText(filter: Filter): string {
  switch (filter.kind) {
    case 'compare':
      return `${comparedName(filter.column, filter.value)} ${SIGNS[filter.comparison] ?? filter.comparison} ${literalText(filter.value)}`
    case 'between':
      return `${comparedName(filter.column, filter.low)} is from ${literalText(filter.low)} to ${literalText(filter.high)}`
    case 'in':
      return filter.negated
        ? `${code(filter.column)} is neither ${filter.values.map(code).join(' nor ')}`
        : `${code(filter.column)} is ${filter.values.map(code).join(' or ')}`
    case 'match': {
      const verb = filter.match === 'contains' ? 'contain' : `${filter.match.slice(0, -1)} with`
      const says = filter.negated ? `does not ${verb}` : verb.replace(/^\w+/, '$&s')
      return `${code(filter.column)} ${says} ${code(filter.text)}`
    }
    case 'empty':
      return `${code(filter.column)} is ${filter.negated ? 'not ' : ''}empty`
    case 'weekday':
      return `${code(filter.column)} is on a ${filter.days.map((day) => DAYS[day - 1] ?? '').join(' or ')}`
    case 'values':
      return filter.values.map(code).join(' or ')
    default:
      return unreachable(filter)
  }
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

function comparedName(column: string, value: Literal): string {
  if (value.kind === 'date') return `the date of ${code(column)}`
  return value.kind === 'time' ? `the time of day of ${code(column)}` : code(column)
}

const literalText = (value: Literal): string =>
  value.kind === 'boolean'
    ? String(value.value)
    : value.kind === 'text'
      ? code(value.text)
      : value.text
