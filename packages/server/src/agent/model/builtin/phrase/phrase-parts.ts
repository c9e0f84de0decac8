import type { Cell, QueryResult, TableProfile } from '../../../tools/data/schemas.ts'
import { code, scopeText } from '../question/labels.ts'
import type { Filter } from '../question/question.ts'
import { escapeMarkdown, formatNumber, markdownTable } from './format.ts'

const SHOWN_ROWS = 20

export const UNREADABLE = 'The result is above; it is too large for me to speak of it.'

export function opening(profile: TableProfile, filters: readonly Filter[]): string {
  const scope = scopeText(filters)
  return scope === '' ? `In ${code(profile.name)}` : `In ${code(profile.name)},${scope}`
}

export const bold = (cell: Cell): string =>
  `**${typeof cell === 'number' ? formatNumber(cell).text : textual(cell)}**`

/** Numbers that JSON cannot hold come as text. */
const textual = (cell: Cell): string =>
  typeof cell === 'string' ? escapeMarkdown(formatNumber(cell).text) : String(cell)

export function shownRows(result: QueryResult, noun: string): string {
  const rows = result.rows.slice(0, SHOWN_ROWS)
  const table = markdownTable({ columns: result.columns, rows })
  const hidden = result.row_count - rows.length
  if (hidden <= 0) return table
  const more = `${formatNumber(hidden).text}${result.truncated ? ' or more' : ''}`
  return `${table}\n\n…and ${more} other ${noun}, of ${formatNumber(result.row_count).text}${result.truncated ? ' or more' : ''} in all.`
}

export const roundingNote = (result: QueryResult): string =>
  result.rows
    .slice(0, SHOWN_ROWS)
    .some((row) => row.some((cell) => typeof cell === 'number' && formatNumber(cell).rounded))
    ? '\n\nDecimals are rounded here; the tool’s result has them in full.'
    : ''
