import { z } from 'zod'

import {
  isWorkloadColumn,
  MAPPED_COLUMNS,
  WORKLOAD_COLUMNS,
  type ColumnSort,
  type MappedColumn,
} from './columns.ts'

/** What a source's numbers and times may be counted in, by what is made of them; the first is assumed. */
const UNITS = {
  time: ['written', 'unix_s', 'unix_ms', 'unix_us', 'unix_ns', 'trace_ms', 'trace_s'],
  tokens: ['one', 'thousand', 'million'],
  count: ['one', 'thousand', 'million'],
  money: ['usd', 'cent', 'micro_usd'],
  duration: ['ms', 's', 'us', 'ns'],
  text: ['as_is', 'hash', 'error_if_said'],
  flag: ['as_is'],
  list: ['as_is'],
} as const satisfies Record<ColumnSort, readonly string[]>

const UNIT_NAMES = [...new Set(Object.values(UNITS).flat())]
type Unit = (typeof UNIT_NAMES)[number]

/** Units that a column may be in; texts are taken as they are but for a few. */
export function unitsOf(name: MappedColumn): readonly Unit[] {
  const { sort } = WORKLOAD_COLUMNS[name]
  if (sort !== 'text') return UNITS[sort]
  if (name === 'status') return ['as_is', 'error_if_said']
  return HASHABLE.has(name) ? ['as_is', 'hash'] : ['as_is']
}

/** What may be private: equal values stay equal, and nobody can read them. */
const HASHABLE = new Set<MappedColumn>(['user', 'session', 'api_key', 'prompt_hash'])

const columnName = z.string().min(1).max(300)

/** How one column of the schema is made of the file's own columns. */
export const columnMapping = z.strictObject({
  /** Columns of the file: numbers are added up, of others the first that is not empty counts. */
  from: z.array(columnName).max(8).optional(),
  /** A duration from the first of these times to the second. */
  between: z.tuple([columnName, columnName]).optional(),
  /** The same in every row, such as the provider of a provider's export. */
  value: z.union([z.string().max(200), z.number(), z.boolean()]).optional(),
  unit: z.enum(UNIT_NAMES).optional(),
  /** Counts only in rows in which this column matches the regular expression, in any case. */
  when: z.strictObject({ column: columnName, matches: z.string().min(1).max(300) }).optional(),
  /** Of a text, the first group of this regular expression. */
  extract: z.string().min(1).max(300).optional(),
  /** Texts that are written otherwise here; others stay. */
  words: z.record(z.string().max(200), z.string().max(200)).optional(),
})
export type ColumnMapping = z.infer<typeof columnMapping>

export const mapping = z.strictObject({
  columns: z.partialRecord(
    z.enum(MAPPED_COLUMNS as [MappedColumn, ...MappedColumn[]]),
    columnMapping,
  ),
  /** Only rows in which the column matches are calls; the others are left out and counted. */
  only: z.strictObject({ column: columnName, matches: z.string().min(1).max(300) }).optional(),
})
export type Mapping = z.infer<typeof mapping>

/** Columns of the file that a mapping reads. */
export function columnsUsed({ columns, only }: Mapping): Set<string> {
  const used = new Set<string>()
  if (only) used.add(only.column)
  for (const { from, between, when } of Object.values(columns)) {
    for (const name of [...(from ?? []), ...(between ?? [])]) used.add(name)
    if (when) used.add(when.column)
  }
  return used
}

/** The mapping's columns in the order of the schema. */
export const mappedColumns = ({ columns }: Mapping): [MappedColumn, ColumnMapping][] =>
  MAPPED_COLUMNS.flatMap((name) => {
    const found = columns[name]
    return found && isWorkloadColumn(name) ? [[name, found]] : []
  })
