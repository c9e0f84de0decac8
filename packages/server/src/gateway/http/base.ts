import multipart from '@fastify/multipart'
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'

import {
  AuthUnavailable,
  hasScope,
  type Identities,
  type Identity,
  type Refusal,
  type Scope,
} from '../../identity/identity.ts'
import { systemClock, type Clock } from '../../platform/clock.ts'
import type { UserId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { ServiceMode } from '../../platform/recovery/service-mode.ts'
import { noteUser, type SpanWatch } from '../../platform/tracing.ts'
import { unreachable } from '../../platform/unreachable.ts'
import { belowBase, hostProblem, originProblem, plainTarget, type Addresses } from '../addresses.ts'
import { closedTo } from '../closed-to.ts'
import type { Door } from '../door.ts'
import type { Caller } from '../parts.ts'
import { authorizationOf, isApiKey } from './authorization.ts'
import { BODY_TIMES, BodyArrivals } from './body-arrivals.ts'
import { addCrossOrigin } from './cross-origin.ts'
import {
  answerClientError,
  callers,
  ErrorSender,
  fromAuthUnavailable,
  refuseExpectations,
} from './error-sender.ts'
import { HttpError } from './http-error.ts'
import { measureRequests } from './http-metrics.ts'
import { noteRoutes } from './known-routes.ts'
import { RequestLimits } from './rate-limits.ts'
import { addRequestIds, requestIdOf } from './request-ids.ts'
import { addSecurityHeaders } from './security-headers.ts'

const MAX_BODY_BYTES = 1024 * 1024
/** For an answer that says later and not when. */
const LATER_SECONDS = 2
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
  clock?: Clock
  allMetrics?: Metrics
  /** What a request waits for while the server starts. */
  door?: Door
  /** Counts a request that was refused because there were too many, by the limit. */
  limited?: (limit?: string) => void
  /** Who is no administrator may do nothing while there is a reason; signing in goes on. */
  mode?: Pick<ServiceMode, 'entering'>
  /** Of one user; other limits keep their proportion to it. */
  requestsPerMinute?: number | undefined
  /** Told of requests, where somebody listens. */
  spans?: SpanWatch | undefined
}

/** What all routes share, of the nodes and of the auth service: who asks, decided once a request. */
export interface HttpBase {
  app: FastifyInstance
  /**
   * Who asks. An API key is let in only where scopes are named and the key has all of them.
   *
   * @throws HttpError 403 without a credential, 401 with a bad or expired one, 503 when nobody can tell.
   */
  user: (request: FastifyRequest, ...scopes: Scope[]) => Promise<Identity>
  /** As `user`, but a cookie counts only from a page of ours, for a read too. */
  ownPage: (request: FastifyRequest, ...scopes: Scope[]) => Promise<Identity>
  /** @throws HttpError 403 also for ordinary users and API keys. */
  admin: (request: FastifyRequest) => Promise<Identity>
  /** Lets the body of a known sender take minutes, as long as it goes on; any other has seconds. */
  mayTakeLong: (request: FastifyRequest, userId: UserId) => void
}

/** An HTTP server with the checks, headers and errors that every route has. */
export async function createBase(parts: BaseParts): Promise<HttpBase> {
  const { clock = systemClock, limited = () => undefined } = parts
  const errors = new ErrorSender({ ...parts, limited, clock })
  const limits = new RequestLimits({ ...parts, clock })
  const withLimits = { ...parts, limits }
  const bodies = new BodyArrivals({
    ...parts,
    clock,
    userOf: async (request) => {
      const answer = await credentialOf(parts, request, 'by_method').catch(() => undefined)
      return answer?.ok ? answer.identity.userId : undefined
    },
  })
  const app = fastify({
    // No hook has seen the request, so nothing waits for its body.
    frameworkErrors: (error, request, reply) =>
      errors.send(error, request, reply.header('connection', 'close')),
    clientErrorHandler: answerClientError,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: parts.trustedProxies.length > 0 ? parts.trustedProxies : false,
    genReqId: requestIdOf,
    rewriteUrl: ({ url = '/' }) => belowBase(parts.basePath, plainTarget(url)),
    logger: false,
    forceCloseConnections: 'idle',
    // The last resort for what `bodies` does not see; it answers on the bare socket.
    requestTimeout: BODY_TIMES.slowWholeMs + 60_000,
  })
  refuseExpectations(app.server)
  noteRoutes(app)
  addRequestIds(app, parts)
  if (parts.door) waitAt(app, parts.door)
  bodies.addTo(app)
  if (parts.allMetrics) measureRequests(app, parts.allMetrics)
  await app.register(multipart, {
    // The parser cuts at its limit without a word; one byte more lets the file store see and refuse it.
    limits: { files: 1, fileSize: parts.maxUploadBytes + 1, fields: 10 },
  })

  app.addHook('onRequest', async (request) => {
    checkAddresses(withLimits, request)
  })
  addSecurityHeaders(app, { https: parts.https, others: () => listOf(parts.addresses().authUrl) })
  await addCrossOrigin(app, parts.addresses)
  limits.addTo(app)
  app.addHook('onSend', async (_request, reply) => {
    const isLater = reply.statusCode === 429 || reply.statusCode === 503
    if (isLater && !reply.hasHeader('retry-after')) void reply.header('retry-after', LATER_SECONDS)
  })
  app.addHook('onSend', async (request, reply) => {
    const cookies = freshCookies.get(request)
    if (cookies && !reply.hasHeader('set-cookie')) void reply.header('set-cookie', cookies)
  })
  app.setErrorHandler((error: FastifyError, request, reply) => errors.send(error, request, reply))

  return {
    app,
    user: (request, ...scopes) => identityOf(withLimits, request, 'by_method', scopes),
    ownPage: (request, ...scopes) => identityOf(withLimits, request, 'own_page', scopes),
    async admin(request) {
      const identity = await identityOf(withLimits, request, 'by_method')
      if (identity.role !== 'admin') {
        throw new HttpError(403, 'AUTH_UNAUTHORIZED', 'Only an administrator may do this.')
      }
      return identity
    },
    mayTakeLong: (request, userId) => bodies.mayTakeLong(request, userId),
  }
}

function waitAt(app: FastifyInstance, door: Door): void {
  app.addHook('onRequest', async (request) => {
    await door.wait(request.raw)
  })
}

/** A login session in use is extended now and then: the browser must get the longer cookie. */
const freshCookies = new WeakMap<FastifyRequest, string[]>()

const listOf = (url: string | undefined): string[] => (url === undefined ? [] : [url])

/** Before any other limit, so what is refused here counts for the network that it came from. */
function checkAddresses(
  { addresses, limits }: BaseParts & { limits: RequestLimits },
  request: FastifyRequest,
): void {
  const path = request.url.split('?')[0] ?? ''
  const problem =
    hostProblem(addresses(), request.headers.host, path) ??
    originProblem(addresses(), request.headers.origin)
  if (problem === undefined) return
  limits.unidentified(request)
  throw new HttpError(403, 'AUTH_UNAUTHORIZED', problem)
}

/**
 * A session cookie counts for a change only when the request proves that one of our own pages made
 * it (an allowed Origin, or Sec-Fetch-Site of the browser itself); a bearer token needs no such proof.
 */
function credentialOf(
  { identities }: BaseParts,
  request: FastifyRequest,
  proof: 'by_method' | 'own_page',
): ReturnType<BaseParts['identities']['authenticate']> {
  const { cookie: cookies, origin } = request.headers
  const authorization = authorizationOf(request.headers)
  const ownPage = origin !== undefined || request.headers['sec-fetch-site'] === 'same-origin'
  const cookieCounts =
    proof === 'by_method' && READS.has(request.method)
      ? request.headers['sec-fetch-site'] !== 'cross-site'
      : ownPage
  return identities.authenticate({
    ...(authorization !== undefined && { authorization }),
    ...(authorization === undefined &&
      cookieCounts &&
      cookies !== undefined && { cookie: cookies }),
  })
}

async function identityOf(
  parts: BaseParts & { limits: RequestLimits },
  request: FastifyRequest,
  proof: 'by_method' | 'own_page',
  scopes: readonly Scope[] = [],
): Promise<Identity> {
  const answer = await credentialOf(parts, request, proof)
  if (answer.ok) {
    callers.set(request, answer.identity.userId)
    noteUser(answer.identity.userId)
    parts.limits.identified(request, answer.identity)
    checkScopes(answer.identity, scopes)
    checkMode(parts, request, answer.identity)
    if (answer.setCookies.length > 0) freshCookies.set(request, answer.setCookies)
    return answer.identity
  }
  if (answer.why !== 'unavailable') parts.limits.unidentified(request)
  throw refusalOf(answer.why, isApiKey(authorizationOf(request.headers)))
}

function checkMode({ mode }: BaseParts, request: FastifyRequest, identity: Identity): void {
  const closed = request.url.startsWith('/auth/') ? undefined : closedTo(mode, identity)
  if (!closed) return
  throw new HttpError(503, 'SERVICE_UNAVAILABLE', closed.why, {
    retryAfterMs: closed.afterMs,
    isToldElsewhere: true,
  })
}

/** A route that names no scope is for people alone. */
function checkScopes(identity: Identity, scopes: readonly Scope[]): void {
  if (identity.scopes === null) return
  if (scopes.length === 0) {
    const message = 'An API key may not do this; sign in instead.'
    throw new HttpError(403, 'AUTH_UNAUTHORIZED', message)
  }
  const missing = scopes.find((scope) => !hasScope(identity, scope))
  if (missing === undefined) return
  const message = `This API key may not do this: it lacks the scope "${missing}".`
  throw new HttpError(403, 'AUTH_UNAUTHORIZED', message)
}

function refusalOf(why: Refusal, isKey: boolean): HttpError {
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
      return unauthenticated(
        isKey ? 'This API key is not valid.' : 'The credential is not valid. Sign in again.',
      )
    case 'expired':
      return unauthenticated(
        isKey
          ? 'This API key has expired. Make a new one.'
          : 'The credential has expired. Sign in again or refresh the token.',
      )
    case 'revoked':
      return unauthenticated(
        isKey
          ? 'This API key is not valid any more.'
          : 'This login session has ended. Sign in again.',
      )
    case 'disabled':
      return unauthenticated('This account is disabled. Ask an administrator.')
    default:
      return unreachable(why)
  }
}

const AUTH_RETRY_MS = 2_000

const unauthenticated = (message: string): HttpError => new HttpError(401, 'AUTH_FAILED', message)
