import type { LanguageModelV4Message } from '@ai-sdk/provider'
import type { z } from 'zod'

import { orAborted } from '../abort.ts'
import type { LoopOptions } from '../loop.ts'
import { callModel, type ModelReply } from '../model/call-model.ts'
import type { Chosen } from '../model/model-order.ts'
import type { OpenModel } from '../model/models.ts'
import { parseInput } from '../model/reply.ts'
import { AgentFailure, type Fallback, type Usage } from '../step.ts'
import { inputSchemaOf } from '../tools/input-schema.ts'

/** One question to the language model; its answer is JSON of a schema. */
export interface ModelQuestion<T> {
  /** What the person reads of it, as the name of a tool: `read_question`. */
  name: string
  instructions: string
  prompt: string
  schema: z.ZodType<T>
}

/** What came of a model call, before anybody checked it. */
export interface Asked {
  model: string
  usage: Usage
  costUsd: number | null
  /** `{}` when there was no JSON object, or no answer at all. */
  said: Record<string, unknown>
  /** Who answered in whose stead. */
  fallbacks: Fallback[]
  /** Why there is no answer to use, in words. */
  problem?: string
  /** No model can be asked. */
  unreachable?: true
}

/**
 * Asks the model that was chosen, or the next that can answer; undefined when that is the built-in
 * one, which reads no prose. A model that fails is no failure of the program: it says what went wrong.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function askModel<T>(
  question: ModelQuestion<T>,
  options: LoopOptions & { until: number },
): Promise<Asked | undefined> {
  const { models, signal } = options
  const fallbacks: Fallback[] = []
  let model: OpenModel | undefined
  const take = async (chosen: Promise<Chosen>): Promise<OpenModel> => {
    const { model: next, fallback } = await orAborted(chosen, signal)
    if (fallback) fallbacks.push(fallback)
    return next
  }
  try {
    model = await take(models.first())
    for (;;) {
      if (model.name.builtIn) return undefined
      try {
        const reply = await listen(question, model, options)
        return { ...told(reply, question.name, model), fallbacks }
      } catch (error) {
        signal.throwIfAborted()
        model = await take(models.next(error))
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AgentFailure)) throw error
    return {
      model: model?.name.id ?? models.wanted,
      usage: { inputTokens: 0, outputTokens: 0 },
      costUsd: 0,
      said: {},
      fallbacks,
      problem: error.message,
      unreachable: true,
    }
  }
}

async function listen<T>(
  { name, instructions, prompt, schema }: ModelQuestion<T>,
  model: OpenModel,
  options: LoopOptions & { until: number },
): Promise<ModelReply> {
  const inputSchema = inputSchemaOf(schema)
  const messages: LanguageModelV4Message[] = [
    {
      role: 'system',
      content: `${instructions}\n\nAnswer by one call of ${name}, or with one JSON object of the same shape and nothing else.`,
    },
    { role: 'user', content: [{ type: 'text', text: prompt }] },
  ]
  const call = {
    prompt: messages,
    tools: [
      { type: 'function' as const, name, description: `Gives the answer to ${name}.`, inputSchema },
    ],
  }
  const stream = callModel({ ...options, model, call })
  let units = 0
  for (;;) {
    const next = await stream.next()
    if (next.done) return next.value
    units += next.value.text.length
    if (units > MOST_UNITS) {
      await stream.return(undefined as never)
      throw new AgentFailure('budget', `${model.name.id} said too much.`, { retry: 'no' })
    }
  }
}

/** Far more than any answer of a few fields. */
const MOST_UNITS = 100_000

function told(reply: ModelReply, name: string, model: OpenModel): Omit<Asked, 'fallbacks'> {
  const { inputTokens, outputTokens } = reply.usage
  const call = reply.calls.find(({ toolName }) => toolName === name)
  const said = parseInput(call ? call.input : innermostJson(reply.text))
  const isNone = 'unparsed' in said
  return {
    model: model.name.id,
    usage: { inputTokens: inputTokens.total ?? 0, outputTokens: outputTokens.total ?? 0 },
    costUsd: model.pricing.costUsd(reply.usage),
    said: isNone ? {} : said,
    ...(isNone && { problem: `${model.name.id} did not answer with a JSON object.` }),
  }
}

/** Models put JSON into fences and sentences. */
const innermostJson = (text: string): string =>
  text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1) || 'none'
