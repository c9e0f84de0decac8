import multipart from '@fastify/multipart'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'

import type { Identity } from '../../auth/auth.ts'
import { StoreUnavailable } from '../../command/command.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { hostProblem, originProblem } from '../addresses.ts'
import type { GatewayParts } from '../parts.ts'
import { addAdminRoutes } from './admin.ts'
import { addAgentRoutes } from './agents.ts'
import { addAuthRoutes } from './auth.ts'
import { addCommandRoutes } from './commands.ts'
import { addConfigRoutes } from './config.ts'
import { addDeliveryRoutes } from './delivery.ts'
import { errorBody } from './error-body.ts'
import { addEventRoutes } from './events.ts'
import { addFileRoutes } from './files.ts'
import { addHealthRoutes } from './health.ts'
import { HttpError } from './http-error.ts'
import type { Http } from './http.ts'
import { addMessageRoutes } from './messages.ts'
import { addMetricsRoute } from './metrics.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { addThreadRoutes } from './threads.ts'
import { addWebApp } from './web.ts'

const MAX_BODY_BYTES = 1024 * 1024
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The HTTP side of the edge; every route is a thin adapter over commands, queries and policies. */
export async function createHttp(parts: GatewayParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: parts.trustedProxies.length > 0 ? parts.trustedProxies : false,
    genReqId: () => uuidv7(),
    logger: false,
    forceCloseConnections: 'idle',
    // A body of 200 MB over a slow line takes minutes; one that never ends must not hold a descriptor.
    requestTimeout: 15 * 60_000,
  })
  await app.register(multipart, {
    // The parser cuts at its limit without a word; one byte more lets the file store see and refuse it.
    limits: { files: 1, fileSize: parts.maxUploadBytes + 1, fields: 10 },
  })

  app.addHook('onRequest', async (request) => {
    checkAddresses(parts, request)
  })
  addSecurityHeaders(app, parts)
  app.addHook('onSend', async (request, reply) => {
    const cookies = freshCookies.get(request)
    if (cookies && !reply.hasHeader('set-cookie')) void reply.header('set-cookie', cookies)
  })
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendError(parts, error, request, reply),
  )

  const http: Http = {
    app,
    parts,
    user: (request) => identityOf(parts, request),
    ownPage: (request) => identityOf(parts, request, 'own_page'),
    async admin(request) {
      const identity = await identityOf(parts, request)
      if (identity.role !== 'admin') {
        throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'Only an administrator may do this.')
      }
      return identity
    },
  }
  addHealthRoutes(http)
  addMetricsRoute(http)
  addConfigRoutes(http)
  addAuthRoutes(http)
  addThreadRoutes(http)
  addMessageRoutes(http)
  addEventRoutes(http)
  addDeliveryRoutes(http)
  addCommandRoutes(http)
  addAgentRoutes(http)
  addFileRoutes(http)
  addAdminRoutes(http)
  await addWebApp(http)
  return app
}

/** A login session in use is extended now and then: the browser must get the longer cookie. */
const freshCookies = new WeakMap<FastifyRequest, string[]>()

function checkAddresses(parts: GatewayParts, request: FastifyRequest): void {
  const { addresses } = parts
  const path = request.url.split('?')[0] ?? ''
  const host = hostProblem(addresses(), request.headers.host, path)
  if (host) throw new HttpError(403, 'AUTH_UNAUTHORIZED', host)
  const origin = originProblem(addresses(), request.headers.origin)
  if (origin) throw new HttpError(403, 'AUTH_UNAUTHORIZED', origin)
}

/**
 * A session cookie counts for a change only when the request proves that one of our own pages made
 * it (an allowed Origin, or Sec-Fetch-Site of the browser itself); a bearer token needs no such proof.
 */
async function identityOf(
  parts: GatewayParts,
  request: FastifyRequest,
  proof: 'by_method' | 'own_page' = 'by_method',
): Promise<Identity> {
  const { authorization, cookie: cookies, origin } = request.headers
  const ownPage = origin !== undefined || request.headers['sec-fetch-site'] === 'same-origin'
  const cookieCounts =
    proof === 'by_method' && READS.has(request.method)
      ? request.headers['sec-fetch-site'] !== 'cross-site'
      : ownPage
  const answer = await parts.auth.authenticate({
    ...(authorization !== undefined && { authorization }),
    ...(authorization === undefined &&
      cookieCounts &&
      cookies !== undefined && { cookie: cookies }),
  })
  if (answer.ok) {
    if (answer.setCookies.length > 0) freshCookies.set(request, answer.setCookies)
    return answer.identity
  }
  if (answer.why === 'missing') {
    throw new HttpError(
      403,
      'AUTH_UNAUTHORIZED',
      'Sign in first: this needs a session cookie or a bearer token.',
    )
  }
  const words = {
    invalid: 'The credential is not valid. Sign in again.',
    expired: 'The credential has expired. Sign in again or refresh the token.',
    revoked: 'This login session has ended. Sign in again.',
    disabled: 'This account is disabled. Ask an administrator.',
  }
  throw new HttpError(401, 'AUTH_FAILED', words[answer.why])
}

function sendError(
  parts: GatewayParts,
  error: FastifyError | HttpError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const known = error instanceof HttpError ? error : fromFastify(error)
  const body = errorBody(known.code, known.message, {
    details: known.details,
    requestId: request.id,
  })
  if (known.status >= 500) {
    parts.logger.error(
      {
        err: error,
        trace_id: body.trace_id,
        request_id: request.id,
        url: request.url.split('?')[0],
      },
      'request failed',
    )
  }
  if (known.retryAfterMs !== undefined)
    void reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000))
  void reply.status(known.status).send(body)
}

const SQLITE_FULL = 13

/** From the file system, or from a SQLite store. */
const isDiskFull = (error: object): boolean =>
  ('code' in error && error.code === 'ENOSPC') ||
  ('errcode' in error && error.errcode === SQLITE_FULL) ||
  ('cause' in error && error.cause instanceof Error && isDiskFull(error.cause))

/** The framework's own refusals in our words; anything unforeseen is internal, its text stays here. */
function fromFastify(error: FastifyError): HttpError {
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
    return new HttpError(status === 400 ? 422 : status, 'VALIDATION_ERROR', error.message)
  return new HttpError(
    500,
    'INTERNAL_ERROR',
    'Something went wrong inside Netra. The server log has the details under this trace id.',
  )
}
