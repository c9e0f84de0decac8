import { asMarkdown } from '../../../plain-markdown.ts'
import type { Cell, ColumnKind } from '../../../tools/data/schemas.ts'

/**
 * A computed decimal without the noise of binary fractions: sums of cents come as 2501.809999999999.
 * Twelve digits are more than any money or token count here needs, and fewer than the noise has.
 */
export const precise = (cell: number): number => Number(cell.toPrecision(12))

/** A number as people read it: whole ones exactly, others to a few digits. */
export function formatNumber(cell: string | number): { text: string; rounded: boolean } {
  if (typeof cell === 'string') return formatDigits(cell)
  if (Number.isInteger(cell)) return { text: grouped(String(cell)), rounded: false }
  const size = Math.abs(cell)
  const options: Intl.NumberFormatOptions =
    size >= 1 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 }
  const text = cell.toLocaleString('en-US', options)
  return { text, rounded: Number(text.replaceAll(',', '')) !== precise(cell) }
}

/** Numbers that JSON cannot hold come as text, and lose nothing here. */
function formatDigits(text: string): { text: string; rounded: boolean } {
  return { text: /^-?\d+(?:\.\d+)?$/.test(text) ? grouped(text) : text, rounded: false }
}

const grouped = (text: string): string => {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(.*)$/.exec(text) ?? []
  return whole === '' ? text : `${sign}${whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')}${rest}`
}

const isNumber = (kind: ColumnKind | undefined): boolean => kind === 'integer' || kind === 'number'

/** A cell in running text or a table; text of the data cannot act as Markdown. */
export function formatCell(cell: Cell | undefined, kind: ColumnKind | undefined): string {
  if (cell === null || cell === undefined) return '(empty)'
  if (isNumber(kind) && typeof cell !== 'boolean') return formatNumber(cell).text
  if (kind === 'time') return String(cell)
  const text = escapeMarkdown(String(cell))
  return text === '' ? '(blank)' : text
}

const LONGEST_CELL = 120

export function escapeMarkdown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  const short = line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL)}…` : line
  return asMarkdown(short)
}

interface Table {
  columns: readonly { name: string; kind: ColumnKind }[]
  rows: readonly (readonly Cell[])[]
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A Markdown table; numbers to the right. */
export function markdownTable({ columns, rows }: Table): string {
  return [
    line(columns.map(({ name }) => escapeMarkdown(name))),
    line(columns.map(({ kind }) => (isNumber(kind) ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map(({ kind }, place) => formatCell(row[place], kind)))),
  ].join('\n')
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[], joint = 'and'): string {
  if (parts.length < 2) return parts[0] ?? ''
  return `${parts.slice(0, -1).join(', ')} ${joint} ${parts.at(-1) ?? ''}`
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
