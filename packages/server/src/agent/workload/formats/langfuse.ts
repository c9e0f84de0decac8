import type { Format } from './format.ts'

/** Usage is kept in parts that exclude each other: what was cached is not in `input`. */
const inputOf = (details: string) =>
  [
    'input',
    'input_cached_tokens',
    'cache_read_input_tokens',
    'input_cache_read',
    'cache_creation_input_tokens',
    'input_cache_creation',
  ].map((part) => `${details}.${part}`)
const cachedOf = (details: string) =>
  ['input_cached_tokens', 'cache_read_input_tokens', 'input_cache_read'].map(
    (part) => `${details}.${part}`,
  )
const writtenOf = (details: string) =>
  ['cache_creation_input_tokens', 'input_cache_creation'].map((part) => `${details}.${part}`)
const reasonedOf = (details: string) =>
  ['output_reasoning_tokens', 'output_reasoning'].map((part) => `${details}.${part}`)

const LEVELS = { DEFAULT: 'ok', DEBUG: 'ok', WARNING: 'ok', ERROR: 'error' }

/** Observations as the API and the export from the page give them. */
const observations: Format = {
  name: 'langfuse observations',
  needs: [
    ['traceId', 'trace_id'],
    ['startTime', 'start_time'],
    ['completionStartTime', 'completion_start_time', 'timeToFirstToken', 'time_to_first_token'],
    'type',
    'level',
  ],
  columns: {
    at: { oneOf: ['startTime', 'start_time'] },
    model: { oneOf: ['model', 'providedModelName', 'provided_model_name', 'modelId'] },
    input_tokens: [
      { from: inputOf('usageDetails') },
      { from: inputOf('usage_details') },
      { oneOf: ['usage.input', 'inputTokens', 'inputUsage', 'promptTokens', 'prompt_tokens'] },
    ],
    output_tokens: [
      { from: ['usageDetails.output', ...reasonedOf('usageDetails')] },
      { from: ['usage_details.output', ...reasonedOf('usage_details')] },
      {
        oneOf: [
          'usage.output',
          'outputTokens',
          'outputUsage',
          'completionTokens',
          'completion_tokens',
        ],
      },
    ],
    cached_input_tokens: [{ from: cachedOf('usageDetails') }, { from: cachedOf('usage_details') }],
    cache_write_tokens: [{ from: writtenOf('usageDetails') }, { from: writtenOf('usage_details') }],
    reasoning_tokens: [{ from: reasonedOf('usageDetails') }, { from: reasonedOf('usage_details') }],
    cost_usd: {
      oneOf: [
        'costDetails.total',
        'cost_details.total',
        'calculatedTotalCost',
        'totalCost',
        'total_cost',
      ],
    },
    latency_ms: [
      { between: ['startTime', 'endTime'] },
      { between: ['start_time', 'end_time'] },
      { oneOf: ['latency'], unit: 's' },
    ],
    first_token_ms: [
      { between: ['startTime', 'completionStartTime'] },
      { between: ['start_time', 'completion_start_time'] },
      { oneOf: ['timeToFirstToken', 'time_to_first_token'], unit: 's' },
    ],
    status: { from: ['level'], words: LEVELS },
    error: { oneOf: ['statusMessage', 'status_message'] },
    user: { oneOf: ['userId', 'user_id'] },
    project: { oneOf: ['environment', 'projectId', 'project_id'] },
    operation: { from: ['type'] },
    session: { oneOf: ['sessionId', 'session_id'] },
    endpoint: { oneOf: ['name'] },
    trace_id: { oneOf: ['traceId', 'trace_id'] },
    prompt_hash: { from: ['input'], unit: 'hash' },
  },
  only: { oneOf: ['type'], matches: '^(generation|embedding)$' },
}

/** Traces: sums over all calls of one request of an application. */
const traces: Format = {
  name: 'langfuse traces',
  needs: [
    ['userId', 'user_id'],
    ['sessionId', 'session_id'],
    ['totalCost', 'total_cost'],
    ['timestamp'],
    ['latency'],
  ],
  columns: {
    at: { from: ['timestamp'] },
    requests: { from: [] },
    input_tokens: {
      oneOf: ['inputTokens', 'usage.inputUsage', 'usage.promptTokens', 'promptTokens'],
    },
    output_tokens: {
      oneOf: ['outputTokens', 'usage.outputUsage', 'usage.completionTokens', 'completionTokens'],
    },
    cost_usd: { oneOf: ['totalCost', 'total_cost'] },
    latency_ms: { from: ['latency'], unit: 's' },
    user: { oneOf: ['userId', 'user_id'] },
    session: { oneOf: ['sessionId', 'session_id'] },
    project: { oneOf: ['environment', 'projectId'] },
    endpoint: { from: ['name'] },
    trace_id: { from: ['id'] },
  },
  note: 'A trace may be several calls: how many is not said. Export observations to see each call.',
}

export const LANGFUSE: readonly Format[] = [observations, traces]
