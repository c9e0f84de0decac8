import type { MappedColumn } from '../columns.ts'
import type { ColumnMapping } from '../mapping.ts'

/** How one column of the schema is made of a known export, whichever of its columns are there. */
export interface FormatColumn extends Omit<ColumnMapping, 'from' | 'between'> {
  /** Columns of which those that exist are taken: numbers are added up, of others the first counts. */
  from?: readonly string[]
  /** The first of these that exists, alone: names of the same thing in several versions. */
  oneOf?: readonly string[]
  between?: readonly [string, string]
}

/** An export that is recognised by its columns' names; letters' case does not matter. */
export interface Format {
  name: string
  /** All of these must be there; of a list one. */
  needs: readonly (string | readonly string[])[]
  /** Of a list the first that the file has the columns for. */
  columns: Partial<Record<MappedColumn, FormatColumn | readonly FormatColumn[]>>
  only?: { oneOf: readonly string[]; matches: string }
  /** What a person should know of such files. */
  note?: string
}
