import type { Format } from './format.ts'

/** Buckets of the usage API, and the dashboard's CSV, which has the same names. */
const usage: Format = {
  name: 'openai usage',
  needs: ['start_time', 'input_tokens', 'output_tokens', 'num_model_requests'],
  columns: {
    at: { oneOf: ['start_time'], unit: 'unix_s' },
    provider: { value: 'openai' },
    model: { from: ['model'] },
    requests: { from: ['num_model_requests'] },
    input_tokens: { from: ['input_tokens'] },
    output_tokens: { from: ['output_tokens'] },
    cached_input_tokens: { from: ['input_cached_tokens'] },
    project: { oneOf: ['project_name', 'project_id'] },
    user: { oneOf: ['user_email', 'user_id'] },
    api_key: { oneOf: ['api_key_name', 'api_key_id'] },
    is_batch: { from: ['batch'] },
  },
}

/** The older export of the dashboard, an hour or five minutes a row. */
const activity: Format = {
  name: 'openai activity',
  needs: ['n_context_tokens_total', 'n_generated_tokens_total'],
  columns: {
    at: [
      { oneOf: ['aggregation_timestamp', 'timestamp'], unit: 'unix_s' },
      { oneOf: ['usage_date', 'date'] },
    ],
    provider: { value: 'openai' },
    model: { oneOf: ['snapshot_id', 'model'] },
    requests: { oneOf: ['n_requests', 'num_requests'] },
    input_tokens: { from: ['n_context_tokens_total'] },
    output_tokens: { from: ['n_generated_tokens_total'] },
    cached_input_tokens: { from: ['n_cached_context_tokens_total'] },
    operation: { from: ['operation'] },
    user: { oneOf: ['email', 'user_id'] },
    project: { oneOf: ['project_name', 'project_id', 'organization_name'] },
    api_key: { oneOf: ['api_key_name', 'api_key_id'] },
  },
}

export const OPENAI: readonly Format[] = [usage, activity]
