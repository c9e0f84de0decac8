import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { BareColumn } from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import { singularWords } from '../question/words.ts'

const ADDS_UP = new Set(
  'token cost amount byte revenue sale quantity qty spend spending click view download unit charge fee payment order'.split(
    ' ',
  ),
)
const NEVER_ADDS_UP = new Set(
  'id age year latency duration time rate ratio score temperature percent pct price level code zip lat lon rank index version port'.split(
    ' ',
  ),
)

/** Whether a bare mention of the column can only mean its total: tokens do, latencies do not. */
export function addsUp({ column, plural }: BareColumn): boolean {
  if (!isNumeric(column)) return false
  const words = singularWords(column.name)
  if (words.some((word) => NEVER_ADDS_UP.has(word))) return false
  return words.some((word) => ADDS_UP.has(word)) || (plural && column.kind === 'integer')
}

/** Whether rows can be grouped by the column's values, rather than measured by it. */
export function isDimension(column: ColumnProfile): boolean {
  if (column.kind === 'text' || column.kind === 'boolean') return true
  if (column.kind === 'time') return true
  return isIdentifier(column)
}

export function isIdentifier(column: ColumnProfile): boolean {
  const words = singularWords(column.name)
  // `num_model_requests` counts, whatever else its name says.
  if (column.kind === 'number' || COUNTS.has(words.at(-1) ?? '')) return false
  return words.some((word) => IDENTIFIES.has(word))
}

const COUNTS = new Set(['request', 'call', 'count', 'token', 'total'])

const IDENTIFIES = new Set(
  'id code user customer year month day hour week zip status level version port model'.split(' '),
)
