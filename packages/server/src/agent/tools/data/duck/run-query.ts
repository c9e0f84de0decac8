import { StatementType, type DuckDBPreparedStatement, type DuckDBResult } from '@duckdb/node-api'

import type { Cell } from '../schemas.ts'
import { cellOf, kindOf } from './cells.ts'
import { openLocked, type OpenDatabase } from './database.ts'
import type { QueryAnswer, ResultLimits } from './messages.ts'
import { Refusal } from './refusal.ts'

const LONGEST_CELL = 16_000

/**
 * Runs one read-only statement. DuckDB's own parser says what the statement is; DESCRIBE, SHOW and
 * SUMMARIZE are selections to it, and everything that writes, sets, attaches or calls is not.
 */
export async function runQuery(
  path: string,
  scratch: string,
  sql: string,
  limits: ResultLimits,
): Promise<QueryAnswer> {
  const database = await openLocked(path, scratch)
  try {
    return await runReading(database, sql, limits)
  } finally {
    database.close()
  }
}

/** Runs one statement in a database that is locked already. */
export async function runReading(
  database: OpenDatabase,
  sql: string,
  limits: ResultLimits,
): Promise<QueryAnswer> {
  const statement = await prepareOne(database, sql)
  return collect(await statement.stream(), limits)
}

/** What a statement that reads may begin with; DuckDB turns some PRAGMAs into selections. */
const BEGINNINGS = /^(select|with|from|values|table|describe|desc|show|summarize|pivot|unpivot)\b/i
const ALLOWED = 'SELECT, WITH, FROM, DESCRIBE or SUMMARIZE over the table data'

async function prepareOne(
  { connection }: OpenDatabase,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const beginning = sql.replace(/--.*$|\/\*[\s\S]*?\*\//gm, ' ').replace(/^[\s(;]+/, '')
  if (beginning === '') throw new Refusal('The SQL is empty.')
  if (!BEGINNINGS.test(beginning)) throw new Refusal(`Only reading is allowed: ${ALLOWED}.`)
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) {
    throw new Refusal(
      `Send one statement at a time: this text holds ${statements.count}. (A PIVOT needs its values listed with IN.)`,
    )
  }
  const statement = await statements.prepare(0)
  if (statement.statementType !== StatementType.SELECT) {
    throw new Refusal(
      `Only reading is allowed: ${ALLOWED}, not ${StatementType[statement.statementType]}.`,
    )
  }
  if (statement.parameterCount > 0) {
    throw new Refusal('Write the values into the SQL: parameters such as ? or $1 have none here.')
  }
  return statement
}

async function collect(result: DuckDBResult, limits: ResultLimits): Promise<QueryAnswer> {
  const names = result.deduplicatedColumnNames()
  const types = result.columnTypes()
  const columns = types.map((type, index) => ({ name: names[index] ?? '', kind: kindOf(type) }))
  const answer: QueryAnswer = { columns, rows: [], truncated: false }
  let bytes = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return answer
    for (const values of chunk.getRows()) {
      if (answer.rows.length >= limits.rows || bytes >= limits.bytes) {
        return { ...answer, truncated: true }
      }
      const row = values.map((value, index) => {
        const type = types[index]
        return type ? clip(cellOf(value, type), answer) : null
      })
      bytes += sizeOf(row)
      answer.rows.push(row)
    }
  }
}

function clip(cell: Cell, answer: QueryAnswer): Cell {
  if (typeof cell !== 'string' || cell.length <= LONGEST_CELL) return cell
  answer.truncated = true
  return `${cell.slice(0, LONGEST_CELL)}…`
}

const sizeOf = (row: Cell[]): number =>
  row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length + 3 : 12), 2)
