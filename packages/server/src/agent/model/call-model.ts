import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import { CircuitOpen, type CircuitCall } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { recoveryOf } from '../../platform/recovery/recovery-table.ts'
import { waitBeforeRetry } from '../../platform/retry.ts'
import { orAborted, pause } from '../abort.ts'
import {
  circuitOpen,
  explain,
  mayHaveBeenClosedIdle,
  ModelCut,
  NoAnswer,
  type ModelFailure,
} from './failures.ts'
import type { ModelMeter } from './meter.ts'
import { admitted, noProgress, type Metering, type Progress } from './metered-call.ts'
import { watchedCall, watchedWait, type ModelSpan } from './model-span.ts'
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
  /** Asked before each request, told of what it used. */
  meter?: ModelMeter | undefined
  /** On the monotonic clock: nothing is waited for beyond. */
  until: number
  /** A call fell silent and was given up; `again` when it is repeated. */
  onStall: (again: boolean) => void
  /** A call is made again after a failure of that kind. */
  onRetry: (kind: ModelFailure['kind']) => void
}

/**
 * One model call: streams what the model says and answers with the whole. Before its first token
 * a failed call is repeated as the recovery table says; after it never, because what was said is
 * already told.
 *
 * @throws AgentFailure that says what to do; the signal's reason when it is aborted.
 */
export async function* callModel(options: CallModelOptions): AsyncGenerator<Spoken, ModelReply> {
  const { model, signal, clock, logger, random } = options
  let stalls = 0
  for (let attempt = 1; ; attempt++) {
    const metering = await admitted(options, attempt > 1)
    const circuit = enterMetered(options, metering)
    const progress = noProgress()
    let ended = false
    try {
      const reply = yield* watchedCall(options, (span) => streamOnce(options, progress, span))
      metering.over('ok', progress)
      await circuit.succeeded()
      ended = true
      return reply
    } catch (error) {
      ended = true
      metering.over(signal.aborted ? 'cancelled' : 'error', progress)
      if (signal.aborted) {
        await circuit.abandoned()
        throw signal.reason
      }
      const { failure, waitMs: askedMs } = explain(error, model.name, clock.now())
      // Counted as a try all the same: no request is sent more often for it.
      const isIdleClose = attempt === 1 && !progress.isAnswered && mayHaveBeenClosedIdle(error)
      await (isIdleClose
        ? circuit.abandoned()
        : settle(circuit, failure, model.breaker.status().state))
      logger.warn({ model: model.name.id, code: failure.code, attempt }, 'model call failed')
      const { retry } = recoveryOf(progress.told ? 'model_mid_answer' : failure.kind)
      const isStall = failure.code === 'model_stalled'
      if (isStall) stalls += 1
      const failed = isStall ? Math.max(stalls, attempt - 1) : attempt
      const leftMs = options.until - clock.monotonic()
      const untilNext = retry ? waitBeforeRetry(retry, failed, { random, askedMs, leftMs }) : null
      const wait = untilNext !== null && isIdleClose ? 0 : untilNext
      if (isStall) options.onStall(wait !== null)
      if (wait === null) throw asTold(failure, model, progress.told)
      options.onRetry(failure.kind)
      if (wait > 0) await watchedWait(clock, () => pause(clock, wait, signal))
    } finally {
      metering.over('cancelled', progress)
      // The consumer went away in the middle: neither success nor failure of the model.
      if (!ended) await circuit.abandoned()
    }
  }
}

function enterMetered(options: CallModelOptions, metering: Metering): CircuitCall {
  try {
    return enter(options)
  } catch (error) {
    metering.over('error', noProgress())
    throw error
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

const settle = (circuit: CircuitCall, failure: ModelFailure, state: string): Promise<void> => {
  if (recoveryOf(failure.kind).isUnwell) return circuit.failed(failure)
  // A refusal is no success to count, but it ends a trial: the service is there again.
  const answered = failure.code !== 'model_rate_limited' && state === 'HALF_OPEN'
  return answered ? circuit.succeeded() : circuit.abandoned()
}

/** With the state of the breaker that counted it, and as what it is for whoever decides next. */
function asTold(failure: ModelFailure, model: OpenModel, isTold: boolean): Error {
  const isCounted = recoveryOf(failure.kind).isUnwell && !failure.breaker
  return Object.assign(failure, {
    ...(isCounted && { breaker: model.breaker.status().state }),
    ...(isTold && { kind: 'model_mid_answer' as const }),
  })
}

async function* streamOnce(
  { model, call, signal, clock }: CallModelOptions,
  progress: Progress,
  span: ModelSpan,
): AsyncGenerator<Spoken, ModelReply> {
  const { firstTokenMs, betweenTokensMs } = model.patience
  let phase: ModelStalled['phase'] = 'first_byte'
  /** Waits for the model, but not for ever; a reader that pauses is not the model's silence. */
  const patiently = async <T>(work: PromiseLike<T>, ms: number): Promise<T> => {
    const silence = Promise.withResolvers<never>()
    const cancel = clock.after(ms, () => silence.reject(new ModelStalled(phase, ms)))
    try {
      return await orAborted(Promise.race([work, silence.promise]), signal)
    } finally {
      cancel()
    }
  }
  const given = new AbortController()
  const abortSignal = AbortSignal.any([signal, given.signal])
  const asked = clock.monotonic()
  const { stream } = await patiently(
    model.language.doStream({ ...model.callOptions, ...call, ...span.headers, abortSignal }),
    firstTokenMs,
  ).catch((error: unknown) => {
    given.abort(error)
    throw error
  })
  progress.isAnswered = true
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
        span.first()
      }
      if ('delta' in value) progress.characters += value.delta.length
      const spoken = reply.take(value)
      progress.usage = reply.finished?.usage
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
