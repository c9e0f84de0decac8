import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import { CircuitOpen, type CircuitCall } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { deadline, orAborted, pause } from '../abort.ts'
import { circuitOpen, explain, ModelCut, NoAnswer, type ModelFault } from './failures.ts'
import type { OpenModel } from './models.ts'
import { createReply, type AssistantContent, type ReplyBuilder, type Spoken } from './reply.ts'
import { ModelStalled } from './watched-fetch.ts'

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
  /** A call fell silent and was given up; `again` when it is repeated. */
  onStall: (again: boolean) => void
}

const MAX_ATTEMPTS = 3
/** Each silence has already cost a long wait. */
const MAX_STALLS = 2
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
  let stalls = 0
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
      const isStall = fault.failure.code === 'model_stalled'
      if (isStall) stalls += 1
      const isWorthIt = fault.retryable && stalls < MAX_STALLS && attempt < MAX_ATTEMPTS
      const again = isWorthIt && !progress.told && waitMs <= MAX_WAIT_MS
      if (isStall) options.onStall(again)
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
  { model, call, signal, clock }: CallModelOptions,
  progress: { told: boolean },
): AsyncGenerator<Spoken, ModelReply> {
  const { firstTokenMs, betweenTokensMs } = model.patience
  let phase: ModelStalled['phase'] = 'first_byte'
  /** Waits for the model, but not for ever; a reader that pauses is not the model's silence. */
  const patiently = async <T>(work: PromiseLike<T>, ms: number): Promise<T> => {
    using silence = deadline(clock, ms, () => new ModelStalled(phase, ms))
    return await orAborted(work, AbortSignal.any([signal, silence.signal]))
  }
  const given = new AbortController()
  const abortSignal = AbortSignal.any([signal, given.signal])
  const asked = clock.monotonic()
  const { stream } = await patiently(
    model.language.doStream({ ...model.callOptions, ...call, abortSignal }),
    firstTokenMs,
  ).catch((error: unknown) => {
    given.abort(error)
    throw error
  })
  const reader = stream.getReader()
  const reply = createReply()
  let heardAt = asked
  try {
    for (;;) {
      const limit = phase === 'first_byte' ? firstTokenMs : betweenTokensMs
      const left = Math.max(1, heardAt + limit - clock.monotonic())
      const { done, value } = await patiently(reader.read(), left)
      if (done) break
      if (isAnswer(value.type)) {
        heardAt = clock.monotonic()
        phase = 'stream'
      }
      const spoken = reply.take(value)
      if (spoken) {
        progress.told = true
        yield spoken
        // What the consumer took is not the model's.
        heardAt = clock.monotonic()
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

/** Parts that carry something of the answer, rather than what surrounds it. */
const isAnswer = (type: string): boolean =>
  type !== 'stream-start' && type !== 'response-metadata' && type !== 'raw'

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
