import type { Format } from './format.ts'

const spendLogs: Format = {
  name: 'litellm spend logs',
  needs: ['request_id', 'call_type', 'spend', 'prompt_tokens', 'completion_tokens', 'startTime'],
  columns: {
    at: { from: ['startTime'] },
    provider: { from: ['custom_llm_provider'] },
    model: { oneOf: ['model', 'model_group'] },
    input_tokens: { from: ['prompt_tokens'] },
    output_tokens: { from: ['completion_tokens'] },
    cached_input_tokens: {
      oneOf: [
        'metadata.usage_object.prompt_tokens_details.cached_tokens',
        'metadata.additional_usage_values.cache_read_input_tokens',
      ],
    },
    cache_write_tokens: {
      oneOf: [
        'metadata.usage_object.cache_creation_input_tokens',
        'metadata.additional_usage_values.cache_creation_input_tokens',
      ],
    },
    reasoning_tokens: {
      from: ['metadata.usage_object.completion_tokens_details.reasoning_tokens'],
    },
    cost_usd: { from: ['spend'] },
    latency_ms: [{ from: ['request_duration_ms'] }, { between: ['startTime', 'endTime'] }],
    first_token_ms: { between: ['startTime', 'completionStartTime'] },
    status: { oneOf: ['status', 'metadata.status'] },
    error: {
      oneOf: ['metadata.error_information.error_class', 'metadata.error_information.error_code'],
    },
    user: { oneOf: ['end_user', 'user'] },
    project: { oneOf: ['team_id', 'organization_id'] },
    api_key: { oneOf: ['metadata.user_api_key_alias', 'api_key'] },
    operation: { from: ['call_type'] },
    session: { from: ['session_id'] },
    endpoint: { from: ['api_base'] },
    trace_id: { from: ['request_id'] },
  },
}

/** Sums of a day by user, team, tag or end user. */
const daily: Format = {
  name: 'litellm daily spend',
  needs: ['date', 'spend', 'api_requests', 'prompt_tokens', 'completion_tokens'],
  columns: {
    at: { from: ['date'] },
    provider: { from: ['custom_llm_provider'] },
    model: { oneOf: ['model', 'model_group'] },
    requests: { from: ['api_requests'] },
    input_tokens: { from: ['prompt_tokens'] },
    output_tokens: { from: ['completion_tokens'] },
    cached_input_tokens: { from: ['cache_read_input_tokens'] },
    cache_write_tokens: { from: ['cache_creation_input_tokens'] },
    cost_usd: { from: ['spend'] },
    user: { oneOf: ['user_id', 'end_user_id'] },
    project: { oneOf: ['team_id', 'tag', 'organization_id'] },
    api_key: { from: ['api_key'] },
    endpoint: { from: ['endpoint'] },
  },
}

export const LITELLM: readonly Format[] = [spendLogs, daily]
