import { guessRoles } from '../tools/data/roles.ts'
import type { ColumnKind } from '../tools/data/schemas.ts'
import type { FileColumns } from './mapping-sql.ts'
import type { Mapping } from './mapping.ts'

/** What a file's columns are taken for until a person says otherwise. */
export interface Recognised {
  format: string
  mapping: Mapping
}

export function recognise(columns: FileColumns): Recognised {
  const roles = guessRoles([...columns].map(([name, type]) => ({ name, kind: kindOf(type) })))
  const mapped: Mapping['columns'] = {}
  if (roles.time !== undefined) mapped.at = { from: [roles.time] }
  if (roles.model !== undefined) mapped.model = { from: [roles.model] }
  if (roles.user !== undefined) mapped.user = { from: [roles.user] }
  if (roles.input_tokens !== undefined) mapped.input_tokens = { from: [roles.input_tokens] }
  if (roles.output_tokens !== undefined) mapped.output_tokens = { from: [roles.output_tokens] }
  return { format: 'csv', mapping: { columns: mapped } }
}

export function kindOf(type: string): ColumnKind {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER)$/.test(type)) return 'integer'
  if (/^(FLOAT|DOUBLE|DECIMAL\()/.test(type)) return 'number'
  if (/^(TIMESTAMP|DATE|TIME)/.test(type)) return 'time'
  return type === 'BOOLEAN' ? 'boolean' : 'text'
}
