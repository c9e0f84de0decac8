import type { IncomingMessage } from 'node:http'

import { AuthUnavailable, FORWARDED, type ForwardedRequest } from '../identity/identity.ts'
import {
  CircuitOpen,
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitCall,
  type CircuitStatus,
} from '../platform/circuit-breaker.ts'
import { BREAKER_OPENS, RECOVERY } from '../platform/recovery/recovery-table.ts'
import { waitBeforeRetry } from '../platform/retry.ts'
import { currentTrace, newTraceId } from '../platform/tracing.ts'
import { createCaller, NobodyListens, type Caller } from './http-call.ts'
import { AskRefused, JsonCalls, traceHeaders } from './json-calls.ts'
import type { LinkOptions, Question } from './questions.ts'
import { ServiceToken } from './service-token.ts'

/** A question with all its tries ends within this. */
const QUESTION_MS = 8_000
const TRY_MS = 5_000
const FORWARD_MS = 10_000

/** Calls of the auth service: signed in, traced, tried again with patience, and not at all when in vain. */
export class ServiceLink implements Disposable {
  readonly #options: LinkOptions
  readonly #breaker: CircuitBreaker
  readonly #caller: Caller
  readonly #following: Caller
  readonly #json: JsonCalls
  readonly #token: ServiceToken

  constructor(options: LinkOptions) {
    const { clock } = options
    this.#options = options
    this.#breaker = options.breaker ?? createCircuitBreaker({ clock, ...BREAKER_OPENS.auth })
    this.#caller = createCaller(clock)
    this.#following = createCaller(clock, { isFollowing: true })
    this.#json = new JsonCalls(this.#caller, options.url, clock)
    this.#token = new ServiceToken(clock, () => this.#json.token(options, TRY_MS))
  }

  get circuit(): CircuitStatus {
    return this.#breaker.status()
  }

  /** When asking is worth while again. */
  get retryAfterMs(): number {
    const next = this.circuit.next_attempt_time
    return Math.max(1_000, next === null ? 0 : Date.parse(next) - this.#options.clock.now())
  }

  /** @throws AuthUnavailable within 8 s; AskRefused when it said no (4xx). */
  async ask<Answer>(question: Question<Answer>): Promise<Answer> {
    const { clock } = this.#options
    const deadline = Promise.withResolvers<never>()
    const until = clock.monotonic() + QUESTION_MS
    const cancel = clock.after(QUESTION_MS, () => deadline.reject(this.#unavailable()))
    try {
      return await Promise.race([this.#askUntil(question, until), deadline.promise])
    } finally {
      cancel()
    }
  }

  /**
   * Passes a person's request on, once: what became of it when no answer came is not known here.
   *
   * @throws AuthUnavailable
   */
  async forward(request: ForwardedRequest): Promise<IncomingMessage> {
    const url = new URL(`${this.#options.url}${request.path}`)
    const call = this.#enter()
    try {
      const response = await this.#caller.call({
        method: request.method,
        url,
        headers: {
          ...request.headers,
          ...(request.body && { 'content-length': `${request.body.length}` }),
          [FORWARDED.service]: await this.#token.get(),
          [FORWARDED.address]: request.address,
          [FORWARDED.isLocal]: request.isLocal ? '1' : '0',
          ...traceHeaders(request.traceId),
        },
        body: request.body,
        timeoutMs: FORWARD_MS,
      })
      await call.succeeded()
      this.#tried('answered')
      this.#note(request, response.statusCode)
      response.setTimeout(FORWARD_MS, () => response.destroy(new Error('the answer stalls')))
      return response
    } catch (error) {
      await this.#failed(call, error)
      this.#note(request, undefined, error)
      throw this.#unavailable()
    }
  }

  /**
   * Opens the feed, beside the breaker: it is what finds out that the service is back.
   *
   * @throws NobodyListens, or why it cannot be followed.
   */
  async follow(position: string | undefined): Promise<IncomingMessage> {
    const query = position === undefined ? '' : `?position=${encodeURIComponent(position)}`
    try {
      const response = await this.#following.call({
        method: 'GET',
        url: new URL(`${this.#options.url}/auth/feed${query}`),
        headers: {
          authorization: `Bearer ${await this.#token.get()}`,
          ...traceHeaders(newTraceId()),
        },
        timeoutMs: TRY_MS,
      })
      this.#options.onTry('answered')
      if (response.statusCode === 200) return response
      response.destroy()
      if (response.statusCode === 401) this.#token.forget()
      throw new Error(`the feed of the auth service answered ${response.statusCode}`)
    } catch (error) {
      this.#options.onTry(error instanceof NobodyListens ? 'refused' : 'failed', whyOf(error))
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#caller.close()
    this.#following.close()
  }

  async #askUntil<Answer>(question: Question<Answer>, until: number): Promise<Answer> {
    const { clock, random } = this.#options
    for (let failed = 0; ; failed += 1) {
      const call = this.#enter()
      // What is asked on behalf of a request is of its trace.
      const traceId = currentTrace()?.traceId ?? newTraceId()
      const asked = { method: question.method ?? 'POST', path: question.path, traceId }
      try {
        const left = Math.max(1, Math.min(TRY_MS, until - clock.monotonic()))
        const answer = await this.#try(question, traceId, left)
        await call.succeeded()
        this.#tried('answered')
        this.#note(asked, 200)
        return answer
      } catch (error) {
        if (error instanceof AskRefused && error.status !== 401 && error.status < 429) {
          await call.succeeded()
          this.#tried('answered')
          this.#note(asked, error.status)
          throw error
        }
        await this.#failed(call, error)
        this.#note(asked, undefined, error)
        if (error instanceof AskRefused && error.status === 401) this.#token.forget()
        const mayRepeat = question.repeatable || error instanceof NobodyListens
        const leftMs = until - clock.monotonic()
        const waitMs = waitBeforeRetry(RECOVERY.auth_away.retry, failed + 1, { random, leftMs })
        if (!mayRepeat || waitMs === null) throw this.#unavailable()
        await new Promise<void>((resolve) => clock.after(waitMs, resolve))
      }
    }
  }

  async #try<Answer>(question: Question<Answer>, traceId: string, ms: number): Promise<Answer> {
    const token = await this.#token.get()
    const headers = {
      authorization: `Bearer ${token}`,
      ...(question.forLocal !== undefined && {
        [FORWARDED.service]: token,
        [FORWARDED.address]: '127.0.0.1',
        [FORWARDED.isLocal]: question.forLocal ? '1' : '0',
      }),
      ...traceHeaders(traceId),
    }
    return this.#json.fetch({ ...question, headers, ms })
  }

  #enter(): CircuitCall {
    try {
      return this.#breaker.enter()
    } catch (error) {
      if (!(error instanceof CircuitOpen)) throw error
      this.#options.metrics.asked('circuit_open')
      throw this.#unavailable()
    }
  }

  async #failed(call: CircuitCall, error: unknown): Promise<void> {
    const wasOpen = this.circuit.state === 'OPEN'
    await call.failed(error)
    if (!wasOpen && this.circuit.state === 'OPEN') this.#options.metrics.opened()
    this.#tried(error instanceof NobodyListens ? 'refused' : 'failed', error)
  }

  #tried(end: 'answered' | 'refused' | 'failed', error?: unknown): void {
    this.#options.metrics.asked(end)
    this.#options.onTry(end, whyOf(error))
  }

  #note(
    { method, path, traceId }: { method: string; path: string; traceId: string },
    status: number | undefined,
    error?: unknown,
  ): void {
    const { logger } = this.#options
    const record = { trace_id: traceId, method, path: path.split('?')[0], status }
    if (error === undefined) logger.info(record, 'asked the auth service')
    // That it is away is told by the outage's own lines; this is for who follows one trace.
    else logger.info({ ...record, why: whyOf(error) }, 'the auth service could not be asked')
  }

  #unavailable(): AuthUnavailable {
    return new AuthUnavailable(this.retryAfterMs)
  }
}

const whyOf = (error: unknown): string | undefined =>
  error instanceof Error ? error.message : undefined
