import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import { conversationOf } from './conversation.ts'
import { replyTo } from './reply-to.ts'
import type { Reply } from './reply.ts'

/** Nothing is read or written by tokens here. */
const NO_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

/**
 * Answers questions about tables and arithmetic without a language model: it reads the question by
 * a grammar, calls the data tools, and phrases their results. Deterministic, and without state.
 */
export function createBuiltinModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'netra',
    modelId: 'builtin',
    supportedUrls: {},
    async doGenerate(options) {
      const reply = next(options)
      return {
        content: contentOf(reply, options),
        finishReason: finishOf(reply),
        usage: NO_USAGE,
        warnings: [],
      }
    },
    async doStream(options) {
      return { stream: streamOf(next(options), options) }
    },
  }
}

function next({ prompt, tools, toolChoice, abortSignal }: LanguageModelV4CallOptions): Reply {
  abortSignal?.throwIfAborted()
  const offered = toolChoice?.type === 'none' ? [] : (tools ?? [])
  return replyTo(conversationOf(prompt), new Set(offered.map((tool) => tool.name)))
}

const finishOf = (reply: Reply): LanguageModelV4FinishReason => {
  const unified = reply.kind === 'calls' ? 'tool-calls' : 'stop'
  return { unified, raw: unified }
}

/** Distinct within a prompt: the number of messages grows with each step. */
const callId = ({ prompt }: LanguageModelV4CallOptions, place: number): string =>
  `builtin-${prompt.length}-${place + 1}`

function contentOf(reply: Reply, options: LanguageModelV4CallOptions): LanguageModelV4Content[] {
  if (reply.kind === 'answer') return [{ type: 'text', text: reply.text }]
  return [
    { type: 'reasoning', text: reply.thought },
    ...reply.calls.map(({ toolName, input }, place) => ({
      type: 'tool-call' as const,
      toolCallId: callId(options, place),
      toolName,
      input: JSON.stringify(input),
    })),
  ]
}

function streamOf(
  reply: Reply,
  options: LanguageModelV4CallOptions,
): ReadableStream<LanguageModelV4StreamPart> {
  const parts = partsOf(reply, options)
  const signal = options.abortSignal
  return new ReadableStream({
    pull(controller) {
      if (signal?.aborted) return controller.error(signal.reason)
      const { value, done } = parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

function* partsOf(
  reply: Reply,
  options: LanguageModelV4CallOptions,
): Generator<LanguageModelV4StreamPart, undefined> {
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'response-metadata', modelId: 'builtin' }
  for (const part of contentOf(reply, options)) {
    if (part.type === 'text') yield* textParts(part.text)
    else if (part.type === 'reasoning') yield* reasoningParts(part.text)
    else if (part.type === 'tool-call') yield part
  }
  yield { type: 'finish', usage: NO_USAGE, finishReason: finishOf(reply) }
  return undefined
}

function* textParts(text: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'text-start', id: 'answer' }
  for (const delta of wordGroups(text)) yield { type: 'text-delta', id: 'answer', delta }
  yield { type: 'text-end', id: 'answer' }
}

function* reasoningParts(thought: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'reasoning-start', id: 'thought' }
  yield { type: 'reasoning-delta', id: 'thought', delta: thought }
  yield { type: 'reasoning-end', id: 'thought' }
}

const WORDS_IN_A_GROUP = 4

/** The text in pieces of a few words, nothing lost between them. */
const wordGroups = (text: string): string[] =>
  text.match(new RegExp(String.raw`(?:\S+\s*){1,${WORDS_IN_A_GROUP}}|\s+`, 'gu')) ?? []
