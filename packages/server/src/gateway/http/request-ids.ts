import type { IncomingMessage } from 'node:http'

import type { FastifyInstance, FastifyRequest } from 'fastify'

import { systemClock, type Clock } from '../../platform/clock.ts'
import { uuidv7 } from '../../platform/ids.ts'
import {
  inTrace,
  newSpanId,
  newTraceId,
  readTraceparent,
  type SpanWatch,
  type Trace,
} from '../../platform/tracing.ts'

/** Short, printable and without a meaning anywhere: it goes into logs and headers as it is. */
const SANE_ID = /^[\w.:-]{1,128}$/

interface Asked {
  trace: Trace
  /** The client's own span. */
  parentId: string | null
  startedAt: number
  from: number
}

const asked = new WeakMap<FastifyRequest, Asked>()

/** The id that the client gave its request, if it is sane, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && SANE_ID.test(given) ? given : uuidv7()
}

/** The trace that the client says the request belongs to, else one of its own: 32 hex digits. */
export const traceIdOf = (request: FastifyRequest): string => traceOf(request).trace.traceId

function traceOf(
  request: FastifyRequest,
  parts: { clock?: Clock | undefined; spans?: SpanWatch | undefined } = {},
): Asked {
  const known = asked.get(request)
  if (known) return known
  const { clock = systemClock, spans } = parts
  const given = readTraceparent(request.headers['traceparent'])
  const made: Asked = {
    trace: {
      traceId: given?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      requestId: request.id,
      watch: spans,
    },
    parentId: given?.spanId ?? null,
    startedAt: clock.now(),
    from: clock.monotonic(),
  }
  asked.set(request, made)
  return made
}

/** Every answer says which request it is of, and all that is done for a request is of its trace. */
export function addRequestIds(
  app: FastifyInstance,
  parts: { clock?: Clock | undefined; spans?: SpanWatch | undefined } = {},
): void {
  const { clock = systemClock, spans } = parts
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    inTrace(traceOf(request, parts).trace, done)
  })
  // The body comes by events of its socket, which belong to no request.
  app.addHook('preValidation', (request, _reply, done) => inTrace(traceOf(request).trace, done))
  if (!spans) return
  app.addHook('onResponse', async (request, reply) => {
    const { trace, parentId, startedAt, from } = traceOf(request, parts)
    const { method } = request
    const route = request.routeOptions.url ?? 'none'
    const { statusCode } = reply
    spans.ended({
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentId,
      name: `${method} ${route}`,
      kind: 'request',
      startedAt,
      durationMs: Math.max(0, clock.monotonic() - from),
      heldMs: 0,
      status: statusCode >= 500 ? 'error' : 'ok',
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': statusCode,
        ...(statusCode >= 500 && { 'error.type': String(statusCode) }),
      },
    })
  })
}
