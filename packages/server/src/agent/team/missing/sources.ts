/** Where one provider keeps what a workload needs, and how it is got out. */
export interface Source {
  provider: string
  /** Words by which a question names it. */
  words: RegExp
  /** The export that has most of it. */
  export: string
  steps: readonly string[]
  /** Column of the workload schema → what the export calls it. Absent: it does not have it. */
  columns: Readonly<Partial<Record<string, string>>>
}

export const SOURCES: readonly Source[] = [
  {
    provider: 'OpenAI',
    words: /(?<!azure )\bopenai\b|\bchatgpt\b/i,
    export: 'usage of the organisation (Usage API), and its costs (Costs API)',
    steps: [
      'Make an admin key: platform settings, Organization, Admin keys.',
      'GET /v1/organization/usage/completions with start_time, bucket_width=1m (or 1h, 1d) and group_by=model,project_id,user_id,api_key_id,batch; follow next_page.',
      'For what was paid: GET /v1/organization/costs with group_by=project_id,line_item. Or take Export on the page Usage of the dashboard.',
      'Upload the JSON or CSV. Single requests, latency and prompts are not in it: log those in your application or send OpenTelemetry spans.',
    ],
    columns: {
      at: 'start_time',
      model: 'model',
      requests: 'num_model_requests',
      input_tokens: 'input_tokens',
      output_tokens: 'output_tokens',
      cached_input_tokens: 'input_cached_tokens',
      user: 'user_id',
      project: 'project_id',
      api_key: 'api_key_id',
      is_batch: 'batch',
      cost_usd: 'amount.value (Costs API)',
    },
  },
  {
    provider: 'Anthropic',
    words: /\banthropic\b|\bclaude\b/i,
    export: 'usage and cost report (Admin API), or the export of the Console’s page Usage',
    steps: [
      'Make an admin key in the Console: Settings, Admin keys.',
      'GET /v1/organizations/usage_report/messages with starting_at, bucket_width=1m (or 1h, 1d) and group_by[]=model, api_key_id, workspace_id, service_tier; follow next_page.',
      'For what was paid: GET /v1/organizations/cost_report with group_by[]=workspace_id, description.',
      'Upload the JSON or CSV. Latency and prompts are not in it.',
    ],
    columns: {
      at: 'starting_at',
      model: 'model',
      input_tokens: 'uncached_input_tokens + cache_read_input_tokens + cache_creation',
      output_tokens: 'output_tokens',
      cached_input_tokens: 'cache_read_input_tokens',
      cache_write_tokens: 'cache_creation (ephemeral_5m_input_tokens, ephemeral_1h_input_tokens)',
      project: 'workspace_id',
      api_key: 'api_key_id',
      is_batch: 'service_tier = batch',
      cost_usd: 'amount (cost report)',
    },
  },
  {
    provider: 'Google',
    words: /\bgoogle\b|\bgemini\b|\bvertex\b/i,
    export: 'request-response logging of Vertex AI in BigQuery, and the detailed billing export',
    steps: [
      'Vertex AI: switch on request-response logging for the model (setPublisherModelConfig with a BigQuery destination).',
      'Query logging_time, model, and usageMetadata of full_response; save the result as CSV or JSON.',
      'What was paid: Billing, Billing export, Detailed usage cost to BigQuery; sum cost by sku.description and usage_start_time.',
      'With the Gemini API and no Vertex: log usageMetadata of each answer in your application.',
    ],
    columns: {
      at: 'logging_time',
      model: 'model',
      input_tokens: 'usageMetadata.promptTokenCount',
      output_tokens: 'usageMetadata.candidatesTokenCount + thoughtsTokenCount',
      reasoning_tokens: 'usageMetadata.thoughtsTokenCount',
      cached_input_tokens: 'usageMetadata.cachedContentTokenCount',
      project: 'project.id (billing export)',
      cost_usd: 'cost (billing export)',
    },
  },
  {
    provider: 'AWS Bedrock',
    words: /\bbedrock\b|\baws\b|\bamazon\b/i,
    export: 'model invocation logs, in S3 or CloudWatch Logs',
    steps: [
      'Bedrock console: Settings, Model invocation logging, on, with an S3 bucket (CLI: aws bedrock put-model-invocation-logging-configuration).',
      'Copy the period: aws s3 cp --recursive s3://<bucket>/<prefix>/AWSLogs/<account>/BedrockModelInvocationLogs/ .',
      'Upload the .json.gz files as they are. Turn text logging off if prompts must not leave the account: counts are kept.',
      'What was paid is in Cost Explorer, by usage type.',
    ],
    columns: {
      at: 'timestamp',
      model: 'modelId',
      input_tokens: 'input.inputTokenCount',
      output_tokens: 'output.outputTokenCount',
      cached_input_tokens: 'input.cacheReadInputTokenCount',
      cache_write_tokens: 'input.cacheWriteInputTokenCount',
      operation: 'operation',
      user: 'identity.arn',
      trace_id: 'requestId',
      latency_ms: 'output.outputBodyJson.metrics.latencyMs (Converse)',
      error: 'errorCode',
    },
  },
  {
    provider: 'Azure OpenAI',
    words: /\bazure\b/i,
    export: 'diagnostic logs and metrics of the resource, or the token metrics of API Management',
    steps: [
      'Resource, Diagnostic settings: send RequestResponse and AllMetrics to a Log Analytics workspace.',
      'Query AzureDiagnostics where Category == "RequestResponse": TimeGenerated, DurationMs, ResultSignature, and modelDeploymentName of properties_s; export as CSV. Token counts of single requests are not in it.',
      'Tokens: metrics ProcessedPromptTokens and GeneratedTokens, split by ModelDeploymentName, at one minute; or the policy llm-emit-token-metric of API Management.',
      'What was paid: Cost Management, Exports, by meter.',
    ],
    columns: {
      at: 'TimeGenerated',
      model: 'ModelDeploymentName',
      input_tokens: 'ProcessedPromptTokens (metric)',
      output_tokens: 'GeneratedTokens (metric)',
      latency_ms: 'DurationMs',
      status: 'ResultSignature',
      cost_usd: 'CostInBillingCurrency (cost export)',
    },
  },
  {
    provider: 'LiteLLM',
    words: /\blitellm\b/i,
    export: 'the table LiteLLM_SpendLogs of the proxy, or GET /spend/logs',
    steps: [
      'The proxy must have a database (DATABASE_URL).',
      'psql: \\copy (select "startTime", "endTime", model, custom_llm_provider, prompt_tokens, completion_tokens, spend, "user", team_id, api_key, call_type, cache_hit, status from "LiteLLM_SpendLogs" where "startTime" >= now() - interval \'30 days\') to \'spend.csv\' csv header',
      'Upload the CSV.',
    ],
    columns: {
      at: 'startTime',
      model: 'model',
      provider: 'custom_llm_provider',
      input_tokens: 'prompt_tokens',
      output_tokens: 'completion_tokens',
      cost_usd: 'spend',
      latency_ms: 'endTime - startTime',
      first_token_ms: 'completionStartTime - startTime',
      user: 'user',
      project: 'team_id',
      api_key: 'api_key (a hash)',
      operation: 'call_type',
      status: 'status',
      session: 'session_id',
    },
  },
  {
    provider: 'Langfuse',
    words: /\blangfuse\b/i,
    export: 'observations of the type GENERATION',
    steps: [
      'Project, Tracing, Observations: filter Type = GENERATION and the period, then Export as CSV or JSON.',
      'By API: GET /api/public/observations?type=GENERATION&fromStartTime=…, page by page.',
      'Upload the file.',
    ],
    columns: {
      at: 'startTime',
      model: 'model',
      input_tokens: 'usageDetails.input',
      output_tokens: 'usageDetails.output',
      cached_input_tokens: 'usageDetails.input_cached_tokens',
      cost_usd: 'totalCost',
      latency_ms: 'latency',
      first_token_ms: 'timeToFirstToken',
      user: 'userId (of the trace)',
      session: 'sessionId (of the trace)',
      project: 'projectId',
      operation: 'name',
      error: 'statusMessage',
      status: 'level',
      trace_id: 'traceId',
    },
  },
  {
    provider: 'OpenTelemetry (OTLP)',
    words: /\bopentelemetry\b|\botlp\b|\botel\b/i,
    export: 'spans of your own application, sent to Netra as they happen',
    steps: [
      'Instrument the application with OpenTelemetry’s GenAI conventions; most SDKs have an instrumentation package.',
      'Set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to Netra’s address with /v1/traces, and OTEL_EXPORTER_OTLP_TRACES_HEADERS to Authorization=Bearer and an API key with the scope Send usage (usage:write); see docs/workload.md.',
      'After some calls, attach the spans to a question as a file.',
    ],
    columns: {
      at: 'start time of the span',
      latency_ms: 'duration of the span',
      model: 'gen_ai.response.model, else gen_ai.request.model',
      provider: 'gen_ai.provider.name',
      operation: 'gen_ai.operation.name',
      input_tokens: 'gen_ai.usage.input_tokens',
      output_tokens: 'gen_ai.usage.output_tokens',
      cached_input_tokens: 'gen_ai.usage.cache_read.input_tokens',
      cache_write_tokens: 'gen_ai.usage.cache_creation.input_tokens',
      session: 'gen_ai.conversation.id',
      user: 'user.id',
      error: 'error.type',
      status: 'status of the span',
      trace_id: 'trace id',
    },
  },
]

/** What no provider's export has: only the application itself can write it down. */
export const OWN_LOG: Readonly<Record<string, string>> = {
  prompt_hash:
    'No usage export holds it. Have the application log a SHA-256 of each prompt as `prompt_hash`, one row per request; the prompt itself is not needed.',
  prompt_blocks:
    'No usage export holds it. Have the application log, per request, the ids of the prompt’s blocks of equal length as a list in `hash_ids` (each id a hash of the block and all before it); serving engines such as vLLM compute them.',
  first_token_ms:
    'Few exports hold it. Log the time from the request to the first piece of the answer as `ttft_ms`.',
  latency_ms:
    'Usage exports do not hold it. Log the time from the request to the end of its answer as `latency_ms`.',
}
