import { ToolError, type Tool } from '../tool.ts'
import { queryResult } from './query-table.ts'
import { chartTableInput, type ChartResult, type QueryResult } from './schemas.ts'
import { TABLE_TOOL_TIMEOUT_MS, type Tables } from './tables.ts'

/** More points than a screen has pixels to show. */
const MOST_POINTS = 2_000

export const chartTable = (tables: Tables): Tool => ({
  name: 'chart_table',
  description: `Draws a chart of a query over an attached table (CSV, TSV, JSON, NDJSON or Parquet file) (the table data): sql is one read-only statement, x the result's column on the horizontal axis, y the numeric columns drawn as series. At most ${MOST_POINTS} rows: aggregate in SQL, for example by date_trunc('minute', time), and ORDER BY x.`,
  input: chartTableInput,
  timeoutMs: TABLE_TOOL_TIMEOUT_MS,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<ChartResult> {
    const { file_id, sql, kind, title, x, y } = chartTableInput.parse(input)
    const result = await queryResult(tables, file_id, sql, context)
    const horizontal = columnOf(result, x)
    const series = y.map((name) => columnOf(result, name))
    const wordy = series.find((column) => column.kind !== 'integer' && column.kind !== 'number')
    if (wordy) {
      throw new ToolError(
        `${wordy.name} holds ${wordy.kind}, not numbers: y needs numeric columns, such as count(*) or sum(…).`,
      )
    }
    if (result.rows.length > MOST_POINTS || result.truncated) {
      throw new ToolError(
        `The query gives ${result.truncated ? 'more than ' : ''}${result.rows.length} rows and a chart takes ${MOST_POINTS}: group by a coarser step, such as date_trunc('hour', …), or keep the largest with ORDER BY … LIMIT.`,
      )
    }
    const chart = {
      kind,
      title,
      x: { column: horizontal.name, kind: horizontal.kind },
      y: series.map((column) => ({ column: column.name })),
    }
    return { ...result, chart }
  },
})

function columnOf(result: QueryResult, name: string): QueryResult['columns'][number] {
  const exact = result.columns.find((column) => column.name === name)
  const found =
    exact ?? result.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const names = result.columns.map((column) => column.name).join(', ')
  throw new ToolError(`The query's result has no column ${name}. Its columns are: ${names}.`)
}
