import multipart from '@fastify/multipart'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'

import { StoreUnavailable } from '../../command/command.ts'
import {
  AuthUnavailable,
  type Identities,
  type Identity,
  type Refusal,
  type Scope,
} from '../../identity/identity.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import { unreachable } from '../../platform/unreachable.ts'
import { belowBase, hostProblem, originProblem, type Addresses } from '../addresses.ts'
import type { Caller } from '../parts.ts'
import { addCrossOrigin } from './cross-origin.ts'
import { errorBody } from './error-body.ts'
import { HttpError } from './http-error.ts'
import { addSecurityHeaders } from './security-headers.ts'

const MAX_BODY_BYTES = 1024 * 1024
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface BaseParts {
  identities: Identities
  logger: Logger
  trustedProxies: string[]
  https: boolean
  maxUploadBytes: number
  addresses: () => Addresses
  /** The path below which it is served: '' or as `/netra`. */
  basePath: string
  /** Whether the caller sits at this machine, as far as can be known. */
  isLocal: (caller: Caller) => boolean
}

/** What all routes share, of the nodes and of the auth service: who asks, decided once a request. */
export interface HttpBase {
  app: FastifyInstance
  /**
   * Who asks. An API key is let in only where `scope` is named and the key has it.
   *
   * @throws HttpError 403 without a credential, 401 with a bad or expired one, 503 when nobody can tell.
   */
  user: (request: FastifyRequest, scope?: Scope) => Promise<Identity>
  /** As `user`, but a cookie counts only from a page of ours, for a read too. */
  ownPage: (request: FastifyRequest, scope?: Scope) => Promise<Identity>
  /** @throws HttpError 403 also for ordinary users and API keys. */
  admin: (request: FastifyRequest) => Promise<Identity>
}

/** An HTTP server with the checks, headers and errors that every route has. */
export async function createBase(parts: BaseParts): Promise<HttpBase> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: parts.trustedProxies.length > 0 ? parts.trustedProxies : false,
    genReqId: () => uuidv7(),
    rewriteUrl: ({ url = '/' }) => belowBase(parts.basePath, url),
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
  addSecurityHeaders(app, { https: parts.https, others: () => listOf(parts.addresses().authUrl) })
  await addCrossOrigin(app, parts.addresses)
  app.addHook('onSend', async (request, reply) => {
    const cookies = freshCookies.get(request)
    if (cookies && !reply.hasHeader('set-cookie')) void reply.header('set-cookie', cookies)
  })
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendError(parts, error, request, reply),
  )

  return {
    app,
    user: (request, scope) => identityOf(parts, request, 'by_method', scope),
    ownPage: (request, scope) => identityOf(parts, request, 'own_page', scope),
    async admin(request) {
      const identity = await identityOf(parts, request, 'by_method')
      if (identity.role !== 'admin') {
        throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'Only an administrator may do this.')
      }
      return identity
    },
  }
}

/** A login session in use is extended now and then: the browser must get the longer cookie. */
const freshCookies = new WeakMap<FastifyRequest, string[]>()

const listOf = (url: string | undefined): string[] => (url === undefined ? [] : [url])

function checkAddresses(parts: BaseParts, request: FastifyRequest): void {
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
  parts: BaseParts,
  request: FastifyRequest,
  proof: 'by_method' | 'own_page',
  scope?: Scope,
): Promise<Identity> {
  const { authorization, cookie: cookies, origin } = request.headers
  const ownPage = origin !== undefined || request.headers['sec-fetch-site'] === 'same-origin'
  const cookieCounts =
    proof === 'by_method' && READS.has(request.method)
      ? request.headers['sec-fetch-site'] !== 'cross-site'
      : ownPage
  const answer = await parts.identities.authenticate({
    ...(authorization !== undefined && { authorization }),
    ...(authorization === undefined &&
      cookieCounts &&
      cookies !== undefined && { cookie: cookies }),
  })
  if (answer.ok) {
    checkScope(answer.identity, scope)
    if (answer.setCookies.length > 0) freshCookies.set(request, answer.setCookies)
    return answer.identity
  }
  throw refusalOf(answer.why)
}

/** A route that names no scope is for people alone. */
function checkScope({ scopes }: Identity, scope: Scope | undefined): void {
  if (scopes === null || (scope !== undefined && scopes.includes(scope))) return
  throw new HttpError(
    403,
    'AUTH_UNAUTHORIZED',
    scope === undefined
      ? 'An API key may not do this; sign in instead.'
      : `This API key may not do this: it lacks the scope "${scope}".`,
  )
}

function refusalOf(why: Refusal): HttpError {
  switch (why) {
    case 'missing':
      return new HttpError(
        403,
        'AUTH_UNAUTHORIZED',
        'Sign in first: this needs a session cookie or a bearer token.',
      )
    case 'unavailable':
      return fromAuthUnavailable(new AuthUnavailable(AUTH_RETRY_MS))
    case 'invalid':
      return unauthenticated('The credential is not valid. Sign in again.')
    case 'expired':
      return unauthenticated('The credential has expired. Sign in again or refresh the token.')
    case 'revoked':
      return unauthenticated('This login session has ended. Sign in again.')
    case 'disabled':
      return unauthenticated('This account is disabled. Ask an administrator.')
    default:
      return unreachable(why)
  }
}

const AUTH_RETRY_MS = 2_000

const unauthenticated = (message: string): HttpError => new HttpError(401, 'AUTH_FAILED', message)

const fromAuthUnavailable = (error: AuthUnavailable): HttpError =>
  new HttpError(503, 'SERVICE_UNAVAILABLE', error.message, { retryAfterMs: error.retryAfterMs })

function sendError(
  parts: BaseParts,
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
    return new HttpError(status === 400 ? 422 : status, 'VALIDATION_ERROR', error.message)
  return new HttpError(
    500,
    'INTERNAL_ERROR',
    'Something went wrong inside Netra. The server log has the details under this trace id.',
  )
}
