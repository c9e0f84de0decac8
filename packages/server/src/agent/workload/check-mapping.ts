import { quoteName } from '../tools/data/duck/quote.ts'
import type { Cell } from '../tools/data/schemas.ts'
import { WORKLOAD_COLUMNS, type ColumnSort, type MappedColumn } from './columns.ts'
import { columnSqls, keeps, type FileColumns } from './mapping-sql.ts'
import { columnsUsed, mappedColumns, unitsOf, type ColumnMapping, type Mapping } from './mapping.ts'
import { KINDS_CELLS, kindsOfTimesSql, oddTimesOf, type OddTimes } from './odd-times.ts'

/** What a mapping says that cannot be, as its author can mend it; empty when it may be tried. */
export function problemsOf(mapping: Mapping, types: FileColumns): string[] {
  const problems: string[] = []
  for (const name of columnsUsed(mapping))
    if (!types.has(name)) problems.push(`The file has no column ${name}.`)
  for (const [name, column] of mappedColumns(mapping))
    problems.push(...columnProblems(name, column, types))
  if (mappedColumns(mapping).length === 0) problems.push('The mapping names no column.')
  return problems
}

function columnProblems(name: MappedColumn, column: ColumnMapping, types: FileColumns): string[] {
  const problems: string[] = []
  const { sort } = WORKLOAD_COLUMNS[name]
  const { from, between, value, unit } = column
  if ([from, between, value].filter((way) => way !== undefined).length !== 1)
    problems.push(`${name} needs exactly one of from, between and value.`)
  if (between && sort !== 'duration')
    problems.push(`${name} is no duration: only one can be made from two times.`)
  if (unit !== undefined && !unitsOf(name).includes(unit))
    problems.push(`${name} cannot be in ${unit}: choose ${unitsOf(name).join(', ')}.`)
  if (sort !== 'text' && sort !== 'flag' && (column.extract !== undefined || column.words))
    problems.push(`${name} is no text: extract and words do not apply.`)
  if (value !== undefined && !fits(value, sort))
    problems.push(`${name} cannot be ${JSON.stringify(value)} in every row.`)
  for (const part of from ?? []) problems.push(...typeProblem(name, part, sort, types))
  return problems
}

function fits(value: string | number | boolean, sort: string): boolean {
  if (sort === 'text') return typeof value === 'string'
  if (sort === 'flag') return typeof value === 'boolean'
  return sort !== 'time' && sort !== 'list' && typeof value === 'number' && value >= 0
}

const NEVER_NUMBERS = /^(TIMESTAMP|DATE|TIME|BOOLEAN|.*\[\]$)/

function typeProblem(name: string, part: string, sort: string, types: FileColumns): string[] {
  const type = types.get(part)
  if (type === undefined) return []
  if (sort === 'list' && type !== 'BIGINT[]' && type !== 'VARCHAR')
    return [`${name} needs a list of whole numbers, and ${part} is ${type}.`]
  const isNumber = ['tokens', 'count', 'money', 'duration'].includes(sort)
  if (isNumber && NEVER_NUMBERS.test(type))
    return [`${name} needs numbers, and ${part} holds ${type}.`]
  return []
}

/** One statement over `data` that counts what a mapping leaves out and cannot read. */
export function doubtsSql(mapping: Mapping, types: FileColumns): string {
  const kept = mapping.only ? keeps(mapping.only) : 'true'
  const doubtful = doubtfulOf(mapping, types)
  const any = doubtful.map(({ unreadable }) => unreadable).join(' OR ') || 'false'
  const counts = doubtful.map(
    ({ name, unreadable, example }) =>
      `count(*) FILTER (WHERE (${kept}) AND ${unreadable}) AS ${quoteName(name)}, left(first(${example}) FILTER (WHERE (${kept}) AND ${unreadable}), 60) AS ${quoteName(`${name} such as`)}`,
  )
  const plain = plainOf(mapping, types).map(
    ({ name, unless }) => `coalesce(bool_or(${unless}), false) AS ${quoteName(`${name} unlike`)}`,
  )
  // Ends at the first cell that holds something.
  const filled = filledOf(mapping, types).map(
    ({ name, expression }) =>
      `EXISTS (SELECT 1 FROM data WHERE (${kept}) AND (${expression}) IS NOT NULL) AS ${quoteName(`${name} filled`)}`,
  )
  const rows = [
    'count(*) AS every',
    `count(*) FILTER (WHERE ${kept}) AS kept`,
    `count(*) FILTER (WHERE (${kept}) AND (${any})) AS doubtful`,
  ]
  const at = columnSqls(mapping, types).find(({ name }) => name === 'at')
  const kinds = at ? kindsOfTimesSql(at.expression, kept, any) : []
  return `SELECT ${[...rows, ...counts, ...plain, ...filled, ...kinds].join(', ')} FROM data`
}

/** Columns that may turn out to hold nothing: those made of the file's own. */
const filledOf = (mapping: Mapping, types: FileColumns) =>
  columnSqls(mapping, types).filter(
    ({ name }) => mapping.columns[name] !== undefined && mapping.columns[name].value === undefined,
  )

const plainOf = (mapping: Mapping, types: FileColumns) =>
  columnSqls(mapping, types).flatMap(({ name, plain }) =>
    plain ? [{ name, unless: plain.unless }] : [],
  )

const doubtfulOf = (mapping: Mapping, types: FileColumns) =>
  columnSqls(mapping, types).flatMap(({ name, unreadable, example }) =>
    unreadable === undefined ? [] : [{ name, unreadable, example }],
  )

const WANTED: Record<ColumnSort, string> = {
  text: 'text',
  time: 'times',
  count: 'counts',
  tokens: 'numbers of tokens',
  money: 'amounts',
  duration: 'durations',
  flag: 'yes or no',
  list: 'lists of whole numbers',
}

export interface Doubts {
  rows: number
  rejected: { count: number; reasons: string[] }
  /** Columns of which most cells cannot be read: the mapping is wrong. */
  unreadable: string[]
  /** Columns whose cells may all be passed on as they are. */
  plain: ReadonlySet<MappedColumn>
  /** Times that are read as empty, as most of the file's are of the other kind. */
  oddTimes: OddTimes | undefined
  /** Columns without a value in any row: as good as not there. */
  empty: ReadonlySet<MappedColumn>
}

/** What the answer to `doubtsSql` says. */
export function doubtsOf(cells: readonly Cell[], mapping: Mapping, types: FileColumns): Doubts {
  const [every = 0, kept = 0, doubtful = 0] = cells.map(Number)
  const reasons: string[] = []
  const unreadable: string[] = []
  if (every > kept)
    reasons.push(
      `${every - kept} left out: ${mapping.only?.column ?? ''} says that they are no calls`,
    )
  for (const [index, { name }] of doubtfulOf(mapping, types).entries()) {
    const count = Number(cells[3 + index * 2] ?? 0)
    const example = cells[4 + index * 2]
    if (count === 0) continue
    const shown = `such as ${JSON.stringify(example)}`
    reasons.push(`${count} cells of ${name} cannot be read, ${shown}: read as empty`)
    if (count > kept / 2)
      unreadable.push(
        `Most cells read as ${name} are no ${WANTED[WORKLOAD_COLUMNS[name].sort]}, ${shown}.`,
      )
  }
  const offset = 3 + doubtfulOf(mapping, types).length * 2
  const maybePlain = plainOf(mapping, types)
  const plain = maybePlain.filter((_, index) => cells[offset + index] === false)
  const after = offset + maybePlain.length
  const maybeFilled = filledOf(mapping, types)
  const empty = maybeFilled.filter((_, index) => cells[after + index] === false)
  const kinds = after + maybeFilled.length
  const odd = oddTimesOf(cells.slice(kinds, kinds + KINDS_CELLS))
  if (odd)
    reasons.push(
      `${odd.count} times ${odd.kind === 'dated' ? 'are dates, and most count from a start' : 'are no dates, and most are'}, such as ${JSON.stringify(odd.example)}: read as empty`,
    )
  return {
    rows: kept,
    rejected: { count: every - kept + doubtful + (odd?.alone ?? 0), reasons },
    unreadable,
    plain: new Set(plain.map(({ name }) => name)),
    oddTimes: odd?.kind,
    empty: new Set(empty.map(({ name }) => name)),
  }
}
