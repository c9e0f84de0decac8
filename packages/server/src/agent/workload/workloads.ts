import type { QueryAnswer, ResultLimits } from '../tools/data/duck/messages.ts'
import type { Tables } from '../tools/data/tables.ts'
import { ToolError, type ToolContext } from '../tools/tool.ts'
import type { WorkloadColumn } from './columns.ts'
import { selectOf, type FileColumns } from './mapping-sql.ts'
import { mappedColumns } from './mapping.ts'
import { recognise } from './recognise.ts'

/** Usage of one or more files, as rows of one schema. */
export interface Workload {
  files: {
    fileId: string
    name: string
    rows: number
    /** What the file was recognised as: 'csv', 'openai usage', … */
    format: string
  }[]
  columns: ReadonlySet<WorkloadColumn>
  rows: number
  /** Rows left out, or with cells that could not be read; a few reasons. */
  rejected: { count: number; reasons: string[] }
  /**
   * SQL over the view `workload`; read-only; cells as the data tools give them.
   * @throws ToolError when the SQL is at fault.
   */
  query(sql: string, limits?: ResultLimits): Promise<QueryAnswer>
}

export interface Workloads {
  /**
   * Files of the thread as one workload; `source` tells them apart.
   * @throws ToolError when a file is not there, is no table, or holds nothing of the schema.
   */
  open(fileIds: readonly string[], context: ToolContext): Promise<Workload>
}

const DEFAULT_LIMITS = { rows: 10_000, bytes: 4_000_000 }

export function createWorkloads(tables: Tables): Workloads {
  return {
    async open(fileIds, context) {
      const asked = [...new Set(fileIds)]
      if (asked.length === 0) throw new ToolError('Name at least one file.')
      const opened = []
      for (const fileId of asked) opened.push(await openFile(tables, fileId, context))
      const parts = opened.map(({ database, mapping, types, name }) => ({
        database,
        select: selectOf(mapping, types, name),
      }))
      const columns = new Set<WorkloadColumn>(['source', 'requests'])
      for (const { mapping } of opened)
        for (const [name] of mappedColumns(mapping)) columns.add(name)
      return {
        files: opened.map(({ fileId, name, rows, format }) => ({ fileId, name, rows, format })),
        columns,
        rows: opened.reduce((sum, { rows }) => sum + rows, 0),
        rejected: {
          count: opened.reduce((sum, { rejected }) => sum + rejected.count, 0),
          reasons: opened.flatMap(({ rejected }) => rejected.reasons),
        },
        query: (sql, limits = DEFAULT_LIMITS) => tables.queryWorkload(parts, sql, limits, context),
      }
    },
  }
}

async function openFile(tables: Tables, fileId: string, context: ToolContext) {
  const table = await tables.open(fileId, context)
  const types = await columnsOf(tables, fileId, context)
  const { format, mapping } = recognise(types)
  const counted = await tables.query(fileId, 'SELECT count(*) FROM data', DEFAULT_LIMITS, context)
  return {
    fileId,
    name: table.file.name,
    database: table.database,
    rejected: table.rejected,
    rows: Number(counted.rows[0]?.[0] ?? 0),
    types,
    format,
    mapping,
  }
}

async function columnsOf(
  tables: Tables,
  fileId: string,
  context: ToolContext,
): Promise<FileColumns> {
  const shape = await tables.query(
    fileId,
    'SELECT column_name, column_type FROM (DESCRIBE data)',
    DEFAULT_LIMITS,
    context,
  )
  return new Map(shape.rows.map(([name, type]) => [String(name), String(type)]))
}
