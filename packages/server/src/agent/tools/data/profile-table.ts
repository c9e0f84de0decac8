import type { Tool } from '../tool.ts'
import { profileTableInput } from './schemas.ts'
import { TABLE_TOOL_TIMEOUT_MS, type Tables } from './tables.ts'

export const profileTable = (tables: Tables): Tool => ({
  name: 'profile_table',
  description:
    'Describes an attached table (CSV, TSV, JSON, NDJSON or Parquet file): its rows, each column with its type, empty cells, distinct values, minimum, maximum and mean, rows that could not be read, and which columns hold input tokens, output tokens, time, model and user. Call it before querying a file for the first time.',
  input: profileTableInput,
  timeoutMs: TABLE_TOOL_TIMEOUT_MS,
  repeatable: true,
  effect: 'reads',
  run: (input, context) => tables.profile(profileTableInput.parse(input).file_id, context),
})
