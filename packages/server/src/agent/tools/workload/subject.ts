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
  /** What a missing column makes impossible to say; of time also where files have no clock in common. */
  lacking: (what: string, column: WorkloadColumn) => NotMeasurable
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
  const condition = conditionOf(asked.where, workload.columns)
  const from = `(SELECT * FROM workload WHERE ${condition.sql})`
  const ask: Subject['ask'] = async (sql, limits) => (await workload.query(sql, limits)).rows
  const times = workload.columns.has('at') ? 'min("at"), max("at")' : 'NULL, NULL'
  const [row] = await ask(
    `SELECT count(*), coalesce(sum(requests), 0), coalesce(max(requests), 1), ${times} FROM ${from} AS w`,
  )
  const [rows, requests, most, first, last] = row ?? []
  const clocksDiffer = await haveClocksThatDiffer(workload, from)
  // Whatever asks for a time asks here first: spans, rates and series never see two clocks as one.
  const columns = new Set(workload.columns)
  if (clocksDiffer) columns.delete('at')
  const has = (column: WorkloadColumn): boolean => columns.has(column)
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
    columns,
    lacking: (what, column) =>
      clocksDiffer && column === 'at' ? noCommonClock(what) : lacking(what, column),
    aggregated: numberOf(most) > 1,
    covered: {
      files: workload.files.map(({ fileId, name, format }) => ({ file_id: fileId, name, format })),
      where: condition.words,
      rows: numberOf(rows),
      requests: numberOf(requests),
      from: clocksDiffer ? null : isoOf(first),
      to: clocksDiffer ? null : isoOf(last),
      ...(clocksDiffer && { clocks_differ: true as const }),
      rejected_rows: workload.rejected.count,
    },
  }
}

/** Times of traces that name no day are counted from the start of 1970. */
const FIRST_DATED = `TIMESTAMP '1971-01-01'`

/** Some files are dated, and others count from a start of their own or have no times at all. */
export async function haveClocksThatDiffer(
  { files, columns, query }: Pick<Workload, 'files' | 'columns' | 'query'>,
  from = 'workload',
): Promise<boolean> {
  if (files.length < 2 || !columns.has('at')) return false
  const { rows } = await query(
    `SELECT DISTINCT clock FROM (SELECT CASE WHEN max("at") IS NULL THEN 0 WHEN min("at") < ${FIRST_DATED} THEN 1 ELSE 2 END AS clock
      FROM ${from} AS w GROUP BY source)`,
  )
  return rows.length > 1
}

export const NO_COMMON_CLOCK =
  'Time is not measurable over files with and without dates: their clocks have no point in common, so no span, rate or course is computed over them together.'

const noCommonClock = (what: string): NotMeasurable => ({
  what,
  why: NO_COMMON_CLOCK,
  needs: 'Ask about the dated files, or about one of the others, alone.',
})

/** A time as the data tools give it (UTC), in ISO 8601. */
export function isoOf(cell: Cell | undefined): string | null {
  if (cell === null || cell === undefined) return null
  return `${String(cell).replace(' ', 'T')}Z`
}

/** What a missing column makes impossible to say. */
export const lacking = (what: string, column: WorkloadColumn): NotMeasurable => ({
  what,
  why: `The files have no column for ${column}, or nothing in it.`,
  needs: `${column}: ${WORKLOAD_COLUMNS[column].meaning}.`,
})

export const ofSingleRequests = (what: string): NotMeasurable => ({
  what,
  why: 'Rows of these files stand for several requests each.',
  needs: 'An export with one row for each request.',
})
