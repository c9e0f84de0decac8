import type { ColumnIndex } from './match-columns.ts'
import type { Term } from './term.ts'

/**
 * `input` is a column of tokens where the words around it speak of tokens: `input and output
 * tokens`, `average input`. Anywhere else such a word may mean anything, and stays as it is.
 */
export const settleTokenWords = (terms: readonly Term[], index: ColumnIndex): Term[] =>
  terms.map((term, place) => {
    if (term.kind !== 'text' || term.quoted) return term
    const match = index.roleWord(term.value)
    if (!match || !speaksOfTokens(terms, place, index)) return term
    const { text, start, end } = term
    return match.kind === 'ambiguous'
      ? { kind: 'ambiguous', candidates: match.candidates, text, start, end }
      : { kind: 'column', column: match.column, plural: false, exact: false, text, start, end }
  })

function speaksOfTokens(terms: readonly Term[], place: number, index: ColumnIndex): boolean {
  const term = terms[place]
  if (terms[place + 1]?.kind === 'and' && isTokens(terms[place + 2], index)) return true
  // A prompt or a response can be counted, timed or cached; input and output are amounts.
  if (!/^(?:input|output)s?$/i.test(term?.text ?? '')) return false
  if (terms[place - 1]?.kind === 'and' && isTokens(terms[place - 2], index)) return true
  const before = terms[place - 1]
  if (before?.kind === 'function') return before.function !== 'distinct'
  return before?.kind === 'percentile' || before?.kind === 'ordinal'
}

function isTokens(term: Term | undefined, index: ColumnIndex): boolean {
  if (term?.kind !== 'column') return false
  const role = index.roleOf(term.column.name)
  return role === 'input_tokens' || role === 'output_tokens'
}
