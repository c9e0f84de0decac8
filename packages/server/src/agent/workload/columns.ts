/** How cells of a column are made and checked. */
export type ColumnSort =
  | 'text'
  | 'time'
  | 'count'
  | 'tokens'
  | 'money'
  | 'duration'
  | 'flag'
  | 'list'

interface ColumnDescription {
  sort: ColumnSort
  /** DuckDB's type in the view. */
  sqlType: string
  unit: string
  meaning: string
}

/**
 * One schema of workload events: what a row of the view `workload` may say. A column that no file
 * has is not in the view; an empty cell means that the source does not say it.
 */
export const WORKLOAD_COLUMNS = {
  source: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'Name of the file the row comes from',
  },
  at: {
    sort: 'time',
    sqlType: 'TIMESTAMP',
    unit: 'UTC',
    meaning: 'When the call began; of an aggregated row, when its period began',
  },
  model: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'Model, as the source names it' },
  provider: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'Who serves the model' },
  requests: {
    sort: 'count',
    sqlType: 'BIGINT',
    unit: 'calls',
    meaning:
      'Calls in this row: 1 unless the source is aggregated, empty where it then does not say. Always a column',
  },
  input_tokens: {
    sort: 'tokens',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'All input of the row, cached input included',
  },
  output_tokens: {
    sort: 'tokens',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'All output of the row, reasoning included',
  },
  cached_input_tokens: {
    sort: 'tokens',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'Part of the input that was read from a prompt cache',
  },
  cache_write_tokens: {
    sort: 'tokens',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'Part of the input that was written to a prompt cache',
  },
  reasoning_tokens: {
    sort: 'tokens',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'Part of the output that is reasoning',
  },
  cost_usd: {
    sort: 'money',
    sqlType: 'DOUBLE',
    unit: 'US dollars',
    meaning: 'What the row cost, as the source says; nothing is computed',
  },
  latency_ms: {
    sort: 'duration',
    sqlType: 'DOUBLE',
    unit: 'milliseconds',
    meaning: 'From the request to the end of its answer',
  },
  first_token_ms: {
    sort: 'duration',
    sqlType: 'DOUBLE',
    unit: 'milliseconds',
    meaning: 'From the request to the first piece of its answer',
  },
  status: { sort: 'text', sqlType: 'VARCHAR', unit: 'ok or error', meaning: 'How it ended' },
  error: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'What kind of error it was' },
  user: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'Who the call was made for' },
  project: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'Project, workspace or team' },
  api_key: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'Name or id of the key that was used, never the key itself',
  },
  operation: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'What was asked for, such as chat or embeddings',
  },
  session: { sort: 'text', sqlType: 'VARCHAR', unit: '', meaning: 'Conversation or session' },
  endpoint: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'Route, feature or region that was called',
  },
  is_batch: {
    sort: 'flag',
    sqlType: 'BOOLEAN',
    unit: '',
    meaning: 'Whether it was a call of a batch interface',
  },
  prompt_hash: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'Equal for equal prompts; the prompt cannot be read from it',
  },
  prompt_blocks: {
    sort: 'list',
    sqlType: 'BIGINT[]',
    unit: 'ids',
    meaning: 'Ids of the blocks of the prompt, in order: equal ids are equal prefixes',
  },
  block_tokens: {
    sort: 'count',
    sqlType: 'BIGINT',
    unit: 'tokens',
    meaning: 'Input tokens of one prompt block',
  },
  trace_id: {
    sort: 'text',
    sqlType: 'VARCHAR',
    unit: '',
    meaning: 'Trace the call belongs to',
  },
} as const satisfies Record<string, ColumnDescription>

export type WorkloadColumn = keyof typeof WORKLOAD_COLUMNS

/** Columns a mapping may name: the file's name is not in the file. */
export type MappedColumn = Exclude<WorkloadColumn, 'source'>

const names: readonly string[] = Object.keys(WORKLOAD_COLUMNS)

export const isWorkloadColumn = (name: string): name is WorkloadColumn => names.includes(name)

export const COLUMN_NAMES: readonly WorkloadColumn[] = names.filter(isWorkloadColumn)

export const MAPPED_COLUMNS: readonly MappedColumn[] = COLUMN_NAMES.filter(
  (name) => name !== 'source',
)
