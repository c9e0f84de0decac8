import type { ColumnMapping, FileReading } from '@netra/client'

const UNITS: Record<string, string> = {
  written: 'as written',
  unix_s: 'seconds since 1970',
  unix_ms: 'milliseconds since 1970',
  unix_us: 'microseconds since 1970',
  unix_ns: 'nanoseconds since 1970',
  trace_ms: 'milliseconds from its start',
  trace_s: 'seconds from its start',
  one: 'as written',
  thousand: 'thousands',
  million: 'millions',
  usd: 'US dollars',
  cent: 'US cents',
  micro_usd: 'millionths of a dollar',
  ms: 'milliseconds',
  s: 'seconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  as_is: 'as it is',
  hash: 'hidden by a hash',
  error_if_said: 'an error where it says anything',
}

export const unitName = (unit: string): string => UNITS[unit] ?? unit

export const columnTitle = (name: string): string =>
  name === 'at' ? 'time' : name.replaceAll('_', ' ')

/** A way to make a column that is more than one column of the file. */
export const isPlain = ({ from, between, value, when, extract }: ColumnMapping): boolean =>
  from?.length === 1 && !between && value === undefined && !when && extract === undefined

/** How a column is made, in words. */
export function madeOf({ from, between, value, when, extract }: ColumnMapping): string {
  const where = when ? ` where ${when.column} matches ${when.matches}` : ''
  if (value !== undefined) return `always ${String(value)}${where}`
  if (between) return `from ${between[0]} to ${between[1]}`
  if (!from || from.length === 0) return 'not said by this file'
  const part = extract === undefined ? '' : 'part of '
  return `${part}${from.join(' + ')}${where}`
}

const NUMBERS = new Set(['tokens', 'count', 'money', 'duration'])

/** Columns of the file that a column of the schema can be made of; the server has the last word. */
export function choicesFor(sort: string, columns: FileReading['columns']): FileReading['columns'] {
  if (NUMBERS.has(sort))
    return columns.filter(({ type }) => !/^(TIMESTAMP|DATE|TIME|BOOLEAN)|\[\]$/.test(type))
  if (sort === 'list') return columns.filter(({ type }) => type.endsWith('[]'))
  return columns.filter(({ type }) => !type.endsWith('[]'))
}

const FILES = new Set(['csv', 'json', 'ndjson', 'parquet'])

/** What a file was taken for; one that is no known export is only what it is written in. */
export const formatWords = (format: string): string =>
  FILES.has(format)
    ? 'No known export: columns are recognised by their names'
    : `Recognised as ${format}`
