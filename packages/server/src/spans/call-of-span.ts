import { createHash } from 'node:crypto'

import type { Attributes, ReadSpan } from './read-span.ts'

/** One call of a model, in the columns of the workload's schema. What a span does not say is null. */
export interface Call {
  at: string
  model: string | null
  provider: string | null
  requests: 1
  input_tokens: number | null
  output_tokens: number | null
  cached_input_tokens: number | null
  cache_write_tokens: number | null
  reasoning_tokens: number | null
  cost_usd: number | null
  latency_ms: number | null
  first_token_ms: number | null
  status: 'ok' | 'error'
  error: string | null
  user: string | null
  project: string | null
  operation: string | null
  session: string | null
  endpoint: string | null
  prompt_hash: string | null
  trace_id: string | null
}

/** Attributes that say what a column is, the best first. */
export const SPAN_ATTRIBUTES = {
  model: ['gen_ai.request.model', 'gen_ai.response.model'],
  provider: ['gen_ai.provider.name', 'gen_ai.system'],
  input_tokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  output_tokens: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  cached_input_tokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cached_input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
  ],
  cache_write_tokens: [
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
  ],
  reasoning_tokens: ['gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens'],
  cost_usd: ['gen_ai.usage.cost'],
  first_token_ms: ['gen_ai.response.time_to_first_chunk', 'gen_ai.server.time_to_first_token'],
  error: ['error.type'],
  operation: ['gen_ai.operation.name'],
  session: ['gen_ai.conversation.id', 'session.id'],
  user: ['user.id', 'enduser.id'],
  project: ['service.name'],
  endpoint: ['gen_ai.agent.name', 'server.address'],
  prompt_hash: ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.prompt'],
} as const satisfies Partial<Record<keyof Call, readonly string[]>>

/** Steps around calls of models: their tokens, where they are said, are those of calls again. */
const AROUND = /^(execute_tool|invoke_agent|create_agent|invoke_workflow|plan|retrieval)$/

const MOST_CHARACTERS = 200

/** The call that a span is; a sentence when it is none. */
export function callOf(span: ReadSpan): Call | string {
  const { attributes, resource } = span
  const text = (column: keyof typeof SPAN_ATTRIBUTES): string | null =>
    textOf(attributes, SPAN_ATTRIBUTES[column])
  const count = (column: keyof typeof SPAN_ATTRIBUTES): number | null =>
    numberOf(attributes, SPAN_ATTRIBUTES[column])
  const operation = text('operation')
  const model = text('model')
  const provider = text('provider')
  if (operation === null && model === null && provider === null)
    return 'without attributes of the GenAI conventions'
  if (operation !== null && AROUND.test(operation))
    return `${operation}, which is no call of a model`
  if (span.start === 0n) return 'without a start'
  const at = new Date(Number(span.start / 1_000_000n))
  if (Number.isNaN(at.getTime())) return 'with an impossible start'
  const error = text('error')
  const seconds = count('first_token_ms')
  return {
    at: isoOf(span.start, at),
    model,
    provider,
    requests: 1,
    input_tokens: whole(count('input_tokens')),
    output_tokens: whole(count('output_tokens')),
    cached_input_tokens: whole(count('cached_input_tokens')),
    cache_write_tokens: whole(count('cache_write_tokens')),
    reasoning_tokens: whole(count('reasoning_tokens')),
    cost_usd: count('cost_usd'),
    latency_ms: span.end >= span.start ? Number(span.end - span.start) / 1_000_000 : null,
    first_token_ms: seconds === null || seconds < 0 ? null : seconds * 1_000,
    status: span.isError || error !== null ? 'error' : 'ok',
    error,
    user: text('user'),
    project: textOf(resource, SPAN_ATTRIBUTES.project),
    operation,
    session: text('session'),
    endpoint: text('endpoint'),
    prompt_hash: promptHash(attributes),
    trace_id: span.traceId === '' ? null : span.traceId,
  }
}

const isoOf = (nanos: bigint, at: Date): string =>
  at.toISOString().replace('Z', `${String((nanos / 1_000n) % 1_000n).padStart(3, '0')}Z`)

const whole = (value: number | null): number | null =>
  value === null || !Number.isSafeInteger(value) || value < 0 ? null : value

function textOf(attributes: Attributes, names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes[name]
    if (typeof value === 'string' && value !== '') return value.slice(0, MOST_CHARACTERS)
    if (typeof value === 'number') return String(value)
  }
  return null
}

function numberOf(attributes: Attributes, names: readonly string[]): number | null {
  for (const name of names) {
    const value = Number(attributes[name] ?? NaN)
    if (Number.isFinite(value)) return value
  }
  return null
}

/** Of what was asked, where the application sends it: the words themselves are not kept. */
function promptHash(attributes: Attributes): string | null {
  const asked = SPAN_ATTRIBUTES.prompt_hash.flatMap((name) => attributes[name] ?? [])
  if (asked.length === 0) return null
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 32)
}
