import type { ColumnProfile, TableProfile } from '../../../tools/data/schemas.ts'
import type { Question } from './question.ts'
import { quoteName } from './sql.ts'

const JOINT = ' + '

/** Two columns of numbers added row by row; an empty cell counts as nothing beside a full one. */
export const sumColumn = (one: ColumnProfile, other: ColumnProfile): ColumnProfile => ({
  ...one,
  name: `${one.name}${JOINT}${other.name}`,
  kind: one.kind === 'integer' && other.kind === 'integer' ? 'integer' : 'number',
  nulls: 0,
  min: null,
  max: null,
  mean: null,
})

/** The columns that a question needs and the table lacks. */
function derivedOf(question: Question, profile: TableProfile): [string, string][] {
  const asked = JSON.stringify(question)
  const numeric = profile.columns.filter(({ kind }) => kind === 'integer' || kind === 'number')
  const known = new Set(profile.columns.map(({ name }) => name))
  return numeric.flatMap((one) =>
    numeric
      .filter((other) => {
        const { name } = sumColumn(one, other)
        return !known.has(name) && asked.includes(JSON.stringify(name))
      })
      .map((other): [string, string] => [one.name, other.name]),
  )
}

/** What a question's SQL reads from: the table, with its sums of columns where it needs them. */
export function sourceSql(question: Question, profile: TableProfile): string {
  const derived = derivedOf(question, profile)
  if (derived.length === 0) return 'data'
  const columns = derived.map(([one, other]) => {
    const [first, second] = [quoteName(one), quoteName(other)]
    const sum = `CASE WHEN ${first} IS NULL AND ${second} IS NULL THEN NULL ELSE coalesce(${first}, 0) + coalesce(${second}, 0) END`
    return `${sum} AS ${quoteName(`${one}${JOINT}${other}`)}`
  })
  return `(SELECT *, ${columns.join(', ')} FROM data) AS data`
}
