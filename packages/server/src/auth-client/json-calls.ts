import { z } from 'zod'

import { TRACE_HEADER } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { currentTrace, newSpanId, newTraceId, traceparentOf } from '../platform/tracing.ts'
import { textOf, type Caller } from './http-call.ts'

/** It answered, and said no. */
export class AskRefused extends Error {
  override readonly name = 'AskRefused'
  readonly status: number

  constructor(status: number) {
    super(`the auth service answered ${status}`)
    this.status = status
  }

  /** Any other no (a right that we lack, a proxy's 404) says nothing about who was asked for. */
  get isAboutTheQuestion(): boolean {
    return [400, 413, 422].includes(this.status)
  }
}

interface JsonCall<Answer> {
  method?: string
  path: string
  body?: unknown
  schema: z.ZodType<Answer>
  headers: Record<string, string>
  /** For the head of the answer, and as much for its body. */
  ms: number
}

/** One question and one answer in JSON, without patience. */
export class JsonCalls {
  readonly #caller: Caller
  readonly #url: string
  readonly #clock: Clock

  constructor(caller: Caller, url: string, clock: Clock) {
    this.#caller = caller
    this.#url = url
    this.#clock = clock
  }

  /** @throws AskRefused for a status of 400 and more; else why there is no such answer. */
  async fetch<Answer>(question: JsonCall<Answer>): Promise<Answer> {
    const { method = 'POST', path, schema, ms } = question
    const body =
      question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body))
    const response = await this.#caller.call({
      method,
      url: new URL(`${this.#url}${path}`),
      headers: {
        ...question.headers,
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json', 'content-length': `${body.length}` }),
      },
      body,
      timeoutMs: ms,
    })
    const text = await textOf(response, this.#clock, ms)
    const status = response.statusCode ?? 0
    if (status >= 400) throw new AskRefused(status)
    return schema.parse(status === 204 ? null : JSON.parse(text))
  }

  /** This service's own token for its secret. */
  async token(
    service: { serviceId: string; serviceSecret: string; logger: Logger },
    ms: number,
  ): Promise<{ access_token: string; expires_in: number }> {
    const { serviceId, serviceSecret, logger } = service
    try {
      return await this.fetch({
        path: '/auth/service-token',
        body: { service_id: serviceId, service_secret: serviceSecret },
        schema: z.object({ access_token: z.string(), expires_in: z.number() }),
        headers: traceHeaders(newTraceId()),
        ms,
      })
    } catch (error) {
      if (error instanceof AskRefused && error.status === 401) {
        logger.error(
          { service: serviceId },
          'the auth service does not accept NETRA_SERVICE_SECRET: set the same one there, or take one of netra service rotate',
        )
      }
      throw error
    }
  }
}

export function traceHeaders(traceId: string): Record<string, string> {
  const trace = currentTrace()
  const spanId = trace?.traceId === traceId ? trace.spanId : newSpanId()
  return { [TRACE_HEADER]: traceId, traceparent: traceparentOf({ traceId, spanId }) }
}
