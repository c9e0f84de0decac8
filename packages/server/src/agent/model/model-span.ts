import type { LanguageModelV4CallOptions, LanguageModelV4Usage } from '@ai-sdk/provider'

import type { Clock } from '../../platform/clock.ts'
import { beginSpan, type Attributes, type OpenSpan } from '../../platform/tracing.ts'
import { AgentFailure } from '../step.ts'
import type { OpenModel } from './models.ts'
import type { Spoken } from './reply.ts'

/** What a call needs of its span. */
export interface ModelSpan {
  first(): void
  /** For the model's server, where it is the operator's own. */
  headers: { headers?: Record<string, string> }
}

/** What a span tells of a reply. */
interface Told {
  calls: readonly unknown[]
  content: unknown
  usage: LanguageModelV4Usage
  truncated: boolean
}

interface Watched {
  model: OpenModel
  call: Pick<LanguageModelV4CallOptions, 'prompt'>
  signal: AbortSignal
  clock: Clock
}

/** One request to a model as a span of its run, by the names of OpenTelemetry's GenAI conventions. */
export async function* watchedCall<Reply extends Told>(
  { model, call, signal, clock }: Watched,
  speak: (span: ModelSpan) => AsyncGenerator<Spoken, Reply>,
): AsyncGenerator<Spoken, Reply> {
  const { id, provider } = model.name
  const name = id.slice(id.indexOf('/') + 1)
  const span = beginSpan(clock, 'model', `chat ${name}`, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': PROVIDERS[provider] ?? provider,
    'gen_ai.request.model': name,
    'gen_ai.request.stream': true,
    'gen_ai.output.type': 'text',
    ...serverOf(model),
    'netra.model': name,
  })
  try {
    const reply = yield* speak({ first: () => span.first(), headers: headersFor(model, span) })
    span.end('ok', { ...usageOf(reply), ...contentOf(span, call, reply) })
    return reply
  } catch (error) {
    span.end(signal.aborted ? 'cancelled' : 'error', { 'error.type': kindOf(error) })
    throw error
  } finally {
    // Its reader went away.
    span.end('cancelled')
  }
}

/** The time between two tries of a call is the model's too: nobody waits for anything else. */
export async function watchedWait(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  wait: () => Promise<void>,
): Promise<void> {
  const span = beginSpan(clock, 'model', 'Wait before the next try', { 'netra.wait': true })
  try {
    await wait()
    span.end('ok')
  } finally {
    span.end('cancelled')
  }
}

/** The conventions' names where they differ from ours. */
const PROVIDERS: Record<string, string> = { google: 'gcp.gemini' }

function serverOf({ name: { address } }: OpenModel): Attributes {
  if (!URL.canParse(address)) return {}
  const { hostname, port, protocol } = new URL(address)
  const given = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  return { 'server.address': hostname, 'server.port': given }
}

/**
 * Only for addresses that the operator set: their own servers may be asked what a trace of theirs
 * was about. A provider elsewhere could tell from it which requests belong together.
 */
function headersFor({ isOwn }: OpenModel, { traceparent }: OpenSpan): ModelSpan['headers'] {
  return isOwn === true && traceparent !== undefined ? { headers: { traceparent } } : {}
}

function usageOf({ usage, calls, truncated }: Told): Attributes {
  const { inputTokens, outputTokens } = usage
  return {
    ...(inputTokens.total !== undefined && { 'gen_ai.usage.input_tokens': inputTokens.total }),
    ...(inputTokens.cacheRead !== undefined && {
      'gen_ai.usage.cache_read.input_tokens': inputTokens.cacheRead,
    }),
    ...(outputTokens.total !== undefined && { 'gen_ai.usage.output_tokens': outputTokens.total }),
    'gen_ai.response.finish_reasons': [
      truncated ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop',
    ],
  }
}

function contentOf(
  { takesContent }: OpenSpan,
  { prompt }: Watched['call'],
  { content }: Told,
): Attributes {
  if (!takesContent) return {}
  return {
    'gen_ai.input.messages': JSON.stringify(prompt),
    'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: content }]),
  }
}

/** A word of a closed list: what failed may carry what was said. */
function kindOf(error: unknown): string {
  if (error instanceof AgentFailure) return error.code
  return error instanceof Error ? error.name : 'unknown'
}
