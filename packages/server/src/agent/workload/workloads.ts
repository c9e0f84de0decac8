import type { QueryAnswer, ResultLimits } from '../tools/data/duck/messages.ts'
import type { Tables } from '../tools/data/tables.ts'
import { ToolError, type ToolContext } from '../tools/tool.ts'
import type { WorkloadColumn } from './columns.ts'
import type { MappedFile, MappedFiles } from './mapped-files.ts'
import { selectOf } from './mapping-sql.ts'
import { mappedColumns } from './mapping.ts'

/** Usage of one or more files, as rows of one schema. */
export interface Workload {
  files: {
    fileId: string
    name: string
    rows: number
    /** What the file was recognised as: 'csv', 'openai usage', … */
    format: string
    /** Its times are counted from a start of its own, which is no other file's. */
    countsFromItsStart: boolean
  }[]
  /** Those that hold a value in some row; the view has the empty ones too. */
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

export function createWorkloads(tables: Tables, files: MappedFiles): Workloads {
  return {
    async open(fileIds, context) {
      const asked = [...new Set(fileIds)]
      if (asked.length === 0) throw new ToolError('Name at least one file.')
      const opened: MappedFile[] = []
      for (const fileId of asked) {
        const file = await files.open(fileId, context)
        if (mappedColumns(file.mapping).length === 0) throw new ToolError(nothingFound(file))
        opened.push(file)
      }
      const names = distinctNames(opened)
      const parts = opened.map((file, index) => ({
        database: file.database,
        select: selectOf(file.mapping, file.columns, names[index] ?? '', file),
      }))
      const columns = new Set<WorkloadColumn>(['source', 'requests'])
      for (const { mapping, empty } of opened)
        for (const [name] of mappedColumns(mapping)) if (!empty.has(name)) columns.add(name)
      return {
        files: opened.map(({ file, rows, format, mapping }, index) => ({
          fileId: file.fileId,
          name: names[index] ?? '',
          rows,
          format,
          countsFromItsStart: mapping.columns.at?.unit?.startsWith('trace_') ?? false,
        })),
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

/** `source` must tell two files of one name apart. */
function distinctNames(opened: readonly MappedFile[]): string[] {
  const seen = new Map<string, number>()
  return opened.map(({ file: { name } }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

const nothingFound = ({ file, columns }: MappedFile): string =>
  `${file.name} holds nothing that is known of usage: none of its columns (${[...columns.keys()].slice(0, 20).join(', ')}) is named as time, model, tokens or cost. The person can say what they are where the file is attached, under “How this file is read”.`
