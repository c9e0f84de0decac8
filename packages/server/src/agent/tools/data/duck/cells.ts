import { DuckDBTypeId, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'

import type { Cell, ColumnKind } from '../schemas.ts'

const INTEGERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
])
const NUMBERS = new Set([DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL])
const TIMES = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIME_TZ,
])

export function kindOf(type: DuckDBType): ColumnKind {
  if (INTEGERS.has(type.typeId)) return 'integer'
  if (NUMBERS.has(type.typeId)) return 'number'
  if (TIMES.has(type.typeId)) return 'time'
  return type.typeId === DuckDBTypeId.BOOLEAN ? 'boolean' : 'text'
}

const digitsIn = (text: string): number => text.replace(/^-?0*\.?0*|\D/g, '').length

/** Fractions of a second always have six digits, or none when the second is whole. */
const padFraction = (text: string): string =>
  text.replace(
    /(:\d\d)\.(\d{1,6})(?!\d)/,
    (_, second: string, fraction: string) => `${second}.${fraction.padEnd(6, '0')}`,
  )

/** A DuckDB value as JSON has it; what a JSON number cannot hold exactly becomes text. */
export function cellOf(value: DuckDBValue, type: DuckDBType): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  const text = String(value)
  if (type.typeId === DuckDBTypeId.DECIMAL) return digitsIn(text) <= 15 ? Number(text) : text
  return TIMES.has(type.typeId) ? padFraction(text) : text
}
