import type { MappedColumn } from './columns.ts'
import { ANTHROPIC } from './formats/anthropic.ts'
import { BEDROCK } from './formats/bedrock.ts'
import type { Format, FormatColumn } from './formats/format.ts'
import { GOOGLE } from './formats/google.ts'
import { LANGFUSE } from './formats/langfuse.ts'
import { LITELLM } from './formats/litellm.ts'
import { NETRA } from './formats/netra.ts'
import { OPENAI } from './formats/openai.ts'
import { TRACES } from './formats/traces.ts'
import { guessMapping } from './guess-mapping.ts'
import type { FileColumns } from './mapping-sql.ts'
import { mappedColumns, type ColumnMapping, type Mapping } from './mapping.ts'

/** In the order they are tried: the more a format asks for, the earlier. */
export const FORMATS: readonly Format[] = [
  ...LITELLM,
  ...LANGFUSE,
  ...ANTHROPIC,
  ...OPENAI,
  ...BEDROCK,
  ...GOOGLE,
  ...TRACES,
  ...NETRA,
]

/** What a file's columns are taken for until a person says otherwise. */
export interface Recognised {
  format: string
  mapping: Mapping
  note: string | undefined
}

/** @param otherwise the format's name when no export is recognised. */
export function recognise(columns: FileColumns, otherwise: string): Recognised {
  const names = new Map([...columns.keys()].map((name) => [name.toLowerCase(), name]))
  const has = (need: string | readonly string[]): boolean =>
    (typeof need === 'string' ? [need] : need).some((name) => names.has(name.toLowerCase()))
  const format = FORMATS.find(({ needs }) => needs.every(has))
  if (!format) return { format: otherwise, mapping: guessMapping(columns), note: undefined }
  return { format: format.name, mapping: mappingOf(format, names), note: format.note }
}

function mappingOf(format: Format, names: ReadonlyMap<string, string>): Mapping {
  const columns: Mapping['columns'] = {}
  for (const [name, made] of Object.entries(format.columns)) {
    const ways: readonly FormatColumn[] = isSeveral(made) ? made : [made]
    for (const way of ways) {
      const found = columnOf(way, names)
      if (!found) continue
      columns[name as MappedColumn] = found
      break
    }
  }
  const only = format.only?.oneOf.map((name) => names.get(name.toLowerCase())).find(Boolean)
  return {
    columns: Object.fromEntries(mappedColumns({ columns })),
    ...(format.only &&
      only !== undefined && { only: { column: only, matches: format.only.matches } }),
  }
}

const isSeveral = (made: FormatColumn | readonly FormatColumn[]): made is readonly FormatColumn[] =>
  Array.isArray(made)

/** Undefined when the file has none of the columns that this way needs. */
function columnOf(
  { from, oneOf, between, when, ...rest }: FormatColumn,
  names: ReadonlyMap<string, string>,
): ColumnMapping | undefined {
  const real = (wanted: readonly string[]): string[] =>
    wanted.flatMap((name) => names.get(name.toLowerCase()) ?? [])
  const column = when && names.get(when.column.toLowerCase())
  if (when && column === undefined) return undefined
  const condition = when && column !== undefined ? { when: { ...when, column } } : {}
  if (rest.value !== undefined) return { ...rest, ...condition }
  if (between) {
    const [start, end] = real(between)
    return start !== undefined && end !== undefined
      ? { ...rest, ...condition, between: [start, end] }
      : undefined
  }
  const found = oneOf ? real(oneOf).slice(0, 1) : real(from ?? [])
  const isUnknown = from?.length === 0
  return found.length > 0 || isUnknown ? { ...rest, ...condition, from: found } : undefined
}
