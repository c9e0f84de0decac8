import { STATUS_CODES, type Server } from 'node:http'
import type { Socket } from 'node:net'

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

import { StoreUnavailable } from '../../command/command.ts'
import { AuthUnavailable } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import { fromOutside } from '../../platform/log-redact.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { LimitNotes } from '../limit-notes.ts'
import { errorBody } from './error-body.ts'
import { HttpError } from './http-error.ts'
import { traceIdOf } from './request-ids.ts'

/** Whose request it turned out to be, for the log. */
export const callers = new WeakMap<FastifyRequest, UserId>()

const BUSY_RETRY_MS = 2_000

export interface ErrorParts {
  logger: Logger
  /** Counts a request that was refused because there were too many. */
  limited: (limit: string) => void
  clock: Clock
  allMetrics?: Metrics | undefined
}

/** The one place that turns what a route threw into an answer (classic-api.md "Errors"). */
export class ErrorSender {
  readonly #parts: ErrorParts
  readonly #notes: LimitNotes
  readonly #counted: ReturnType<Metrics['counter']> | undefined

  constructor(parts: ErrorParts) {
    this.#parts = parts
    this.#notes = new LimitNotes(parts.logger, parts.clock)
    this.#counted = parts.allMetrics?.counter(
      'netra_http_failures_total',
      'Requests that ended in a status of 500 or more; each is in the log under its trace id.',
      ['status'],
    )
  }

  send(error: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply): void {
    const known = error instanceof HttpError ? error : fromFastify(error)
    const traceId = traceIdOf(request)
    const { status, code, message, details } = known
    const body = errorBody(code, message, { details, requestId: request.id, traceId })
    this.#note(known, error, request, traceId)
    if (known.allow !== undefined) void reply.header('allow', known.allow)
    if (status === 401) void reply.header('www-authenticate', challengeOf(request))
    const isLater = status === 429 || status === 503
    const waitMs = known.retryAfterMs ?? (isLater ? BUSY_RETRY_MS : undefined)
    if (waitMs !== undefined) void reply.header('retry-after', secondsOf(waitMs))
    if (status === 413 && isSoonRead(request)) void reply.removeHeader('connection')
    void reply.status(status).type('application/json; charset=utf-8').send(body)
  }

  #note(known: HttpError, error: Error, request: FastifyRequest, traceId: string): void {
    const { status, code } = known
    const line = {
      trace_id: traceId,
      request_id: request.id,
      method: request.method,
      url: fromOutside(request.url.split('?')[0]),
      status,
      code,
      ip: request.ip,
      origin: fromOutside(request.headers.origin),
      user_id: callers.get(request),
    }
    if (status >= 500) {
      this.#counted?.add({ status: String(status) })
      if (known.isToldElsewhere) this.#parts.logger.info(line, 'not available at the moment')
      else this.#parts.logger.error({ err: error, ...line }, 'request failed')
    } else if (status === 429) {
      const { ip, origin, user_id } = line
      const limit = known.limit ?? 'requests'
      this.#parts.limited(limit)
      this.#notes.note(limit, { ip, origin, user_id, code: status })
    } else if (status === 401) this.#parts.logger.info(line, 'not authenticated')
    else if (status === 403) this.#parts.logger.info(line, 'not allowed')
  }
}

const MOST_READ_ANYWAY_BYTES = 16 * 1024 * 1024

/**
 * A connection that is closed while its body still comes is reset, and the answer is lost on the way:
 * a proxy says 502 in its place. What is bounded and not too much is read and thrown away instead.
 */
const isSoonRead = ({ headers }: FastifyRequest): boolean =>
  Number(headers['content-length'] ?? Infinity) <= MOST_READ_ANYWAY_BYTES

/** Whole seconds, rounded up, so that who comes back then is not too early. */
export const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** RFC 6750, 3: which proof would do, and that the one shown did not. */
const challengeOf = ({ headers }: FastifyRequest): string =>
  headers.authorization === undefined
    ? 'Bearer realm="netra"'
    : 'Bearer realm="netra", error="invalid_token"'

/** What is no HTTP at all never becomes a request; it is answered on the bare socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') return
  const status = BAD_HTTP[error.code ?? ''] ?? 400
  endWith(
    socket,
    status,
    status === 408
      ? errorBody('REQUEST_TIMEOUT', 'The request did not arrive in time.')
      : errorBody('VALIDATION_ERROR', 'This is no request that can be read.'),
  )
}

/** Node.js would answer an unknown `Expect` before any limit or deadline knows of the request, and go on. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', ({ socket }) => {
    const message = 'The header Expect may say 100-continue and nothing else.'
    endWith(socket, 417, errorBody('VALIDATION_ERROR', message))
  })
}

function endWith(socket: Socket, status: number, error: ReturnType<typeof errorBody>): void {
  if (socket.destroyed) return
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify(error)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

const BAD_HTTP: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

const SQLITE_FULL = 13

/** From the file system, or from a SQLite store. */
const isDiskFull = (error: object): boolean =>
  ('code' in error && error.code === 'ENOSPC') ||
  ('errcode' in error && error.errcode === SQLITE_FULL) ||
  ('cause' in error && error.cause instanceof Error && isDiskFull(error.cause))

/** The framework's own refusals in our words; anything unforeseen is internal, its text stays here. */
function fromFastify(error: FastifyError): HttpError {
  if (error instanceof AuthUnavailable) return fromAuthUnavailable(error)
  if (error instanceof StoreUnavailable) {
    return new HttpError(
      503,
      'SERVICE_UNAVAILABLE',
      'Netra cannot reach its store right now. /health says why; try again in a moment.',
      { retryAfterMs: 2_000 },
    )
  }
  if (isDiskFull(error)) {
    return new HttpError(
      503,
      'SERVICE_UNAVAILABLE',
      "The server's disk is full, so nothing was stored. Free some space, then try again.",
      { retryAfterMs: 10_000 },
    )
  }
  const status = error.statusCode ?? 500
  if (status === 413) return new HttpError(413, 'VALIDATION_ERROR', 'The request is too large.')
  if (status === 415)
    return new HttpError(415, 'VALIDATION_ERROR', 'Send JSON (content-type: application/json).')
  if (status >= 400 && status < 500)
    return new HttpError(status === 400 ? 422 : status, 'VALIDATION_ERROR', plainMessage(error))
  return new HttpError(
    500,
    'INTERNAL_ERROR',
    'Something went wrong inside Netra. The server log has the details under this trace id.',
  )
}

/** The framework quotes what was sent; that is nobody's to repeat. */
function plainMessage({ code, message }: FastifyError): string {
  if (code === 'FST_ERR_BAD_URL') return 'The address cannot be read.'
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'The body is empty; send JSON.'
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY') return 'The body is not JSON.'
  return code === undefined ? 'The request cannot be read.' : message
}

export const fromAuthUnavailable = (error: AuthUnavailable): HttpError =>
  new HttpError(503, 'SERVICE_UNAVAILABLE', error.message, {
    retryAfterMs: error.retryAfterMs,
    isToldElsewhere: true,
  })
