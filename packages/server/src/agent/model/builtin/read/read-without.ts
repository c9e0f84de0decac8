import type { Draft, Reader } from '../question/draft.ts'
import type { Filter } from '../question/question.ts'
import { explained } from '../question/unclear.ts'
import { readAfterColumn } from './column-filter.ts'

const LEAVES_OUT = /^(?:without|except|excluding|besides|apart from|except for|but not|not)$/i

/** `without gpt-4o`, `excluding a and b`, `except model a`: all rows but these. */
export function readWithout(reader: Reader, source: string, draft: Draft): void {
  const word = reader.take()
  const first = reader.peek()
  if (!word || !LEAVES_OUT.test(word.text)) throw cannotPlace(word?.text ?? 'not')
  if (first?.kind === 'where' && reader.kind(1) === 'text') reader.take()
  const next = reader.peek()
  if (next?.kind === 'column') {
    reader.take()
    const filter = readAfterColumn(reader, source, next.column)
    if (!filter) throw cannotPlace(word.text)
    draft.filters.push(opposite(filter, word.text))
    return
  }
  if (next?.kind !== 'text') throw cannotPlace(word.text)
  const values: string[] = []
  do {
    const run = reader.takeTextRun(source)
    if (run) values.push(run.value.replace(/(?<=\S)\s+ones?$/i, ''))
  } while (takeJoint(reader))
  if (reader.kind() === 'rows') reader.take()
  draft.filters.push({ kind: 'values', values, negated: true })
}

function takeJoint(reader: Reader): boolean {
  const joint = reader.kind() === 'and' || reader.kind() === 'or'
  if (!joint || reader.kind(1) !== 'text') return false
  reader.take()
  return true
}

function opposite(filter: Filter, word: string): Filter {
  if (filter.kind === 'compare' && filter.comparison === '=') return { ...filter, comparison: '!=' }
  if (filter.kind === 'in' && !filter.negated) return { ...filter, negated: true }
  if (filter.kind === 'match' || filter.kind === 'empty') {
    return { ...filter, negated: !filter.negated }
  }
  throw cannotPlace(word)
}

const cannotPlace = (word: string): Error =>
  explained(
    `I cannot place “${word}” there. Leaving rows out works by values: \`without a\`, \`where model is not a\`.`,
  )
