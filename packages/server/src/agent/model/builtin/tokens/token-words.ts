import type { ColumnIndex } from '../question/match-columns.ts'
import type { EarlyTerm } from './settle-terms.ts'

/**
 * `input` is a column of tokens where the words around it speak of tokens: `input and output
 * tokens`, `average input`. Anywhere else such a word may mean anything, and stays as it is.
 */
export const settleTokenWords = (terms: readonly EarlyTerm[], index: ColumnIndex): EarlyTerm[] =>
  terms.map((term, place) => {
    if (term.kind !== 'text' || term.quoted) return term
    const match = index.roleWord(term.value)
    if (!match || !speaksOfTokens(terms, place, index)) return term
    const { text, start, end } = term
    return match.kind === 'ambiguous'
      ? { kind: 'ambiguous', candidates: match.candidates, text, start, end }
      : { kind: 'column', column: match.column, plural: false, exact: false, text, start, end }
  })

const JOINTS = new Set<EarlyTerm['kind'] | undefined>(['and', 'plus', 'to'])

function speaksOfTokens(terms: readonly EarlyTerm[], place: number, index: ColumnIndex): boolean {
  const term = terms[place]
  const joint = terms[place + 1]?.kind
  if (JOINTS.has(joint) && isTokens(terms[place + 2], index)) return true
  // A prompt or a response can be counted, timed or cached; input and output are amounts.
  if (!/^(?:input|output)s?$/i.test(term?.text ?? '')) return false
  if (JOINTS.has(terms[place - 1]?.kind) && isTokens(terms[place - 2], index)) return true
  const before = terms[place - 1]
  if (before?.kind === 'function') return before.function !== 'distinct'
  return before?.kind === 'percentile' || before?.kind === 'ordinal'
}

function isTokens(term: EarlyTerm | undefined, index: ColumnIndex): boolean {
  if (term?.kind !== 'column') return false
  const role = index.roleOf(term.column.name)
  return role === 'input_tokens' || role === 'output_tokens'
}
