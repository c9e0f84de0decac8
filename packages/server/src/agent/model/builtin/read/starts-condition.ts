import type { Reader } from '../question/draft.ts'
/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import type { Term } from '../question/term.ts'

const VALUE_AFTER_BE = new Set<Term['kind'] | undefined>([
  'text',
  'number',
  'date',
  'time',
  'moment',
  'not',
  'empty',
  'between',
  'comparison',
  'match',
])

export const isMoment = (kind: Term['kind'] | undefined): boolean =>
  kind === 'date' || kind === 'time' || kind === 'moment'

/** Whether the column `ahead` of the reader begins a condition, rather than being asked about. */
export function columnStartsCondition(reader: Reader, ahead: number): boolean {
  const column = reader.peek(ahead)
  if (column?.kind !== 'column') return false
  const next = reader.peek(ahead + 1)
  switch (next?.kind) {
    case 'match':
    case 'not':
      return true
    case 'comparison':
      return !countsLaterColumn(reader, ahead + 2)
    case 'between':
      return !countsLaterColumn(reader, ahead + 4)
    case 'be':
      return VALUE_AFTER_BE.has(reader.kind(ahead + 2)) || isTimeOpener(reader, ahead + 2)
    case 'text':
      return column.column.kind === 'text'
    case 'where':
      return column.column.kind === 'time' && isMoment(reader.kind(ahead + 2))
    default:
      return false
  }
}

/** `users with more than 100 requests`: the number belongs to what follows it. */
function countsLaterColumn(reader: Reader, number: number): boolean {
  const after = reader.kind(number + 1)
  const counted =
    after === 'rows' || after === 'column' || after === 'ambiguous' || after === 'function'
  return reader.kind(number) === 'number' && counted
}

function isTimeOpener(reader: Reader, ahead: number): boolean {
  const term = reader.peek(ahead)
  return term?.kind === 'where' && isMoment(reader.kind(ahead + 1))
}
