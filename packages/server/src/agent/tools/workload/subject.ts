import {
  clockOf,
  NAMES_NO_DAY,
  NO_COMMON_CLOCK,
  type FirstOfSource,
  type WorkloadClock,
} from '../../workload/clock.ts'
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
  const parts = (await ask(partsSql(workload, from))).map(partOf)
  const counted = parts.reduce((sum, part) => sum + part.requests, 0)
  const uncounted = parts.reduce((sum, part) => sum + part.uncounted, 0)
  if (counted === 0 && uncounted === 0) {
    throw new ToolError(
      condition.words === ''
        ? 'The files hold no requests.'
        : `No request fulfils the condition: ${condition.words}.`,
    )
  }
  const clock = clockOf(parts, workload.files)
  // Whatever asks for a time asks here first: spans, rates and series never see two clocks as one.
  const columns = new Set(workload.columns)
  if (clock === 'several') columns.delete('at')
  const [first] = parts.flatMap((part) => part.first ?? []).toSorted()
  const last = parts
    .flatMap((part) => part.last ?? [])
    .toSorted()
    .at(-1)
  return {
    has: (column) => columns.has(column),
    from,
    ask,
    columns,
    lacking: (what, column) =>
      clock === 'several' && column === 'at' ? noCommonClock(what) : lacking(what, column),
    aggregated: uncounted > 0 || parts.some(({ mostInRow }) => mostInRow > 1),
    covered: {
      files: workload.files.map(({ fileId, name, format }) => ({ file_id: fileId, name, format })),
      where: condition.words,
      rows: parts.reduce((sum, part) => sum + part.rows, 0),
      requests: counted === 0 ? null : counted,
      ...(uncounted > 0 && { uncounted_rows: uncounted }),
      from: clock === 'several' ? null : isoOf(first),
      to: clock === 'several' ? null : isoOf(last),
      ...(clock === 'several' && { clocks_differ: true as const }),
      ...(clock === 'start' && { relative: true as const }),
      rejected_rows: workload.rejected.count,
    },
  }
}

interface Part extends FirstOfSource {
  rows: number
  requests: number
  /** Rows that do not say how many requests they stand for. */
  uncounted: number
  mostInRow: number
  last: string | null
}

/** What the requests of each file come to. */
const partsSql = ({ columns }: Pick<Workload, 'columns'>, from: string): string =>
  `SELECT source, count(*), coalesce(sum(requests), 0), coalesce(max(requests), 1), count(*) - count(requests), ${columns.has('at') ? 'min("at"), max("at")' : 'NULL, NULL'}
   FROM ${from} AS w GROUP BY source`

const partOf = ([source, rows, requests, most, uncounted, first, last]: Cell[]): Part => ({
  source: String(source),
  rows: numberOf(rows),
  requests: numberOf(requests),
  mostInRow: numberOf(most),
  uncounted: numberOf(uncounted),
  first: textOrNull(first),
  last: textOrNull(last),
})

const textOrNull = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : String(cell)

/** What the times of a whole workload count from. */
export async function clockOfWorkload(workload: Workload): Promise<WorkloadClock> {
  const { rows } = await workload.query(partsSql(workload, 'workload'))
  return clockOf(rows.map(partOf), workload.files)
}

const noCommonClock = (what: string): NotMeasurable => ({
  what,
  why: NO_COMMON_CLOCK,
  needs:
    'Ask about one of the files alone, or about the dated ones. Undated files that count from one and the same start are read together once their times are said to be milliseconds or seconds since 1970, under “How this file is read”.',
})

export const namesNoDay = (what: string): NotMeasurable => ({
  what,
  why: NAMES_NO_DAY,
  needs: 'at: times with their dates.',
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

/** Where rows stand for nobody knows how many requests: what is said of the others alone. */
export function uncountedOf({ covered }: Subject): NotMeasurable[] {
  const { uncounted_rows: rows = 0, requests } = covered
  if (rows === 0) return []
  return [
    {
      what: requests === null ? 'requests' : `requests of ${rows} rows`,
      why: 'These rows are sums over a period, and their export does not say of how many requests.',
      needs: 'requests: an export that counts them, or one row for each request.',
    },
  ]
}

export const ofSingleRequests = (what: string): NotMeasurable => ({
  what,
  why: 'Rows of these files stand for several requests each.',
  needs: 'An export with one row for each request.',
})
