import { APICallError, InvalidResponseDataError } from '@ai-sdk/provider'

import type { CircuitStatus } from '../../platform/circuit-breaker.ts'
import type { FailureKind } from '../../platform/recovery/recovery-table.ts'
import { retryAfterMs } from '../../platform/retry.ts'
import { AgentFailure } from '../step.ts'
import { ModelStalled } from './watched-fetch.ts'

/** Which model failed and where its settings are, so that a message can say what to do. */
export interface ModelName {
  provider: string
  /** `<provider>/<model>` */
  id: string
  /** Where its key is set: a variable's name, or the page for administrators. */
  setAt: string
  /** Where its address is, when that is another place. */
  addressSetAt?: string | undefined
  address: string
  /** It runs in this process: no service can be unwell. */
  builtIn?: true
}

/** A failed model call in words for a person; `failure.kind` says what becomes of it. */
export interface ModelFault {
  failure: ModelFailure
  /** What the service asked for by Retry-After. */
  waitMs?: number
}

/** A failure of which the recovery table says what follows. */
export type ModelFailure = AgentFailure & { readonly kind: FailureKind }

const failed = (
  kind: FailureKind,
  code: AgentFailure['code'],
  message: string,
  options: Omit<ConstructorParameters<typeof AgentFailure>[2], 'kind'>,
): ModelFailure => Object.assign(new AgentFailure(code, message, options), { kind })

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

/**
 * Says in words for a person what went wrong in a model call, and what to do. Never names a key.
 *
 * @param now milliseconds since 1970, against which a date in Retry-After is read.
 */
export function explain(error: unknown, name: ModelName, now: number = Date.now()): ModelFault {
  if (error instanceof AgentFailure)
    return { failure: Object.assign(error, { kind: error.kind ?? 'run_unforeseen' }) }
  if (error instanceof ModelStalled) return stalled(error, name)
  if (error instanceof ModelCut || isMissingEnd(error)) return cut(error, name)
  if (error instanceof NoAnswer) return noAnswer(error, name)
  const stall = causes(error).find((cause) => cause instanceof ModelStalled)
  if (stall) return stalled(stall, name)
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400)
    return refusedByStatus(error, error.statusCode, { name, now })
  const code = networkCode(error)
  if (code !== undefined) return unreachable(code, error, name)
  const inBand = inBandStatus(error)
  if (inBand) return refusedByStatus(inBand, inBand.statusCode ?? 500, { name, now })
  if (name.builtIn) return ourFault(error)
  const message = `${name.id} answered in a way Netra does not understand: ${brief(messageOf(error))}. Try again; if it goes on, check that the address ${name.address} speaks this API.`
  return {
    failure: failed('model_not_understood', 'model_refused', message, {
      retry: 'same',
      cause: error,
    }),
  }
}

/** An open circuit: the last calls failed, so this one was not made. */
export function circuitOpen(name: ModelName, status: CircuitStatus, now: number): ModelFailure {
  const wait = Math.max(1, Math.ceil((Date.parse(status.next_attempt_time ?? '') - now) / 1000))
  return failed(
    'model_breaker_open',
    'model_refused',
    `${name.id} failed several times in a row, so Netra is not calling it for the moment. Try again in ${wait || 1} s, or choose another model.`,
    { retry: 'after', breaker: status.state },
  )
}

/** One question that the built-in model fails on says nothing of the next. */
const ourFault = (error: unknown): ModelFault => ({
  failure: failed(
    'builtin_fault',
    'internal',
    'The built-in model failed on this question; that is a fault of Netra. Ask in other words, or choose another model.',
    { retry: 'no', cause: error },
  ),
})

function stalled(error: ModelStalled, name: ModelName): ModelFault {
  const seconds = Math.max(1, Math.round(error.silentMs / 1000))
  const what =
    error.phase === 'first_byte'
      ? `did not begin to answer within ${seconds} s`
      : `stopped in the middle of its answer and sent nothing for ${seconds} s`
  const message = `${name.id} ${what}. Try again, or choose another model.`
  return {
    failure: failed('model_stalled', 'model_stalled', message, { retry: 'same', cause: error }),
  }
}

const cut = (error: unknown, name: ModelName): ModelFault => ({
  failure: failed(
    'model_cut',
    'model_cut',
    `The connection to ${name.id} broke in the middle of its answer. Try again; if it goes on, check the network between Netra and ${name.address}.`,
    { retry: 'same', cause: error },
  ),
})

const NO_ANSWER: Record<NoAnswer['why'], { kind: FailureKind; words: string }> = {
  'content-filter': {
    kind: 'model_filtered',
    words:
      'refused to answer: its content filter stopped the request. Rephrase the message, or choose another model.',
  },
  length: {
    kind: 'model_output_limit',
    words:
      'reached its output limit before it answered. Ask for less at once, or choose another model.',
  },
  empty: {
    kind: 'model_empty',
    words: 'ended without an answer. Try again, or choose another model.',
  },
}

function noAnswer(error: NoAnswer, name: ModelName): ModelFault {
  const { kind, words } = NO_ANSWER[error.why]
  const retry = error.why === 'empty' ? 'same' : 'no'
  return {
    failure: failed(kind, 'model_refused', `${name.id} ${words}`, { retry, cause: error }),
  }
}

function refusedByStatus(
  error: APICallError,
  status: number,
  { name, now }: { name: ModelName; now: number },
): ModelFault {
  const said = brief(messageOf(error))
  const waitMs = retryAfterMs(error.responseHeaders, now)
  const fail = (
    kind: FailureKind,
    code: AgentFailure['code'],
    message: string,
    retry: AgentFailure['retry'] = 'no',
  ): ModelFault => ({
    failure: failed(kind, code, message, { retry, cause: error }),
    ...(waitMs !== undefined && { waitMs }),
  })
  if (status === 401 || status === 403 || isKeyProblem(said))
    return fail(
      'model_key_refused',
      'model_auth',
      `${name.provider} refused the API key (${status}). Check ${name.setAt}: the key may be wrong, expired, or not allowed to use ${name.id}.`,
    )
  if (isQuotaProblem(error, status))
    return fail(
      'model_no_credit',
      'model_rate_limited',
      `${name.provider} says that the account behind ${name.id} has no quota or credit left. Check the plan and billing at ${name.provider}, or choose another model.`,
    )
  if (status === 429) {
    const when =
      waitMs === undefined ? 'in a minute' : `in ${Math.max(1, Math.ceil(waitMs / 1000))} s`
    return fail(
      'model_rate_limited',
      'model_rate_limited',
      `${name.id} takes no more requests at the moment (429). Try again ${when}, or choose another model.`,
      'after',
    )
  }
  if (isContextProblem(said, status))
    return fail(
      'model_context_full',
      'model_refused',
      `This conversation is too long for ${name.id}. Start a new thread, attach less, or choose a model with a larger context.`,
    )
  if (status === 404 || isMissingModel(said))
    return fail(
      'model_unknown',
      'model_refused',
      `${name.address} does not know the model of ${name.id}. Check its name, and the address in ${name.addressSetAt ?? name.setAt}; Test in Settings → Models lists the models it has.`,
    )
  if (status >= 500 || status === 408 || status === 409) {
    const message = `${name.provider} has a problem of its own (${status}: ${said}). Try again in a moment, or choose another model.`
    return fail('model_unwell', 'model_refused', message, 'after')
  }
  const message = `${name.id} refused the request (${status}): ${said}`
  return fail('model_request_refused', 'model_refused', message)
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
      ? `The name in ${name.address} was not found (${code}). Check the address in ${name.addressSetAt ?? name.setAt} and this machine's DNS.`
      : code === 'ECONNREFUSED'
        ? `Nothing answers at ${name.address}. Check that the model server runs, and the address in ${name.addressSetAt ?? name.setAt}.`
        : `${name.address} cannot be reached (${code}). Check the network, and the address in ${name.addressSetAt ?? name.setAt}.`
  const kind = code === 'ENOTFOUND' ? 'model_name_not_found' : 'model_unreachable'
  return {
    failure: failed(kind, 'model_refused', `${name.id}: ${words}`, {
      retry: 'after',
      cause: error,
    }),
  }
}

/**
 * Before the answer began the connection was gone, and may have been before the call: a server ends
 * those that nobody uses, and of many calls at once each may be given such a one. So it says nothing
 * of the model. A reset does not tell whether the connection had been used.
 */
export function mayHaveBeenClosedIdle(error: unknown): boolean {
  const cause = causes(error).findLast((each) => each instanceof Error && 'code' in each)
  const { code, socket } = (cause ?? {}) as { code?: unknown; socket?: { bytesRead?: number } }
  if (code === 'ECONNRESET' || code === 'EPIPE') return true
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0
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
