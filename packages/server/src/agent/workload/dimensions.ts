import type { MappedColumn, WorkloadColumn } from './columns.ts'

/** Columns of names: who and what requests were made for, with and by. */
export const NAME_COLUMNS = [
  'model',
  'provider',
  'user',
  'project',
  'api_key',
  'operation',
  'session',
  'endpoint',
] as const satisfies readonly MappedColumn[]
export type NameColumn = (typeof NAME_COLUMNS)[number]

export const isNameColumn = (name: string | undefined): name is NameColumn =>
  (NAME_COLUMNS as readonly (string | undefined)[]).includes(name)

/** What people call them in a question: the inside of a regular expression. */
export const NAME_WORDS: Record<NameColumn, string> = {
  model: 'models?',
  provider: 'providers?|vendors?',
  user: 'users?|customers?|persons?|people',
  project: 'projects?|teams?|workspaces?',
  api_key: '(?:api )?keys?',
  operation: 'operations?',
  session: 'sessions?|conversations?',
  endpoint: 'endpoints?|features?|routes?',
}

/** Calendar steps, each the beginning of one that holds the request. */
export const TIME_STEPS = ['minute', 'hour', 'day', 'week', 'month'] as const
export type TimeStep = (typeof TIME_STEPS)[number]

/** What comes again: `hour_of_day` is 0–23, `weekday` 1 (Monday)–7. */
export const TIME_CYCLES = ['hour_of_day', 'weekday'] as const
type TimeCycle = (typeof TIME_CYCLES)[number]

/** What requests are grouped by: a column, or something of their time. */
export const DIMENSIONS = [
  'source',
  ...NAME_COLUMNS,
  'status',
  'error',
  'is_batch',
  ...TIME_STEPS,
  ...TIME_CYCLES,
] as const
export type Dimension = (typeof DIMENSIONS)[number]

export const isStep = (dimension: Dimension): dimension is TimeStep =>
  (TIME_STEPS as readonly Dimension[]).includes(dimension)

export const isCycle = (dimension: Dimension): dimension is TimeCycle =>
  (TIME_CYCLES as readonly Dimension[]).includes(dimension)

export const isTime = (dimension: Dimension): dimension is TimeStep | TimeCycle =>
  isStep(dimension) || isCycle(dimension)

/** The column that a dimension is made of. */
export const columnOf = (dimension: Dimension): WorkloadColumn =>
  isTime(dimension) ? 'at' : dimension
