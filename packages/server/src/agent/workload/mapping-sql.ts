import { quoteName, quoteText } from '../tools/data/duck/quote.ts'
import { WORKLOAD_COLUMNS, type MappedColumn } from './columns.ts'
import { mappedColumns, type ColumnMapping, type Mapping } from './mapping.ts'
import { inCalendar, withoutOdd, type OddTimes } from './odd-times.ts'

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
  /** A cheaper way to say the same, where no row meets `unless`. */
  plain?: { expression: string; unless: string }
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

/** What is known of a file's cells: columns that may be passed on as they are, and times that may not. */
interface Known {
  plain: ReadonlySet<MappedColumn>
  oddTimes: OddTimes | undefined
}

/** A selection over `data` that gives rows of the schema; the file's name stands in `source`. */
export function selectOf(
  mapping: Mapping,
  types: FileColumns,
  source: string,
  known: Known,
): string {
  const columns = columnSqls(mapping, types).map(({ name, expression, plain }) => {
    const made = plain && known.plain.has(name) ? plain.expression : expression
    const kept = name === 'at' && known.oddTimes ? withoutOdd(made, known.oddTimes) : made
    return `${kept} AS ${quoteName(name)}`
  })
  const kept = mapping.only ? ` WHERE ${keeps(mapping.only)}` : ''
  return `SELECT ${quoteText(source)} AS source, ${columns.join(', ')} FROM data${kept}`
}

/** True of rows that a condition of a mapping keeps, false of all others. */
export const keeps = ({ column, matches }: { column: string; matches: string }): string =>
  `coalesce(regexp_matches(${quoteName(column)}::VARCHAR, ${quoteText(matches)}, 'i'), false)`

function columnSql(name: MappedColumn, column: ColumnMapping, types: FileColumns): ColumnSql {
  const { sqlType } = WORKLOAD_COLUMNS[name]
  const { expression, unreadable, example } = plainSql(name, column, types)
  const condition = column.when && keeps(column.when)
  const plain = plainWay(name, column, types, unreadable)
  return {
    name,
    expression: `TRY_CAST(${condition ? `CASE WHEN ${condition} THEN ${expression} END` : expression} AS ${sqlType})`,
    unreadable: condition && unreadable ? `(${condition} AND ${unreadable})` : unreadable,
    example,
    ...(plain && { plain }),
  }
}

/** Columns that are already what they should be are passed on as they are. */
function plainWay(
  name: MappedColumn,
  column: ColumnMapping,
  types: FileColumns,
  unreadable: string | undefined,
): ColumnSql['plain'] {
  const { from = [], when, extract, words, unit } = column
  const [only] = from
  if (from.length !== 1 || only === undefined || when || extract !== undefined || words)
    return undefined
  if (unit !== undefined && FACTORS[unit] !== undefined) return undefined
  const { sort, sqlType } = WORKLOAD_COLUMNS[name]
  const cell = quoteName(only)
  const isText = sort === 'text' && name !== 'status' && unit !== 'hash'
  if (isText && types.get(only) === 'VARCHAR')
    return { expression: cell, unless: `(${cell} IS DISTINCT FROM ${textOf(only)})` }
  if (unreadable === undefined || !isAlready(name, types.get(only) ?? '')) return undefined
  return { expression: `${cell}::${sqlType}`, unless: unreadable }
}

/** Whether cells of a type need to be in range only. */
function isAlready(name: MappedColumn, type: string): boolean {
  const { sort, sqlType } = WORKLOAD_COLUMNS[name]
  if (sort === 'time') return TIMES.test(type)
  return sort !== 'list' && type === sqlType
}

type PlainSql = Omit<ColumnSql, 'name' | 'plain'>

const certain = (expression: string): PlainSql => ({
  expression,
  unreadable: undefined,
  example: 'NULL',
})

function plainSql(name: MappedColumn, column: ColumnMapping, types: FileColumns): PlainSql {
  if (column.value !== undefined) {
    return certain(
      typeof column.value === 'string' ? quoteText(column.value) : String(column.value),
    )
  }
  if (column.between) return betweenSql(column.between, types)
  const from = column.from ?? []
  if (from.length === 0) return certain('NULL')
  const { sort } = WORKLOAD_COLUMNS[name]
  switch (sort) {
    case 'time':
      return timeOf(from, column.unit, types)
    case 'tokens':
    case 'count':
    case 'money':
    case 'duration':
      return sumOf(from, column.unit, sort, types)
    case 'flag':
      return flagSql(from, column)
    case 'list':
      return listSql(from[0] ?? '')
    case 'text':
      return name === 'status' ? statusSql(from, column) : certain(textSql(from, column))
    default:
      return sort satisfies never
  }
}

const firstText = (from: readonly string[]): string =>
  from.length === 1 ? textOf(from[0] ?? '') : `coalesce(${from.map(textOf).join(', ')})`

/** The first column that is not empty, read as `convert` does. */
function firstOf(from: readonly string[], convert: (text: string) => string): PlainSql {
  const text = firstText(from)
  const converted = convert(text)
  return {
    expression: converted,
    unreadable: `(${text} IS NOT NULL AND (${converted}) IS NULL)`,
    example: text,
  }
}

/** Types whose cells are numbers already, and need no look at their text. */
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/

export const isNumeric = (type: string | undefined): boolean => NUMERIC.test(type ?? '')

/** What no row comes to, of tokens, dollars or milliseconds: beyond it sums overflow. */
const MOST = '1e15'

/**
 * Numbers of one or more columns, added up. Unreadable is a part that is no finite number, and one
 * below zero, but for money: a credit is.
 */
function sumOf(
  from: readonly string[],
  unit: string | undefined,
  sort: 'tokens' | 'count' | 'money' | 'duration',
  types: FileColumns,
): PlainSql {
  const range = `BETWEEN ${sort === 'money' ? `-${MOST}` : '0'} AND ${MOST}`
  const parts = from.map((name) => {
    const column = quoteName(name)
    if (isNumeric(types.get(name))) {
      const broken = `NOT coalesce(${column} ${range}, true)`
      return { text: `${column}::VARCHAR`, cell: column, broken }
    }
    const text = textOf(name)
    const cell = `TRY_CAST(replace(replace(${text}, ',', ''), '$', '') AS DOUBLE)`
    return { text, cell, broken: `(${text} IS NOT NULL AND NOT coalesce(${cell} ${range}, false))` }
  })
  const cells = parts.map(({ cell }) => cell)
  const sum =
    cells.length === 1
      ? (cells[0] ?? 'NULL')
      : `CASE WHEN coalesce(${cells.join(', ')}) IS NOT NULL THEN ${cells.map((cell) => `coalesce(${cell}, 0)::DOUBLE`).join(' + ')} END`
  const factor = FACTORS[unit ?? '']
  const scaled = factor === undefined ? sum : `(${sum})::DOUBLE * ${factor}`
  const isWhole = sort === 'tokens' || sort === 'count'
  const isOne = cells.length === 1 && factor === undefined
  const tooMuch = isOne ? [] : [`NOT coalesce((${scaled}) ${range}, true)`]
  const unreadable = `(${[...parts.map(({ broken }) => broken), ...tooMuch].join(' OR ')})`
  return {
    expression: `CASE WHEN NOT ${unreadable} THEN ${isWhole ? `round(${scaled})` : scaled} END`,
    unreadable,
    example: `coalesce(${[...parts.map(({ text }) => text), 'NULL'].join(', ')})`,
  }
}

const MICROSECONDS: Record<string, string> = {
  unix_s: '1000000',
  unix_ms: '1000',
  unix_us: '1',
  unix_ns: '0.001',
  trace_s: '1000000',
  trace_ms: '1000',
}

const TIMES = /^(TIMESTAMP|DATE$)/

/** A time as UTC: as written, or counted from 1970 (of a trace without a date: from its start). */
function timeOf(from: readonly string[], unit: string | undefined, types: FileColumns): PlainSql {
  const factor = MICROSECONDS[unit ?? '']
  const [only = ''] = from
  const type = types.get(only) ?? ''
  // A column that is a time already is one, whatever unit was assumed.
  const isTime = TIMES.test(type)
  if (from.length === 1 && (isTime || (factor !== undefined && isNumeric(type)))) {
    const cell = quoteName(only)
    const counted = isTime
      ? `TRY_CAST(${cell} AS TIMESTAMP)`
      : `TRY(make_timestamp((${cell} * ${factor})::BIGINT))`
    const dated = inCalendar(counted)
    return {
      expression: dated,
      unreadable: `(${cell} IS NOT NULL AND (${dated}) IS NULL)`,
      example: `${cell}::VARCHAR`,
    }
  }
  return firstOf(from, (text) =>
    inCalendar(
      factor === undefined
        ? `coalesce(TRY_CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AS TIMESTAMP), TRY_CAST(${text} AS TIMESTAMP))`
        : `TRY(make_timestamp((TRY_CAST(${text} AS DOUBLE) * ${factor})::BIGINT))`,
    ),
  )
}

function betweenSql(between: readonly [string, string], types: FileColumns): PlainSql {
  const [start, end] = between.map((name) => timeOf([name], undefined, types).expression)
  const [from, to] = between.map((name) => quoteName(name))
  const taken = `date_diff('microsecond', ${start}, ${end}) / 1000.0`
  return {
    expression: `CASE WHEN ${taken} >= 0 THEN ${taken} END`,
    unreadable: `(${from} IS NOT NULL AND ${to} IS NOT NULL AND coalesce(${taken} < 0, true))`,
    example: `concat(${from}, ' … ', ${to})`,
  }
}

function textSql(from: readonly string[], { extract, unit, words }: ColumnMapping): string {
  let text = firstText(from)
  if (extract !== undefined)
    text = `nullif(regexp_extract(${text}, ${quoteText(extract)}, 1, 'i'), '')`
  const said = Object.entries(words ?? {})
  if (said.length > 0) {
    const cases = said.map(([is, means]) => `WHEN ${quoteText(is)} THEN ${quoteText(means)}`)
    text = `CASE ${text} ${cases.join(' ')} ELSE ${text} END`
  }
  return unit === 'hash' ? `md5(${text})` : text
}

/** Words that a mapping does not list say nothing; without a list they must be yes or no. */
function flagSql(from: readonly string[], column: ColumnMapping): PlainSql {
  if (!column.words) return firstOf(from, (text) => `TRY_CAST(${text} AS BOOLEAN)`)
  return certain(`TRY_CAST(${textSql(from, column)} AS BOOLEAN)`)
}

/** An HTTP code below 400 and words for going well are `ok`; anything else that is said is an error. */
const WENT_WELL =
  'ok|success|successful|succeeded|completed|complete|done|finished|default|info|debug|true|unset|stop|end_turn|0|[123][0-9]{2}(\\.0)?'

function statusSql(from: readonly string[], column: ColumnMapping): PlainSql {
  const said = `lower(${textSql(from, { ...column, unit: 'as_is' })})`
  const unsaid = column.unit === 'error_if_said' ? `'ok'` : 'NULL'
  const good = column.unit === 'error_if_said' ? '' : WENT_WELL
  return certain(
    `CASE WHEN ${said} IS NULL THEN ${unsaid} WHEN regexp_full_match(${said}, ${quoteText(good)}) THEN 'ok' ELSE 'error' END`,
  )
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
