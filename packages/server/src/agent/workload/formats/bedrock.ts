import type { Format, FormatColumn } from './format.ts'

/** Model invocation logs, one call a line. Input is logged without what a cache read or wrote. */
const invocations: Format = {
  name: 'aws bedrock invocation log',
  needs: ['modelId', 'input.inputTokenCount'],
  columns: {
    at: { from: ['timestamp'] },
    provider: { value: 'aws bedrock' },
    model: { from: ['modelId'] },
    input_tokens: {
      from: [
        'input.inputTokenCount',
        'input.cacheReadInputTokenCount',
        'input.cacheWriteInputTokenCount',
      ],
    },
    output_tokens: { from: ['output.outputTokenCount'] },
    cached_input_tokens: { from: ['input.cacheReadInputTokenCount'] },
    cache_write_tokens: { from: ['input.cacheWriteInputTokenCount'] },
    latency_ms: { from: ['output.outputBodyJson.metrics.latencyMs'] },
    error: { from: ['errorCode'] },
    status: { from: ['errorCode'], unit: 'error_if_said' },
    user: { from: ['identity.arn'] },
    project: { from: ['accountId'] },
    operation: { from: ['operation'] },
    endpoint: { oneOf: ['inferenceRegion', 'region'] },
    session: { from: ['requestMetadata.sessionId'] },
    trace_id: { oneOf: ['requestMetadata.traceId', 'requestId'] },
    prompt_hash: { from: ['input.inputBodyJson.messages', 'input.inputBodyJson'], unit: 'hash' },
  },
}

/** The Cost and Usage Report counts in thousands of tokens, one line a kind of token. */
const tokensOf = (matches: string): FormatColumn => ({
  from: ['line_item_usage_amount'],
  unit: 'thousand',
  when: { column: 'line_item_usage_type', matches },
})

const costAndUsage: Format = {
  name: 'aws cost and usage report',
  needs: ['line_item_usage_type', 'line_item_usage_amount', 'line_item_unblended_cost'],
  columns: {
    at: { from: ['line_item_usage_start_date'] },
    provider: { value: 'aws bedrock' },
    model: {
      from: ['line_item_usage_type'],
      extract: '^(?:[A-Z0-9]+-)?(.+?)-(?:mantle-)?(?:cache-(?:read|write)-)?(?:input|output)-token',
    },
    requests: { from: [] },
    input_tokens: tokensOf('input-token'),
    output_tokens: tokensOf('output-token'),
    cached_input_tokens: tokensOf('cache-read-input-token'),
    cache_write_tokens: tokensOf('cache-write-input-token'),
    cost_usd: { from: ['line_item_unblended_cost'] },
    user: { from: ['line_item_iam_principal'] },
    project: { from: ['line_item_usage_account_id'] },
    operation: { from: ['line_item_operation'] },
    endpoint: { oneOf: ['product_region_code', 'product_region'] },
  },
  only: { oneOf: ['line_item_usage_type'], matches: '(input|output)-token' },
  note: 'A line is one kind of token over a period, read as thousands of tokens; how many requests there were is not said.',
}

export const BEDROCK: readonly Format[] = [invocations, costAndUsage]
