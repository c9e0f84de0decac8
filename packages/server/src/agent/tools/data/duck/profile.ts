import type { DuckDBType } from '@duckdb/node-api'

import type { Cell, ColumnProfile } from '../schemas.ts'
import { cellOf, kindOf } from './cells.ts'
import { openLocked, type OpenDatabase } from './database.ts'
import type { ProfileAnswer } from './messages.ts'
import { quoteName } from './quote.ts'

/** Exact figures of each column: one scan a column, so that memory holds one set of distincts. */
export async function profileData(path: string, scratch: string): Promise<ProfileAnswer> {
  const database = await openLocked(path, scratch)
  try {
    const shape = await database.connection.runAndReadAll('SELECT * FROM data LIMIT 0')
    const total = await database.connection.runAndReadAll('SELECT count(*) FROM data')
    const rows = Number(total.getRows()[0]?.[0] ?? 0)
    const columns: ColumnProfile[] = []
    for (const [index, name] of shape.columnNames().entries()) {
      columns.push(await profileColumn(database, name, shape.columnType(index), rows))
    }
    return { rows, columns }
  } finally {
    database.close()
  }
}

async function profileColumn(
  { connection }: OpenDatabase,
  name: string,
  type: DuckDBType,
  rows: number,
): Promise<ColumnProfile> {
  const column = quoteName(name)
  const kind = kindOf(type)
  const mean = kind === 'integer' || kind === 'number' ? `avg(${column})::DOUBLE` : 'NULL::DOUBLE'
  const result = await connection.runAndReadAll(
    `SELECT count(${column}), count(DISTINCT ${column}), min(${column}), max(${column}), ${mean} FROM data`,
  )
  const types = result.columnTypes()
  const cells = (result.getRows()[0] ?? []).map((value, index) => {
    const cellType = types[index]
    return cellType ? cellOf(value, cellType) : null
  })
  const [present, distinct, min, max, average] = cells
  return {
    name,
    kind,
    sql_type: type.toString(),
    nulls: rows - Number(present ?? 0),
    distinct: Number(distinct ?? 0),
    min: shortened(min),
    max: shortened(max),
    mean: typeof average === 'number' ? average : null,
  }
}

const LONGEST_TEXT = 120

const shortened = (cell: Cell | undefined): Cell =>
  typeof cell === 'string' && cell.length > LONGEST_TEXT
    ? `${cell.slice(0, LONGEST_TEXT)}…`
    : (cell ?? null)
