import type { Tool, ToolContext } from '../tool.ts'
import { queryTableInput, type QueryResult } from './schemas.ts'
import { TABLE_TOOL_TIMEOUT_MS, type Tables } from './tables.ts'

const RESULT_LIMITS = { rows: 10_000, bytes: 4_000_000 }

export const queryTable = (tables: Tables): Tool => ({
  name: 'query_table',
  description:
    'Runs one read-only SQL statement (DuckDB dialect) over an attached table (CSV, TSV, JSON, NDJSON or Parquet file), which is the table data. Column names with capitals or spaces need double quotes. At most 10,000 rows come back: aggregate in SQL. Percentiles: quantile_cont(column, 0.95) interpolates between neighbours.',
  input: queryTableInput,
  timeoutMs: TABLE_TOOL_TIMEOUT_MS,
  repeatable: true,
  effect: 'reads',
  async run(input, context) {
    const { file_id, sql } = queryTableInput.parse(input)
    return queryResult(tables, file_id, sql, context)
  },
})

export async function queryResult(
  tables: Tables,
  fileId: string,
  sql: string,
  context: ToolContext,
): Promise<QueryResult> {
  const answer = await tables.query(fileId, sql, RESULT_LIMITS, context)
  return {
    columns: answer.columns,
    rows: answer.rows,
    row_count: answer.rows.length,
    truncated: answer.truncated,
  }
}
