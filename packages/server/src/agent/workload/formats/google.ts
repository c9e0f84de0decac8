import type { Format, FormatColumn } from './format.ts'

/** BigQuery's JSON has nested fields; a CSV of it has them with underscores, or with dots. */
const sku = ['sku.description', 'sku_description', 'SKU description']
const amount = ['usage.amount', 'usage_amount', 'Usage amount']

const tokensOf = (matches: string): readonly FormatColumn[] =>
  sku.flatMap((column) => amount.map((name) => ({ oneOf: [name], when: { column, matches } })))

/** A row is one SKU of an hour or a day: of input, of output or of cached input. */
const billing: Format = {
  name: 'google billing',
  needs: [sku, amount, ['usage_start_time', 'Usage start date'], ['cost', 'Cost ($)']],
  columns: {
    at: { oneOf: ['usage_start_time', 'Usage start date'] },
    provider: { value: 'google' },
    model: { oneOf: sku, extract: '(gemini[ -][0-9.]+[ -](?:pro|flash[ -]lite|flash|ultra|nano))' },
    requests: { from: [] },
    input_tokens: tokensOf('input'),
    output_tokens: tokensOf('output'),
    cached_input_tokens: tokensOf('cach.*input|input.*cach'),
    cost_usd: [
      { oneOf: ['cost'], when: { column: 'currency', matches: '^USD$' } },
      { oneOf: ['Cost ($)'] },
    ],
    project: { oneOf: ['project.id', 'project_id', 'Project ID'] },
    endpoint: { oneOf: ['location.region', 'location_region'] },
    operation: { oneOf: sku },
  },
  only: { oneOf: sku, matches: 'gemini|generate.?content' },
  note: 'A row is one SKU over a period: it says tokens and cost, not how many requests there were.',
}

/** Requests and responses that Vertex AI logs to BigQuery. */
const vertexLog: Format = {
  name: 'google vertex request log',
  needs: ['logging_time', 'full_response.usageMetadata.promptTokenCount'],
  columns: {
    at: { from: ['logging_time'] },
    provider: { value: 'google' },
    model: { oneOf: ['model', 'deployed_model_id'] },
    input_tokens: {
      from: [
        'full_response.usageMetadata.promptTokenCount',
        'full_response.usageMetadata.toolUsePromptTokenCount',
      ],
    },
    output_tokens: {
      from: [
        'full_response.usageMetadata.candidatesTokenCount',
        'full_response.usageMetadata.thoughtsTokenCount',
      ],
    },
    cached_input_tokens: { from: ['full_response.usageMetadata.cachedContentTokenCount'] },
    reasoning_tokens: { from: ['full_response.usageMetadata.thoughtsTokenCount'] },
    latency_ms: { from: ['metadata.request_latency'] },
    operation: { from: ['api_method'] },
    endpoint: { from: ['endpoint'] },
  },
}

export const GOOGLE: readonly Format[] = [billing, vertexLog]
