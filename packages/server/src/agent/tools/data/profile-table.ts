import type { Tool } from '../tool.ts'
import { profileTableInput } from './schemas.ts'
import type { Tables } from './tables.ts'

export const profileTable = (tables: Tables): Tool => ({
  name: 'profile_table',
  description:
    'Describes an attached CSV file: its rows, each column with its type, empty cells, distinct values, minimum, maximum and mean, rows that could not be read, and which columns hold input tokens, output tokens, time, model and user. Call it before querying a file for the first time.',
  input: profileTableInput,
  timeoutMs: 70_000,
  repeatable: true,
  effect: 'reads',
  run: (input, context) => tables.profile(profileTableInput.parse(input).file_id, context),
})
