import type { WorkloadColumn } from '../../workload/columns.ts'
import { NAME_COLUMNS } from '../../workload/dimensions.ts'
import { quoteName, quoteText } from '../data/duck/quote.ts'
import { ToolError } from '../tool.ts'
import type { Where } from './schemas.ts'

const TEXTS = ['source', ...NAME_COLUMNS] as const

const ENDS = [
  { key: 'from', is: '>=', word: 'from' },
  { key: 'to', is: '<', word: 'before' },
] as const

const SIZES = [
  { key: 'min_input_tokens', column: 'input_tokens', is: '>=' },
  { key: 'max_input_tokens', column: 'input_tokens', is: '<=' },
  { key: 'min_output_tokens', column: 'output_tokens', is: '>=' },
  { key: 'max_output_tokens', column: 'output_tokens', is: '<=' },
] as const

interface Condition {
  /** Of the view `workload`; `true` for everything. */
  sql: string
  /** '' for everything. */
  words: string
}

/**
 * SQL and words of a condition. Sizes are those of one request: in an aggregated row the mean.
 *
 * @throws ToolError when the files lack a column that it names.
 */
export function conditionOf(
  where: Where | undefined,
  columns: ReadonlySet<WorkloadColumn>,
): Condition {
  const parts: Condition[] = []
  const add = (column: WorkloadColumn, sql: string, words: string): void => {
    if (!columns.has(column)) {
      throw new ToolError(
        `These files have no ${column}, so requests cannot be chosen by it. They have: ${[...columns].join(', ')}.`,
      )
    }
    parts.push({ sql, words })
  }
  for (const { key, is, word } of ENDS) {
    const value = where?.[key]
    if (value === undefined) continue
    const { literal, text } = instantOf(value)
    add('at', `"at" ${is} ${literal}`, `${word} ${text}`)
  }
  for (const column of TEXTS) {
    const value = where?.[column]
    if (value === undefined) continue
    const values = typeof value === 'string' ? [value] : value
    const sql = `${quoteName(column)} IN (${values.map(quoteText).join(', ')})`
    add(column, sql, `${column} is ${values.join(' or ')}`)
  }
  if (where?.status !== undefined)
    add('status', `status = ${quoteText(where.status)}`, `status is ${where.status}`)
  if (where?.is_batch !== undefined) {
    const sql = `coalesce(is_batch, false) = ${where.is_batch}`
    add('is_batch', sql, where.is_batch ? 'batch calls' : 'no batch calls')
  }
  for (const { key, column, is } of SIZES) {
    const value = where?.[key]
    if (value === undefined) continue
    const words = `${column} of a request ${is === '<=' ? '≤' : '≥'} ${value}`
    add(column, `${column} ${is} ${value} * requests`, words)
  }
  if (parts.length === 0) return { sql: 'true', words: '' }
  return {
    sql: parts.map(({ sql }) => `(${sql})`).join(' AND '),
    words: parts.map(({ words }) => words).join(', '),
  }
}

function instantOf(text: string): { literal: string; text: string } {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text)
  const hasOffset = /(Z|[+-]\d\d:?\d\d)$/i.test(text)
  const at = new Date(isDay || hasOffset ? text : `${text}Z`)
  if (Number.isNaN(at.getTime()))
    throw new ToolError(`${text} is no time: write 2026-01-31T08:00Z.`)
  return { literal: timestampOf(at.getTime()), text: at.toISOString() }
}

/** SQL of a time in milliseconds since the epoch. */
export const timestampOf = (at: number): string =>
  // As a number: DuckDB reads no written year above 9999.
  `make_timestamp(${BigInt(at) * 1_000n}::BIGINT)`
