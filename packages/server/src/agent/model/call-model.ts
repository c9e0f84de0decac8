import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import { CircuitOpen, type CircuitCall } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { orAborted, pause } from '../abort.ts'
import { circuitOpen, explain, ModelCut, NoAnswer, type ModelFault } from './failures.ts'
import type { OpenModel } from './models.ts'
import { createReply, type AssistantContent, type ReplyBuilder, type Spoken } from './reply.ts'

/** What a model call has said when it is over. */
export interface ModelReply {
  text: string
  calls: LanguageModelV4ToolCall[]
  /** To give back to the same model within this run, with what its provider wants to see again. */
  content: AssistantContent
  usage: LanguageModelV4Usage
  /** The model ran into its output limit: the text is incomplete. */
  truncated: boolean
}

export interface CallModelOptions {
  model: OpenModel
  call: Pick<LanguageModelV4CallOptions, 'prompt' | 'tools'>
  signal: AbortSignal
  clock: Clock
  logger: Logger
  /** 0 ≤ x < 1; spreads retries. */
  random: () => number
}

const MAX_ATTEMPTS = 3
const FIRST_WAIT_MS = 250
/** Longer waits are the person's to decide. */
const MAX_WAIT_MS = 5_000

/**
 * One model call: streams what the model says and answers with the whole. Before its first token
 * a failed call is repeated a few times; after it never, because what was said is already told.
 *
 * @throws AgentFailure that says what to do; the signal's reason when it is aborted.
 */
export async function* callModel(options: CallModelOptions): AsyncGenerator<Spoken, ModelReply> {
  const { model, signal, clock, logger } = options
  for (let attempt = 1; ; attempt++) {
    const circuit = enter(options)
    const progress = { told: false }
    let ended = false
    try {
      const reply = yield* streamOnce(options, progress)
      await circuit.succeeded()
      ended = true
      return reply
    } catch (error) {
      ended = true
      if (signal.aborted) {
        await circuit.abandoned()
        throw signal.reason
      }
      const fault = explain(error, model.name)
      await settle(circuit, fault, model.breaker.status().state)
      logger.warn({ model: model.name.id, code: fault.failure.code, attempt }, 'model call failed')
      const waitMs = fault.waitMs ?? options.random() * FIRST_WAIT_MS * 2 ** attempt
      const again =
        fault.retryable && !progress.told && attempt < MAX_ATTEMPTS && waitMs <= MAX_WAIT_MS
      if (!again) throw withBreaker(fault, model)
      await pause(clock, waitMs, signal)
    } finally {
      // The consumer went away in the middle: neither success nor failure of the model.
      if (!ended) await circuit.abandoned()
    }
  }
}

function enter({ model, clock }: CallModelOptions): CircuitCall {
  try {
    return model.breaker.enter()
  } catch (error) {
    if (error instanceof CircuitOpen)
      throw circuitOpen(model.name, model.breaker.status(), clock.now())
    throw error
  }
}

const settle = (circuit: CircuitCall, fault: ModelFault, state: string): Promise<void> => {
  if (fault.counts) return circuit.failed(fault.failure)
  // A refusal is no success to count, but it ends a trial: the service is there again.
  const answered = fault.failure.code !== 'model_rate_limited' && state === 'HALF_OPEN'
  return answered ? circuit.succeeded() : circuit.abandoned()
}

function withBreaker(fault: ModelFault, model: OpenModel): Error {
  const { failure } = fault
  const { state } = model.breaker.status()
  if (!fault.counts || failure.breaker) return failure
  return Object.assign(failure, { breaker: state })
}

async function* streamOnce(
  { model, call, signal }: CallModelOptions,
  progress: { told: boolean },
): AsyncGenerator<Spoken, ModelReply> {
  const { stream } = await orAborted(
    model.language.doStream({ ...model.callOptions, ...call, abortSignal: signal }),
    signal,
  )
  const reader = stream.getReader()
  const reply = createReply()
  try {
    for (;;) {
      const { done, value } = await orAborted(reader.read(), signal)
      if (done) break
      const spoken = reply.take(value)
      if (spoken) {
        progress.told = true
        yield spoken
      }
      if (value.type === 'error') throw value.error
    }
    const rest = reply.rest()
    if (rest) yield rest
  } finally {
    // Closes the request when this ends early, so that nobody pays for an answer nobody reads.
    reader.cancel().catch(() => undefined)
  }
  return finish(reply)
}

/** @throws ModelCut, NoAnswer */
function finish(reply: ReplyBuilder): ModelReply {
  const { finished, text, calls, content } = reply
  if (!finished || wasCut(finished.finishReason)) throw new ModelCut('the stream ended early')
  const reason = finished.finishReason.unified
  if (reason === 'content-filter') throw new NoAnswer('content-filter')
  if (text === '' && calls.length === 0)
    throw new NoAnswer(reason === 'length' ? 'length' : 'empty')
  return { text, calls, content, usage: finished.usage, truncated: reason === 'length' }
}

/** Providers end a stream that stopped short with a reason of their own making, so without a raw one. */
const wasCut = ({ unified, raw }: LanguageModelV4FinishReason): boolean =>
  unified === 'interrupted' || ((unified === 'error' || unified === 'other') && raw === undefined)
