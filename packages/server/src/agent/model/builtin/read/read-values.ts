/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { Reader } from '../question/draft.ts'
import { isNumeric } from '../question/match-columns.ts'
import type { Literal } from '../question/question.ts'
import { explained } from '../question/unclear.ts'

/** Reads a value that `column` can be compared with; undefined when none follows. */
export function readLiteral(
  reader: Reader,
  source: string,
  column: ColumnProfile,
): Literal | undefined {
  const term = reader.peek()
  switch (term?.kind) {
    case 'number':
      reader.take()
      return typed(column, { kind: 'number', text: term.value }, term.text)
    case 'date':
    case 'time':
    case 'moment':
      reader.take()
      return typed(column, { kind: term.kind, text: term.value }, term.text)
    case 'text': {
      const run = reader.takeTextRun(source)
      return run && typed(column, { kind: 'text', text: run.value }, run.text)
    }
    default:
      return undefined
  }
}

/** After `is` or `=` any word is a value, also one that means something elsewhere. */
export function readAnyLiteral(
  reader: Reader,
  source: string,
  column: ColumnProfile,
): Literal | undefined {
  const literal = readLiteral(reader, source, column)
  if (literal) return literal
  const term = reader.peek()
  if (!term || term.kind === 'and' || term.kind === 'or' || term.kind === 'not') return undefined
  if (column.kind !== 'text' && column.kind !== 'boolean') return undefined
  reader.take()
  return typed(column, { kind: 'text', text: term.text }, term.text)
}

function typed(column: ColumnProfile, literal: Literal, text: string): Literal {
  if (column.kind === 'text') return { kind: 'text', text: unquoted(text) }
  if (column.kind === 'boolean') {
    if (/^(?:true|yes)$/i.test(text)) return { kind: 'boolean', value: true }
    if (/^(?:false|no)$/i.test(text)) return { kind: 'boolean', value: false }
  }
  if (isNumeric(column)) {
    if (literal.kind === 'number') return literal
    const number = unquoted(text).replaceAll(',', '')
    if (/^-?\d+(?:\.\d+)?$/.test(number)) return { kind: 'number', text: number }
  }
  if (column.kind === 'time' && fitsTime(column, literal)) return literal
  throw explained(
    `\`${column.name}\` is a column of ${KIND_NAMES[column.kind]}, and “${text}” cannot be compared with that.`,
  )
}

function fitsTime(column: ColumnProfile, literal: Literal): boolean {
  if (column.sql_type === 'DATE') return literal.kind === 'date'
  if (column.sql_type.startsWith('TIME') && !column.sql_type.startsWith('TIMESTAMP')) {
    return literal.kind === 'time'
  }
  return literal.kind === 'date' || literal.kind === 'time' || literal.kind === 'moment'
}

const unquoted = (text: string): string => text.replace(/^["“`'](.*)["”`']$/s, '$1')

export const KIND_NAMES: Record<ColumnProfile['kind'], string> = {
  integer: 'whole numbers',
  number: 'numbers',
  time: 'dates or times',
  boolean: 'true and false',
  text: 'text',
}
