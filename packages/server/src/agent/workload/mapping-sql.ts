import { quoteName, quoteText } from '../tools/data/duck/quote.ts'
import { WORKLOAD_COLUMNS, type MappedColumn } from './columns.ts'
import { mappedColumns, type ColumnMapping, type Mapping } from './mapping.ts'

/** Text that says "no value" in exports. */
const NOTHING = ["''", "'na'", "'n/a'", "'null'", "'none'", "'nil'", "'-'", "'\\n'"].join(', ')

const FACTORS: Record<string, string> = {
  thousand: '1000',
  million: '1000000',
  cent: '0.01',
  micro_usd: '0.000001',
  s: '1000',
  us: '0.001',
  ns: '0.000001',
}

/** One column of the view: what it is made of, and what tells that a cell could not be read. */
export interface ColumnSql {
  name: MappedColumn
  expression: string
  /** True of rows in which the file holds something that the column cannot take. */
  unreadable: string | undefined
  /** What is shown of such a row. */
  example: string
}

const textOf = (name: string): string => {
  const text = `trim(${quoteName(name)}::VARCHAR)`
  return `CASE WHEN lower(${text}) IN (${NOTHING}) THEN NULL ELSE ${text} END`
}

/** The file's columns with DuckDB's names of their types. */
export type FileColumns = ReadonlyMap<string, string>

/** SQL over the table `data` for each mapped column. */
export const columnSqls = (mapping: Mapping, types: FileColumns): ColumnSql[] => {
  const made = mappedColumns(mapping).map(([name, column]) => columnSql(name, column, types))
  if (made.some(({ name }) => name === 'requests')) return made
  return [
    { name: 'requests', expression: '1::BIGINT', unreadable: undefined, example: 'NULL' },
    ...made,
  ]
}

/** A selection over `data` that gives rows of the schema; the file's name stands in `source`. */
export function selectOf(mapping: Mapping, types: FileColumns, source: string): string {
  const columns = columnSqls(mapping, types).map(
    ({ name, expression }) => `${expression} AS ${quoteName(name)}`,
  )
  const kept = mapping.only ? ` WHERE ${keeps(mapping.only)}` : ''
  return `SELECT ${quoteText(source)} AS source, ${columns.join(', ')} FROM data${kept}`
}

/** True of rows that a condition of a mapping keeps, false of all others. */
export const keeps = ({ column, matches }: { column: string; matches: string }): string =>
  `coalesce(regexp_matches(${quoteName(column)}::VARCHAR, ${quoteText(matches)}, 'i'), false)`

function columnSql(name: MappedColumn, column: ColumnMapping, types: FileColumns): ColumnSql {
  const { sqlType } = WORKLOAD_COLUMNS[name]
  const plain = plainSql(name, column, types)
  const limited = column.when
    ? `CASE WHEN ${keeps(column.when)} THEN ${plain.expression} END`
    : plain.expression
  const unreadable =
    plain.unreadable !== undefined && column.when
      ? `(${keeps(column.when)} AND ${plain.unreadable})`
      : plain.unreadable
  return { name, expression: `(${limited})::${sqlType}`, unreadable, example: plain.example }
}

type PlainSql = Omit<ColumnSql, 'name'>

function plainSql(name: MappedColumn, column: ColumnMapping, types: FileColumns): PlainSql {
  const { sort } = WORKLOAD_COLUMNS[name]
  if (column.value !== undefined) {
    const written =
      typeof column.value === 'string' ? quoteText(column.value) : String(column.value)
    return { expression: written, unreadable: undefined, example: 'NULL' }
  }
  if (column.between) return betweenSql(column.between, types)
  const from = column.from ?? []
  switch (sort) {
    case 'time':
      return timeOf(from, column.unit, types)
    case 'tokens':
    case 'count':
    case 'money':
    case 'duration':
      return sumOf(from, column.unit, sort === 'tokens' || sort === 'count', types)
    case 'flag':
      return firstOf(from, (text) => `TRY_CAST(${text} AS BOOLEAN)`)
    case 'list':
      return listSql(from[0] ?? '')
    case 'text':
      return name === 'status' ? statusSql(from, column) : textSql(from, column)
    default:
      return sort satisfies never
  }
}

/** The first column that is not empty, read as `convert` does. */
function firstOf(from: readonly string[], convert: (text: string) => string): PlainSql {
  const text = `coalesce(${[...from.map(textOf), 'NULL'].join(', ')})`
  const converted = convert(text)
  return {
    expression: converted,
    unreadable: `(${text} IS NOT NULL AND ${converted} IS NULL)`,
    example: text,
  }
}

/** Types whose cells are numbers already, and need no look at their text. */
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/

function sumOf(
  from: readonly string[],
  unit: string | undefined,
  whole: boolean,
  types: FileColumns,
): PlainSql {
  const factor = FACTORS[unit ?? '']
  const parts = from.map((name) => {
    const column = quoteName(name)
    if (NUMERIC.test(types.get(name) ?? '')) return { text: `${column}::VARCHAR`, cell: column }
    const text = textOf(name)
    return { text, cell: `TRY_CAST(replace(${text}, ',', '') AS DOUBLE)`, isText: true }
  })
  const [first] = parts
  if (!first) return { expression: 'NULL', unreadable: undefined, example: 'NULL' }
  const all =
    parts.length === 1 ? first.cell : parts.map(({ cell }) => `coalesce(${cell}, 0)`).join(' + ')
  const nothing = parts.map(({ cell }) => `${cell} IS NULL`).join(' AND ')
  const sum = factor === undefined ? all : `(${all})::DOUBLE * ${factor}`
  const broken = parts.flatMap(({ text, cell, isText }) =>
    isText ? [`(${text} IS NOT NULL AND ${cell} IS NULL)`] : [],
  )
  const value = whole ? `round(${sum})` : sum
  return {
    expression: parts.length === 1 ? value : `CASE WHEN ${nothing} THEN NULL ELSE ${value} END`,
    unreadable: `(${[...broken, `coalesce((${all}) < 0, false)`].join(' OR ')})`,
    example: `coalesce(${[...parts.map(({ text }) => text), 'NULL'].join(', ')})`,
  }
}

const NUMERIC_UNITS: Record<string, string> = {
  unix_s: '1000000',
  unix_ms: '1000',
  unix_us: '1',
  trace_s: '1000000',
  trace_ms: '1000',
}

function timeOf(from: readonly string[], unit: string | undefined, types: FileColumns): PlainSql {
  const [only] = from
  if (from.length === 1 && only !== undefined && types.get(only) === 'TIMESTAMP')
    return { expression: quoteName(only), unreadable: undefined, example: 'NULL' }
  return firstOf(from, (text) => timeSql(text, unit))
}

/** A time as UTC: as written, or counted from 1970 (of a trace without a date: from its start). */
function timeSql(text: string, unit: string | undefined): string {
  if (unit === 'unix_ns') return `make_timestamp(TRY_CAST(${text} AS BIGINT) // 1000)`
  const factor = NUMERIC_UNITS[unit ?? '']
  if (factor === undefined)
    return `coalesce(TRY_CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AS TIMESTAMP), TRY_CAST(${text} AS TIMESTAMP))`
  return `make_timestamp((TRY_CAST(${text} AS DOUBLE) * ${factor})::BIGINT)`
}

function betweenSql(between: readonly [string, string], types: FileColumns): PlainSql {
  const [start, end] = between.map((name) => timeOf([name], undefined, types).expression)
  const [from, to] = between.map(textOf)
  const expression = `date_diff('microsecond', ${start}, ${end}) / 1000.0`
  return {
    expression,
    unreadable: `(${from} IS NOT NULL AND ${to} IS NOT NULL AND coalesce(${expression} < 0, true))`,
    example: `${to}`,
  }
}

function textSql(from: readonly string[], { extract, unit, words }: ColumnMapping): PlainSql {
  let text = `coalesce(${[...from.map(textOf), 'NULL'].join(', ')})`
  if (extract !== undefined)
    text = `nullif(regexp_extract(${text}, ${quoteText(extract)}, 1, 'i'), '')`
  const said = Object.entries(words ?? {})
  if (said.length > 0) {
    const cases = said.map(([is, means]) => `WHEN ${quoteText(is)} THEN ${quoteText(means)}`)
    text = `CASE ${text} ${cases.join(' ')} ELSE ${text} END`
  }
  return {
    expression: unit === 'hash' ? `md5(${text})` : text,
    unreadable: undefined,
    example: 'NULL',
  }
}

/** An HTTP code below 400 and words for going well are `ok`; anything else that is said is an error. */
const WENT_WELL =
  'ok|success|successful|succeeded|completed|complete|done|finished|default|info|debug|true|unset|stop|end_turn|0|[123][0-9]{2}(\\.0)?'

function statusSql(from: readonly string[], column: ColumnMapping): PlainSql {
  const { expression } = textSql(from, { ...column, unit: 'as_is' })
  const said = `lower(${expression})`
  return {
    expression: `CASE WHEN ${said} IS NULL THEN NULL WHEN regexp_full_match(${said}, ${quoteText(WENT_WELL)}) THEN 'ok' ELSE 'error' END`,
    unreadable: undefined,
    example: 'NULL',
  }
}

function listSql(name: string): PlainSql {
  const column = quoteName(name)
  const expression = `TRY_CAST(${column} AS BIGINT[])`
  return {
    expression,
    unreadable: `(${column} IS NOT NULL AND ${expression} IS NULL)`,
    example: `${column}::VARCHAR`,
  }
}
