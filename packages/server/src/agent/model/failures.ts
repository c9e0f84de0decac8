import { APICallError, InvalidResponseDataError } from '@ai-sdk/provider'

import type { CircuitStatus } from '../../platform/circuit-breaker.ts'
import { AgentFailure } from '../step.ts'
import { ModelStalled } from './watched-fetch.ts'

/** Which model failed and where its settings are, so that a message can say what to do. */
export interface ModelName {
  provider: string
  /** `<provider>/<model>` */
  id: string
  /** Where its key or address is set: a variable's name, or the page for administrators. */
  setAt: string
  address: string
  /** It runs in this process: no service can be unwell. */
  builtIn?: true
}

/** A failed model call with what the loop needs to decide: try again, and does the breaker count it? */
export interface ModelFault {
  failure: AgentFailure
  retryable: boolean
  /** The service itself is unwell, rather than this request or this key. */
  counts: boolean
  /** What the service asked for by Retry-After. */
  waitMs?: number
}

type Shape = Omit<ModelFault, 'failure'>

const UNWELL: Shape = { retryable: true, counts: true }
const OURS: Shape = { retryable: false, counts: false }

/** The stream ended without the API's ending. */
export class ModelCut extends Error {
  override readonly name = 'ModelCut'
}

/** The model ended its turn without an answer: `why` is a finish reason. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly why: 'content-filter' | 'length' | 'empty'
  constructor(why: NoAnswer['why']) {
    super(`no answer: ${why}`)
    this.why = why
  }
}

/** Says in words for a person what went wrong in a model call, and what to do. Never names a key. */
export function explain(error: unknown, name: ModelName): ModelFault {
  if (error instanceof AgentFailure) return { failure: error, ...OURS }
  if (error instanceof ModelStalled) return stalled(error, name)
  if (error instanceof ModelCut || isMissingEnd(error)) return cut(error, name)
  if (error instanceof NoAnswer) return noAnswer(error, name)
  const stall = causes(error).find((cause) => cause instanceof ModelStalled)
  if (stall) return stalled(stall, name)
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400)
    return refusedByStatus(error, error.statusCode, name)
  const code = networkCode(error)
  if (code !== undefined) return unreachable(code, error, name)
  const inBand = inBandStatus(error)
  if (inBand) return refusedByStatus(inBand, inBand.statusCode ?? 500, name)
  if (name.builtIn) return ourFault(error)
  return {
    failure: new AgentFailure(
      'model_refused',
      `${name.id} answered in a way Netra does not understand: ${brief(messageOf(error))}. Try again; if it goes on, check that the address ${name.address} speaks this API.`,
      { retry: 'same', cause: error },
    ),
    ...UNWELL,
  }
}

/** An open circuit: the last calls failed, so this one was not made. */
export function circuitOpen(name: ModelName, status: CircuitStatus, now: number): AgentFailure {
  const wait = Math.max(1, Math.ceil((Date.parse(status.next_attempt_time ?? '') - now) / 1000))
  return new AgentFailure(
    'model_refused',
    `${name.id} failed several times in a row, so Netra is not calling it for the moment. Try again in ${wait || 1} s, or choose another model.`,
    { retry: 'after', breaker: status.state },
  )
}

/** One question that the built-in model fails on says nothing of the next. */
const ourFault = (error: unknown): ModelFault => ({
  failure: new AgentFailure(
    'internal',
    'The built-in model failed on this question; that is a fault of Netra. Ask in other words, or choose another model.',
    { retry: 'no', cause: error },
  ),
  ...OURS,
})

function stalled(error: ModelStalled, name: ModelName): ModelFault {
  const seconds = Math.max(1, Math.round(error.silentMs / 1000))
  const what =
    error.phase === 'first_byte'
      ? `did not begin to answer within ${seconds} s`
      : `stopped in the middle of its answer and sent nothing for ${seconds} s`
  return {
    failure: new AgentFailure(
      'model_stalled',
      `${name.id} ${what}. Try again, or choose another model.`,
      { retry: 'same', cause: error },
    ),
    // Once more, where nothing was told yet; see callModel.
    ...UNWELL,
  }
}

const cut = (error: unknown, name: ModelName): ModelFault => ({
  failure: new AgentFailure(
    'model_cut',
    `The connection to ${name.id} broke in the middle of its answer. Try again; if it goes on, check the network between Netra and ${name.address}.`,
    { retry: 'same', cause: error },
  ),
  ...UNWELL,
})

function noAnswer(error: NoAnswer, name: ModelName): ModelFault {
  const words = {
    'content-filter': `${name.id} refused to answer: its content filter stopped the request. Rephrase the message, or choose another model.`,
    length: `${name.id} reached its output limit before it answered. Ask for less at once, or choose another model.`,
    empty: `${name.id} ended without an answer. Try again, or choose another model.`,
  }
  const retry = error.why === 'empty' ? 'same' : 'no'
  return {
    failure: new AgentFailure('model_refused', words[error.why], { retry, cause: error }),
    retryable: error.why === 'empty',
    counts: false,
  }
}

function refusedByStatus(error: APICallError, status: number, name: ModelName): ModelFault {
  const said = brief(messageOf(error))
  const fail = (
    code: AgentFailure['code'],
    message: string,
    retry: AgentFailure['retry'],
    shape: Shape,
  ): ModelFault => ({
    failure: new AgentFailure(code, message, { retry, cause: error }),
    ...shape,
  })
  if (status === 401 || status === 403 || isKeyProblem(said))
    return fail(
      'model_auth',
      `${name.provider} refused the API key (${status}). Check ${name.setAt}: the key may be wrong, expired, or not allowed to use ${name.id}.`,
      'no',
      OURS,
    )
  if (isQuotaProblem(error, status))
    return fail(
      'model_rate_limited',
      `${name.provider} says that the account behind ${name.id} has no quota or credit left. Check the plan and billing at ${name.provider}, or choose another model.`,
      'no',
      OURS,
    )
  if (status === 429) {
    const waitMs = retryAfterMs(error.responseHeaders)
    const when =
      waitMs === undefined ? 'in a minute' : `in ${Math.max(1, Math.ceil(waitMs / 1000))} s`
    const shape = { retryable: true, counts: false, ...(waitMs === undefined ? {} : { waitMs }) }
    return fail(
      'model_rate_limited',
      `${name.id} takes no more requests at the moment (429). Try again ${when}, or choose another model.`,
      'after',
      shape,
    )
  }
  if (isContextProblem(said, status))
    return fail(
      'model_refused',
      `This conversation is too long for ${name.id}. Start a new thread, attach less, or choose a model with a larger context.`,
      'no',
      OURS,
    )
  if (status === 404 || isMissingModel(said))
    return fail(
      'model_refused',
      `${name.address} does not know the model of ${name.id}. Check its name, and the address in ${name.setAt}; Test in Settings → Models lists the models it has.`,
      'no',
      OURS,
    )
  if (status >= 500 || status === 408 || status === 409) {
    const waitMs = retryAfterMs(error.responseHeaders)
    const shape = { ...UNWELL, ...(waitMs === undefined ? {} : { waitMs }) }
    const message = `${name.provider} has a problem of its own (${status}: ${said}). Try again in a moment, or choose another model.`
    return fail('model_refused', message, 'after', shape)
  }
  return fail('model_refused', `${name.id} refused the request (${status}): ${said}`, 'no', OURS)
}

const CONNECTING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

function unreachable(code: string, error: unknown, name: ModelName): ModelFault {
  if (!CONNECTING.has(code) && !code.startsWith('ERR_TLS') && !code.includes('CERT'))
    return cut(error, name)
  const words =
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? `The name in ${name.address} was not found (${code}). Check the address in ${name.setAt} and this machine's DNS.`
      : code === 'ECONNREFUSED'
        ? `Nothing answers at ${name.address}. Check that the model server runs, and the address in ${name.setAt}.`
        : `${name.address} cannot be reached (${code}). Check the network, and the address in ${name.setAt}.`
  return {
    failure: new AgentFailure('model_refused', `${name.id}: ${words}`, {
      retry: 'after',
      cause: error,
    }),
    ...UNWELL,
    retryable: code !== 'ENOTFOUND',
  }
}

/** How the provider of OpenAI-compatible servers reports a stream that closed before its ending. */
const isMissingEnd = (error: unknown): boolean =>
  InvalidResponseDataError.isInstance(error) && error.data === undefined

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at)
  return chain
}

function networkCode(error: unknown): string | undefined {
  for (const cause of causes(error)) {
    if (cause instanceof AggregateError) {
      const inner = networkCode(cause.errors[0])
      if (inner) return inner
    }
    if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
      return cause.code
    if (cause instanceof TypeError && cause.message === 'terminated') return 'UND_ERR_SOCKET'
  }
  return undefined
}

/** Some APIs report a failure inside a stream that began with 200. */
function inBandStatus(error: unknown): APICallError | undefined {
  if (APICallError.isInstance(error)) return error
  const body = error instanceof Error ? undefined : error
  if (typeof body !== 'object' || body === null) return undefined
  const text = JSON.stringify(body)
  const message = 'message' in body && typeof body.message === 'string' ? body.message : text
  const status = /rate.?limit/i.test(text)
    ? 429
    : /overloaded|server_error|unavailable/i.test(text)
      ? 503
      : 400
  return new APICallError({
    message,
    url: '',
    requestBodyValues: {},
    statusCode: status,
    responseBody: text,
  })
}

/** Milliseconds from `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function retryAfterMs(
  headers: Record<string, string> | undefined,
  now: number = Date.now(),
): number | undefined {
  const precise = Number(headers?.['retry-after-ms'] ?? Number.NaN)
  if (precise >= 0) return precise
  const text = headers?.['retry-after']
  if (!text) return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const isKeyProblem = (said: string): boolean =>
  /api key not valid|invalid api key|incorrect api key/i.test(said)

const isQuotaProblem = (error: APICallError, status: number): boolean =>
  status === 402 || /insufficient_quota|credit balance|billing/i.test(error.responseBody ?? '')

const isContextProblem = (said: string, status: number): boolean =>
  status === 413 ||
  /context.{0,20}(length|window|size)|maximum context|too many tokens|prompt is too long|exceeds the maximum number of tokens/i.test(
    said,
  )

const isMissingModel = (said: string): boolean =>
  /model.{0,80}(not found|does not exist|is not supported|not available)|try pulling it/i.test(said)

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : JSON.stringify(error)

/** Short enough for a sentence, and without anything that looks like a key. */
const brief = (text: string): string =>
  text
    .replaceAll(/\b(sk|pk|key|AIza)[-_A-Za-z0-9*.]{6,}/g, '[key]')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300)
    .replace(/\.$/, '')
