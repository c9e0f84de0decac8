import { Reader } from '../question/draft.ts'
import type { Term } from '../question/term.ts'
import { usageColumnsOf } from '../question/usage-columns.ts'

/**
 * The same terms as a question about money reads them: a column that counts requests stands for the
 * requests themselves, and of what would be paid no column of what was paid can tell.
 */
export function aboutMoney({ terms, index }: Reader, source: string): Reader {
  const { requests } = index.profile.roles
  const isHypothetical = /\b(?:would|could|might)\b/i.test(source)
  const names = terms.some(({ kind }) => kind === 'text')
  const usage = isHypothetical && names ? usageColumnsOf(index.profile) : undefined
  const read = (term: Term): Term => {
    if (term.kind !== 'column') return term
    const { text, start, end, column } = term
    if (column.name === requests && !term.text.includes('_'))
      return { kind: 'rows', noun: 'requests', text, start, end }
    const isPaid = /^(?:costs?|price[sd]?|spend)$/i.test(text)
    if (isPaid && usage?.meaningOf(column.name) === 'cost_usd')
      return { kind: 'price', text, start, end }
    return term
  }
  return new Reader(terms.map(read), index)
}
