import type { TableProfile } from '../../../tools/data/schemas.ts'
import type { MappedColumn } from '../../../workload/columns.ts'
import type { ColumnMapping } from '../../../workload/mapping.ts'
import { recognise } from '../../../workload/recognise.ts'

/** What a table's columns are as usage of language models. */
export interface UsageColumns {
  /** The requests can be priced, or say what they cost. */
  hasCost: boolean
  has: (column: MappedColumn) => boolean
  /** What a column of the table is; undefined where it is nothing of usage, or part of something. */
  meaningOf: (name: string) => MappedColumn | undefined
}

export function usageColumnsOf(profile: TableProfile): UsageColumns {
  const types = new Map(profile.columns.map(({ name, sql_type: type }) => [name, type]))
  const { mapping } = recognise(types, 'csv')
  const entries = Object.entries(mapping.columns) as [MappedColumn, ColumnMapping][]
  const has = (column: MappedColumn): boolean => mapping.columns[column] !== undefined
  return {
    hasCost: has('cost_usd') || (has('model') && (has('input_tokens') || has('output_tokens'))),
    has,
    meaningOf: (name) =>
      entries.find(([, { from }]) => from?.length === 1 && from[0] === name)?.[0],
  }
}
