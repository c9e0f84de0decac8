import { WORKLOAD_COLUMNS, type WorkloadColumn } from '../../workload/columns.ts'
import type { Workload, Workloads } from '../../workload/workloads.ts'
import type { ResultLimits } from '../data/duck/messages.ts'
import type { Cell } from '../data/schemas.ts'
import { ToolError, type ToolContext } from '../tool.ts'
import { numberOf } from './money.ts'
import type { Covered, NotMeasurable, Where } from './schemas.ts'
import { conditionOf } from './where.ts'

/** The requests that a question is about. */
export interface Subject {
  has: (column: WorkloadColumn) => boolean
  /** A selection of the rows, with every column of the view. */
  from: string
  covered: Covered
  /** Some rows stand for several requests: what is said of single requests cannot be known. */
  aggregated: boolean
  ask: (sql: string, limits?: ResultLimits) => Promise<Cell[][]>
  columns: Workload['columns']
}

/**
 * Opens files as one workload and keeps the rows of a condition.
 *
 * @throws ToolError when no request is left.
 */
export async function openSubject(
  workloads: Workloads,
  asked: { file_ids: readonly string[]; where?: Where | undefined },
  context: ToolContext,
): Promise<Subject> {
  const workload = await workloads.open(asked.file_ids, context)
  const has = (column: WorkloadColumn): boolean => workload.columns.has(column)
  const condition = conditionOf(asked.where, workload.columns)
  const from = `(SELECT * FROM workload WHERE ${condition.sql})`
  const ask: Subject['ask'] = async (sql, limits) => (await workload.query(sql, limits)).rows
  const times = has('at') ? 'min("at"), max("at")' : 'NULL, NULL'
  const [row] = await ask(
    `SELECT count(*), coalesce(sum(requests), 0), coalesce(max(requests), 1), ${times} FROM ${from} AS w`,
  )
  const [rows, requests, most, first, last] = row ?? []
  if (numberOf(requests) === 0) {
    throw new ToolError(
      condition.words === ''
        ? 'The files hold no requests.'
        : `No request fulfils the condition: ${condition.words}.`,
    )
  }
  return {
    has,
    from,
    ask,
    columns: workload.columns,
    aggregated: numberOf(most) > 1,
    covered: {
      files: workload.files.map(({ fileId, name, format }) => ({ file_id: fileId, name, format })),
      where: condition.words,
      rows: numberOf(rows),
      requests: numberOf(requests),
      from: isoOf(first),
      to: isoOf(last),
      rejected_rows: workload.rejected.count,
    },
  }
}

/** A time as the data tools give it (UTC), in ISO 8601. */
export function isoOf(cell: Cell | undefined): string | null {
  if (cell === null || cell === undefined) return null
  return `${String(cell).replace(' ', 'T')}Z`
}

/** What a missing column makes impossible to say. */
export const lacking = (what: string, column: WorkloadColumn): NotMeasurable => ({
  what,
  why: `The files have no column for ${column}.`,
  needs: `${column}: ${WORKLOAD_COLUMNS[column].meaning}.`,
})

export const ofSingleRequests = (what: string): NotMeasurable => ({
  what,
  why: 'Rows of these files stand for several requests each.',
  needs: 'An export with one row for each request.',
})
