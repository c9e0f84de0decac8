import type { DuckDBConnection } from '@duckdb/node-api'

import type { LoadAnswer } from './messages.ts'
import { quoteName, quoteText } from './quote.ts'

/** Ways to say "no value" that are common in exports. */
const NOTHING = ['', 'na', 'n/a', '#n/a', 'null', 'none', 'nil', '-', '\\n']

/** Unreadable cells a column may have and still be taken for what it nearly always is. */
const MOST_UNREADABLE = 0.05

const isNothing = (column: string): string =>
  `lower(trim(${column})) IN (${NOTHING.map(quoteText).join(', ')})`

/** One way to read text as a value: all cells must match, or the column stays text. */
interface Reading {
  matches: string
  /** Shows that the reading is needed; a column without such a cell is plain. */
  convert: (column: string) => string
}

const PLAIN_INTEGER: Reading = {
  // A leading zero is part of a code, such as a postal code.
  matches: '[+-]?(0|[1-9][0-9]{0,17})',
  convert: (column) => `${column}::BIGINT`,
}
const LONG_INTEGER: Reading = {
  matches: '[+-]?(0|[1-9][0-9]{0,36})',
  convert: (column) => `${column}::HUGEINT`,
}
const PLAIN_NUMBER: Reading = {
  matches: '[+-]?((0|[1-9][0-9]*)(\\.[0-9]+)?|\\.[0-9]+)([eE][+-]?[0-9]+)?',
  convert: (column) => `${column}::DOUBLE`,
}
const GROUPED_INTEGER: Reading = {
  matches: '[+-]?(0|[1-9][0-9]{0,2}(,[0-9]{3}){0,5}|[1-9][0-9]{0,17})',
  convert: (column) => `replace(${column}, ',', '')::BIGINT`,
}
const GROUPED_NUMBER: Reading = {
  matches: '[+-]?(0|[1-9][0-9]{0,2}(,[0-9]{3})*|[1-9][0-9]*)(\\.[0-9]+)?',
  convert: (column) => `replace(${column}, ',', '')::DOUBLE`,
}
const DECIMAL_COMMA: Reading = {
  matches: '[+-]?(0|[1-9][0-9]{0,2}(\\.[0-9]{3})*|[1-9][0-9]*)(,[0-9]+)?',
  convert: (column) => `replace(replace(${column}, '.', ''), ',', '.')::DOUBLE`,
}
/** As JSON has times; those with another offset than UTC are brought to it. */
const ISO_TIME: Reading = {
  matches:
    '[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](:[0-6][0-9]([.][0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)?',
  convert: (column) => `(replace(${column}, ' UTC', 'Z')::TIMESTAMPTZ)::TIMESTAMP`,
}
const MINUTES = ['%m/%d/%Y %H:%M', '%d/%m/%Y %H:%M', '%d.%m.%Y %H:%M', '%d.%m.%Y %H:%M:%S']
const TWELVE_HOURS = ['%m/%d/%Y %I:%M %p', '%m/%d/%Y %I:%M:%S %p', '%d/%m/%Y %I:%M:%S %p']
const TIME_FORMATS = [...MINUTES, ...TWELVE_HOURS]

const SAMPLE = '(SELECT * FROM data LIMIT 2000)'

/**
 * Makes numbers and times of text columns that hold nothing else: numbers with `NA` among them,
 * grouped digits (`1,234`), decimal commas (`1,5`), and times without seconds.
 */
export async function refineTextColumns(
  connection: DuckDBConnection,
  delimiter: string,
): Promise<string[]> {
  const notes: string[] = []
  const shape = await connection.runAndReadAll('SELECT * FROM data LIMIT 0')
  const readings =
    delimiter === ';'
      ? [PLAIN_INTEGER, LONG_INTEGER, PLAIN_NUMBER, DECIMAL_COMMA, ISO_TIME]
      : [PLAIN_INTEGER, LONG_INTEGER, PLAIN_NUMBER, GROUPED_INTEGER, GROUPED_NUMBER, ISO_TIME]
  for (const [index, name] of shape.columnNames().entries()) {
    if (String(shape.columnType(index)) !== 'VARCHAR') continue
    const converted =
      (await readingFor(connection, name, readings)) ?? (await timeFormatFor(connection, name))
    if (converted) notes.push(...(await convertColumn(connection, name, converted)))
  }
  return notes
}

async function readingFor(
  connection: DuckDBConnection,
  name: string,
  readings: readonly Reading[],
): Promise<string | undefined> {
  const column = quoteName(name)
  for (const { matches, convert } of readings) {
    const test = `regexp_full_match(trim(${column}), ${quoteText(matches)})`
    if (await holds(connection, column, test)) return convert(`trim(${column})`)
  }
  return undefined
}

/** One format must fit every cell, and only one: 01/02/2023 alone says no month. */
async function timeFormatFor(
  connection: DuckDBConnection,
  name: string,
): Promise<string | undefined> {
  const column = quoteName(name)
  const fitting: string[] = []
  for (const format of TIME_FORMATS) {
    const parsed = `try_strptime(trim(${column}), ${quoteText(format)})`
    if (await holds(connection, column, `${parsed} IS NOT NULL`)) fitting.push(parsed)
  }
  return fitting.length === 1 ? fitting[0] : undefined
}

/** Whether `test` is true of every cell that holds something, and some cell does. */
async function holds(connection: DuckDBConnection, column: string, test: string): Promise<boolean> {
  for (const rows of [SAMPLE, 'data']) {
    const result = await connection.runAndReadAll(
      `SELECT count(*), count(*) FILTER (WHERE ${test}) FROM ${rows}
       WHERE ${column} IS NOT NULL AND NOT ${isNothing(column)}`,
    )
    const [all, matching] = (result.getRows()[0] ?? []).map(Number)
    if (!all || all !== matching) return false
  }
  return true
}

async function convertColumn(
  connection: DuckDBConnection,
  name: string,
  converted: string,
): Promise<string[]> {
  const column = quoteName(name)
  const said = await connection.runAndReadAll(
    `SELECT count(*), first(${column}) FROM data WHERE ${isNothing(column)}`,
  )
  const [count, word] = said.getRows()[0] ?? []
  const shape = await connection.runAndReadAll(`SELECT ${converted} FROM data LIMIT 0`)
  await connection.run(
    `ALTER TABLE data ALTER ${column} TYPE ${String(shape.columnType(0))}
     USING CASE WHEN ${isNothing(column)} THEN NULL ELSE ${converted} END`,
  )
  if (!count) return []
  return [
    `${String(count)} cells of ${name} say ${JSON.stringify(word)} or the like: read as empty`,
  ]
}

/** Whole numbers that the reader took for floating-point ones, which cannot hold all their digits. */
export async function roundedColumns(connection: DuckDBConnection): Promise<string[]> {
  const shape = await connection.runAndReadAll('SELECT * FROM data LIMIT 0')
  const names = shape
    .columnNames()
    .filter((_, index) => String(shape.columnType(index)) === 'DOUBLE')
  const rounded: string[] = []
  for (const name of names) {
    const column = quoteName(name)
    const result = await connection.runAndReadAll(
      `SELECT max(abs(${column})) > ${Number.MAX_SAFE_INTEGER} AND max(abs(${column})) < 1e38
         AND bool_and(isfinite(${column}) AND ${column} = trunc(${column}))
       FROM data WHERE ${column} IS NOT NULL`,
    )
    if (result.getRows()[0]?.[0] === true) rounded.push(name)
  }
  return rounded
}

/**
 * Columns that the first rows show as one type and later rows contradict. Where nearly all cells
 * fit, the others become empty and are reported; otherwise the column stays text.
 */
export async function readDoubtfulColumns(
  connection: DuckDBConnection,
  doubtful: readonly { name: string; type: string }[],
): Promise<LoadAnswer['rejected']> {
  const reasons: string[] = []
  const broken: string[] = []
  for (const { name, type } of doubtful) {
    const column = quoteName(name)
    const fails = `(${column} IS NOT NULL AND NOT ${isNothing(column)} AND TRY_CAST(${column} AS ${type}) IS NULL)`
    const result = await connection.runAndReadAll(
      `SELECT count(${column}), count(*) FILTER (WHERE ${fails}),
              first(${column}) FILTER (WHERE ${fails}) FROM data`,
    )
    const [all, failed, example] = result.getRows()[0] ?? []
    if (Number(failed) > Number(all) * MOST_UNREADABLE) continue
    if (Number(failed) > 0) {
      broken.push(fails)
      reasons.push(
        `${String(failed)} cells of ${name} are no ${type}, such as ${JSON.stringify(String(example).slice(0, 60))}: read as empty`,
      )
    }
  }
  const count = broken.length > 0 ? await countRows(connection, broken.join(' OR ')) : 0
  for (const { name, type } of doubtful) await castIfMostly(connection, name, type)
  return { count, reasons }
}

async function countRows(connection: DuckDBConnection, where: string): Promise<number> {
  const result = await connection.runAndReadAll(`SELECT count(*) FROM data WHERE ${where}`)
  return Number(result.getRows()[0]?.[0] ?? 0)
}

async function castIfMostly(
  connection: DuckDBConnection,
  name: string,
  type: string,
): Promise<void> {
  const column = quoteName(name)
  const cast = `TRY_CAST(${column} AS ${type})`
  const result = await connection.runAndReadAll(
    `SELECT count(${column}), count(${cast}), count(*) FILTER (WHERE ${isNothing(column)}) FROM data`,
  )
  const [all, cells, nothing] = (result.getRows()[0] ?? []).map(Number)
  if (all === undefined || cells === undefined || nothing === undefined) return
  if (all - cells - nothing > all * MOST_UNREADABLE) return
  await connection.run(`ALTER TABLE data ALTER ${column} TYPE ${type} USING ${cast}`)
}
