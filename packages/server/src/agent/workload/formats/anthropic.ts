import type { Format } from './format.ts'

const BATCH = { batch: 'true', standard: 'false', priority: 'false' }

/** Neither source says how many requests a row stands for. */
const UNCOUNTED = { from: [] }

const NOTE =
  'Rows are sums over a period, and this export does not say of how many requests: requests is empty.'

/** The console's CSV. */
const csv: Format = {
  name: 'anthropic usage',
  needs: ['usage_date_utc', 'model_version', 'usage_input_tokens_no_cache', 'usage_output_tokens'],
  columns: {
    at: { from: ['usage_date_utc'] },
    provider: { value: 'anthropic' },
    model: { from: ['model_version'] },
    requests: UNCOUNTED,
    input_tokens: {
      from: [
        'usage_input_tokens_no_cache',
        'usage_input_tokens_cache_write_5m',
        'usage_input_tokens_cache_write_1h',
        'usage_input_tokens_cache_write',
        'usage_input_tokens_cache_read',
      ],
    },
    output_tokens: { from: ['usage_output_tokens'] },
    cached_input_tokens: { from: ['usage_input_tokens_cache_read'] },
    cache_write_tokens: {
      from: [
        'usage_input_tokens_cache_write_5m',
        'usage_input_tokens_cache_write_1h',
        'usage_input_tokens_cache_write',
      ],
    },
    project: { from: ['workspace'] },
    api_key: { from: ['api_key'] },
    is_batch: { from: ['usage_type'], words: BATCH },
  },
  note: NOTE,
}

/** The usage report of the Admin API. */
const report: Format = {
  name: 'anthropic usage report',
  needs: ['starting_at', 'uncached_input_tokens', 'output_tokens'],
  columns: {
    at: { from: ['starting_at'] },
    provider: { value: 'anthropic' },
    model: { from: ['model'] },
    requests: UNCOUNTED,
    input_tokens: {
      from: [
        'uncached_input_tokens',
        'cache_creation.ephemeral_1h_input_tokens',
        'cache_creation.ephemeral_5m_input_tokens',
        'cache_creation_input_tokens',
        'cache_read_input_tokens',
      ],
    },
    output_tokens: { from: ['output_tokens'] },
    cached_input_tokens: { from: ['cache_read_input_tokens'] },
    cache_write_tokens: {
      from: [
        'cache_creation.ephemeral_1h_input_tokens',
        'cache_creation.ephemeral_5m_input_tokens',
        'cache_creation_input_tokens',
      ],
    },
    project: { from: ['workspace_id'] },
    api_key: { from: ['api_key_id'] },
    is_batch: { from: ['service_tier'], words: BATCH },
  },
  note: NOTE,
}

export const ANTHROPIC: readonly Format[] = [csv, report]
