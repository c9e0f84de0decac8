import type { Cell, TableProfile } from '../../../tools/data/schemas.ts'
import { code } from '../question/labels.ts'
import { KIND_NAMES } from '../read/read-values.ts'
import { formatCell, formatNumber, markdownTable } from './format.ts'

const SHOWN_COLUMNS = 60

export function phraseColumns(profile: TableProfile): string {
  const { columns, rows, name } = profile
  const shown = columns.slice(0, SHOWN_COLUMNS)
  const table = markdownTable({
    columns: [
      { name: 'column', kind: 'text' },
      { name: 'holds', kind: 'text' },
      { name: 'from', kind: 'time' },
      { name: 'to', kind: 'time' },
      { name: 'distinct', kind: 'integer' },
      { name: 'empty', kind: 'integer' },
    ],
    rows: shown.map((column): Cell[] => [
      column.name,
      KIND_NAMES[column.kind],
      formatCell(column.min, column.kind),
      formatCell(column.max, column.kind),
      column.distinct,
      column.nulls,
    ]),
  })
  const more =
    columns.length > shown.length ? `\n\n…and ${columns.length - shown.length} more columns.` : ''
  return `${code(name)} has **${columns.length}** columns and **${formatNumber(rows).text}** rows:\n\n${table}${more}`
}
