import { daysOf } from '../question/calendar.ts'
import { timeColumn, type Draft, type Reader } from '../question/draft.ts'
import type { Filter } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained } from '../question/unclear.ts'

/** `in March`, `since March 2024`, `on 4 March`, `from March to May`. */
export function readPeriod(
  reader: Reader,
  draft: Draft,
  opener: Term | undefined,
  between?: 'between',
): true {
  const term = reader.take()
  if (term?.kind !== 'period') return true
  const column = timeColumn(reader.index)
  if (reader.index.columns.some(({ kind, name }) => kind === 'text' && /month/i.test(name))) {
    throw explained(`“${term.text}” could be of several columns: name the one you mean.`)
  }
  const { low, high } = daysOf(term.value, term.text, column)
  requireOneRange(draft, column.name, opener)
  const [joint, until] = [reader.peek(), reader.peek(1)]
  const isRange = joint?.kind === 'to' || (joint?.kind === 'where' && joint.comparison === '<=')
  const both = between !== undefined && (joint?.kind === 'and' || isRange)
  if (between !== undefined && !(both && until?.kind === 'period')) {
    throw explained('“between” needs two values of one kind: `between March 3 and March 5`.')
  }
  if ((isRange || both) && until?.kind === 'period') {
    reader.place += 2
    const end = daysOf(until.value, until.text, column).high
    draft.filters.push(within(column.name, low, end))
    return true
  }
  const stated = opener?.kind === 'where' ? opener.comparison : undefined
  const since = opener?.text.toLowerCase() === 'from'
  const comparison = stated ?? (since ? '>=' : undefined)
  draft.filters.push(
    comparison === undefined
      ? within(column.name, low, high)
      : {
          kind: 'compare',
          column: column.name,
          comparison,
          value: {
            kind: 'date',
            text: comparison === '>' || comparison === '<=' ? high : low,
          },
        },
  )
  return true
}

/** `in March and April` is no stretch of time that any row lies in twice. */
function requireOneRange(draft: Draft, name: string, opener: Term | undefined): void {
  if (opener?.kind === 'where' && opener.comparison !== undefined) return
  const ranges = draft.filters.some(
    (filter) =>
      (filter.kind === 'between' || (filter.kind === 'compare' && filter.comparison === '=')) &&
      filter.column === name,
  )
  if (ranges) throw explained('I take one stretch of time: `from March to May`, or one at a time.')
}

const within = (column: string, low: string, high: string): Filter =>
  low === high
    ? { kind: 'compare', column, comparison: '=', value: { kind: 'date', text: low } }
    : {
        kind: 'between',
        column,
        low: { kind: 'date', text: low },
        high: { kind: 'date', text: high },
      }

/** `on Monday`, `at weekends`: these days of every week. */
export function readWeekday(reader: Reader, draft: Draft): true {
  const term = reader.take()
  if (term?.kind !== 'weekday') return true
  const column = timeColumn(reader.index)
  if (column.sql_type.startsWith('TIME') && !column.sql_type.startsWith('TIMESTAMP')) {
    throw explained(`\`${column.name}\` holds times of day without a date, so no days of the week.`)
  }
  const days = new Set(term.days)
  for (;;) {
    const next = reader.peek(1)
    const joint = reader.kind() === 'and' || reader.kind() === 'or'
    if (!joint || next?.kind !== 'weekday') break
    reader.place += 2
    for (const day of next.days) days.add(day)
  }
  if (draft.filters.some(({ kind }) => kind === 'weekday')) {
    throw explained('Name all the days of the week in one place: `on Monday and Tuesday`.')
  }
  const sorted = [...days].toSorted((one, other) => one - other)
  draft.filters.push({ kind: 'weekday', column: column.name, days: sorted })
  return true
}
