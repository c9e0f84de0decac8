import { EventType, type AGUIEvent, type RunAgentInput } from '@ag-ui/core'

import {
  CircuitOpen,
  type CircuitBreaker,
  type CircuitCall,
} from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import { AddressRefused, AnswerTooLarge, type GuardedFetch } from '../../platform/guarded-fetch.ts'
import { retryAfterMs } from '../../platform/retry.ts'
import { deadline, orAborted } from '../abort.ts'
import { AgentFailure } from '../step.ts'
import { notUnderstood, readEvent } from './read-event.ts'
import type { RemoteAgent } from './remote-agent.ts'
import { dataOf, EventTooLong } from './server-sent.ts'

export interface AskOptions {
  agent: RemoteAgent
  input: RunAgentInput
  fetch: GuardedFetch
  breaker: CircuitBreaker
  clock: Clock
  /** Silence after which it is given up. */
  silenceMs: number
  signal: AbortSignal
}

class Silent extends Error {
  override readonly name = 'Silent'
}

/**
 * One request to an agent elsewhere: its events, until the one that ends its run.
 *
 * @throws AgentFailure that says what to do, also when the stream ends without that event; the
 *   signal's reason when it is aborted. The request ends with whoever stops reading.
 */
export async function* askRemote(options: AskOptions): AsyncGenerator<AGUIEvent> {
  const { agent, breaker, signal, clock } = options
  const circuit = enter(breaker, agent, clock)
  let ending: keyof CircuitCall = 'abandoned'
  let fault: unknown
  try {
    yield* eventsOf(options)
    ending = 'succeeded'
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const failure = failureOf(error, agent)
    fault = failure
    // What it refused, it refused to one person: it is well.
    ending = isUnwell(failure) ? 'failed' : 'abandoned'
    throw failure
  } finally {
    await circuit[ending](fault)
  }
}

async function* eventsOf(options: AskOptions): AsyncGenerator<AGUIEvent> {
  const { agent, input, signal, clock, silenceMs } = options
  const ended = new AbortController()
  const requested = AbortSignal.any([signal, ended.signal])
  const patiently = async <T>(work: Promise<T>): Promise<T> => {
    using silence = deadline(clock, silenceMs, () => new Silent(`${silenceMs}`))
    return await orAborted(work, AbortSignal.any([signal, silence.signal]))
  }
  try {
    const response = await patiently(
      options.fetch(agent.url, {
        method: 'POST',
        // A redirect would carry the conversation to an address that nobody entered.
        redirect: 'error',
        headers: {
          ...agent.headers,
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify(input),
        signal: requested,
      }),
    )
    if (response.status !== 200) throw await refusedByStatus(response, agent, clock)
    const type = response.headers.get('content-type') ?? 'nothing'
    if (!response.body || !type.startsWith('text/event-stream'))
      throw notUnderstood(agent.name, `an answer of the type ${type.slice(0, 60)}`)
    const events = dataOf(response.body)
    for (;;) {
      const next = await patiently(events.next())
      if (next.done) throw cut(agent)
      const event = readEvent(next.value, agent.name)
      if (!event) continue
      yield event
      if (event.type === EventType.RUN_FINISHED || event.type === EventType.RUN_ERROR) return
    }
  } finally {
    ended.abort(new Error('the request is over'))
  }
}

function enter(breaker: CircuitBreaker, { name }: RemoteAgent, clock: Clock): CircuitCall {
  try {
    return breaker.enter()
  } catch (error) {
    if (!(error instanceof CircuitOpen)) throw error
    const next = Date.parse(breaker.status().next_attempt_time ?? '')
    const wait = Math.max(1, Math.ceil((next - clock.now()) / 1000)) || 1
    throw new AgentFailure(
      'model_refused',
      `${name} failed several times in a row and is not called for the moment. Try again in ${wait} s, or choose another agent.`,
      { retry: 'after', breaker: breaker.status().state, kind: 'model_breaker_open' },
    )
  }
}

const UNWELL = new Set(['model_unreachable', 'model_unwell', 'model_stalled', 'model_cut'])

const isUnwell = ({ kind }: AgentFailure): boolean => kind !== undefined && UNWELL.has(kind)

/** In the middle of its answer: what was said is no answer. */
const cut = ({ name }: RemoteAgent, cause?: unknown): AgentFailure =>
  new AgentFailure(
    'model_cut',
    `${name} broke off before its answer was whole. What it said so far is above; try again.`,
    { retry: 'same', cause, kind: 'model_cut' },
  )

async function refusedByStatus(
  response: Response,
  { name }: RemoteAgent,
  clock: Clock,
): Promise<AgentFailure> {
  const { status, headers } = response
  const said = brief((await response.text().catch(() => '')).slice(0, 2_000))
  const words = said === '' ? '' : ` (${said})`
  if (status === 401 || status === 403)
    return new AgentFailure(
      'model_auth',
      `${name} refused Netra's credentials with ${status}. An administrator can change its headers on Settings → Agents.`,
      { retry: 'no', kind: 'model_key_refused' },
    )
  if (status === 429) {
    const waitMs = retryAfterMs(Object.fromEntries(headers), clock.now())
    const when = waitMs === undefined ? 'in a minute' : `in ${Math.ceil(waitMs / 1000)} s`
    return new AgentFailure(
      'model_rate_limited',
      `${name} takes no more requests at the moment (429). Try again ${when}.`,
      { retry: 'after', kind: 'model_rate_limited' },
    )
  }
  if (status >= 500)
    return new AgentFailure(
      'model_refused',
      `${name} has a problem of its own: ${status}${words}. Try again in a moment.`,
      { retry: 'after', kind: 'model_unwell' },
    )
  return new AgentFailure(
    'model_refused',
    `${name} refused the request with ${status}${words}. An administrator can check its address on Settings → Agents.`,
    { retry: 'no', kind: 'model_request_refused' },
  )
}

/** Where it runs is for administrators; who reads this may be anybody. */
function failureOf(error: unknown, agent: RemoteAgent): AgentFailure {
  if (error instanceof AgentFailure) return error
  const { name } = agent
  if (error instanceof Silent)
    return new AgentFailure(
      'model_stalled',
      `${name} said nothing for ${Math.round(Number(error.message) / 1000)} s and was given up. Try again.`,
      { retry: 'same', kind: 'model_stalled' },
    )
  if (error instanceof AddressRefused)
    return new AgentFailure(
      'model_refused',
      `${name} is at an address that Netra does not call: ${error.message} An administrator can change it on Settings → Agents.`,
      { retry: 'no', cause: error },
    )
  if (error instanceof AnswerTooLarge || error instanceof EventTooLong)
    return new AgentFailure(
      'budget',
      `${name} sent more than Netra takes of one answer and was stopped. Ask for less at once.`,
      { retry: 'no', cause: error },
    )
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code))
    return new AgentFailure(
      'model_refused',
      `${name} cannot be reached (${code}). Try again in a moment; if it goes on, an administrator can check its address on Settings → Agents.`,
      { retry: 'after', cause: error, kind: 'model_unreachable' },
    )
  return cut(agent, error)
}

const brief = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
