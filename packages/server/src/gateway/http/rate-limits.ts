import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Identities, Identity } from '../../identity/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { networkOf } from '../../platform/network.ts'
import { RateLimit } from '../../platform/rate-limit.ts'
import type { Caller } from '../parts.ts'
import { authorizationOf } from './authorization.ts'
import { HttpError } from './http-error.ts'

/** Requests a minute: of one user, or of one network whose caller is nobody (yet). */
export const REQUESTS_PER_MINUTE = {
  /** What a signed-in user asks for, unless it is one of the next four. */
  user: 600,
  uploads: 120,
  exports: 30,
  /** Streams by plain requests: each answer of a long poll is followed by the next question. */
  events: 3_000,
  /** What applications send of their calls: a batch every five seconds of each of fifty processes. */
  spans: 600,
  /** Of a network, without a credential that holds. */
  strangers: 600,
  /** Of a network: signing in, registering, resetting a password. */
  sign_in: 120,
}
export type RequestLimit = keyof typeof REQUESTS_PER_MINUTE

/** On a plain local installation the callers of this machine are one person's programs. */
const LOCAL_FACTOR = 10

const SIGN_IN =
  /^\/auth\/(login|register|setup|demo|refresh|service-token|two-factor|password\/(forgot|reset)|email\/(verify|resend)|e2e\/test-auth)$|^\/auth\/callback/

export interface RateLimitParts {
  identities: Pick<Identities, 'authenticate'>
  clock: Clock
  isLocal: (caller: Caller) => boolean
  /** Replaces `user` and `strangers`; the others keep their proportion to it. */
  requestsPerMinute?: number | undefined
}

interface Charge {
  limit: RequestLimit
  key: string
  perMinute: number
  /** As it stood when the request was charged. */
  remaining: number
  resetMs: number
}

/**
 * How often somebody may ask. A request is charged once: to the user when it turns out whose it is,
 * else to the network it came from, so that no stranger uses up what belongs to a user.
 */
export class RequestLimits {
  readonly #parts: RateLimitParts
  readonly #buckets = new Map<string, RateLimit>()
  readonly #charges = new WeakMap<FastifyRequest, Charge>()

  constructor(parts: RateLimitParts) {
    this.#parts = parts
  }

  addTo(app: FastifyInstance): void {
    app.addHook('onRequest', (request) => this.#arrived(request))
    app.addHook('onSend', async (request, reply) => this.#tell(request, reply))
    app.addHook('onResponse', async (request, reply) => this.#answered(request, reply))
  }

  /** A request turned out to be this user's. @throws HttpError 429 */
  identified(request: FastifyRequest, { userId }: Pick<Identity, 'userId'>): void {
    if (this.#charges.get(request)?.key === userId) return
    const limit = limitOf(request)
    if (limit !== undefined && limit !== 'sign_in') this.#charge(request, limit, userId)
  }

  /** A request's credential does not hold. @throws HttpError 429 */
  unidentified(request: FastifyRequest): void {
    if (!this.#charges.has(request)) this.#charge(request, 'strangers', networkOf(request.ip))
  }

  async #arrived(request: FastifyRequest): Promise<void> {
    const limit = limitOf(request)
    if (limit === undefined) return
    const network = networkOf(request.ip)
    const { cookie } = request.headers
    const authorization = authorizationOf(request.headers)
    if (limit === 'sign_in') this.#charge(request, limit, network)
    else if (authorization === undefined && cookie === undefined) this.unidentified(request)
    else if (this.#bucket('strangers', request).left(network).remaining < 1) {
      // Strangers of this network have used it up: only what holds goes on.
      const answer = await this.#parts.identities.authenticate({
        ...(authorization === undefined ? cookie && { cookie } : { authorization }),
      })
      if (!answer.ok && answer.why !== 'unavailable') this.unidentified(request)
    }
  }

  /** What nobody's identity was asked for is the network's: a made-up credential buys nothing. */
  #answered(request: FastifyRequest, { statusCode }: FastifyReply): void {
    if (this.#charges.has(request)) return
    const isRefused = statusCode === 401 || statusCode === 403
    if (limitOf(request) === undefined && !isRefused) return
    // Passed on to an auth service elsewhere, which knows whose it is and counts it.
    if (request.url.startsWith('/auth/') && statusCode < 400) return
    this.#bucket('strangers', request).take(networkOf(request.ip))
  }

  #charge(request: FastifyRequest, limit: RequestLimit, key: string): void {
    const bucket = this.#bucket(limit, request)
    const wait = bucket.take(key)
    const { perMinute } = bucket.rate
    const { remaining, resetMs } = bucket.left(key)
    const left = wait > 0 ? 0 : remaining
    this.#charges.set(request, { limit, key, perMinute, remaining: left, resetMs })
    if (wait === 0) return
    throw new HttpError(429, 'RATE_LIMITED', 'Too many requests; wait a moment.', {
      details: { limit, after_ms: wait },
      retryAfterMs: wait,
      limit,
    })
  }

  #bucket(limit: RequestLimit, request: FastifyRequest): RateLimit {
    const { clock, isLocal, requestsPerMinute = REQUESTS_PER_MINUTE.user } = this.#parts
    const local = isLocal(request) ? LOCAL_FACTOR : 1
    const share = requestsPerMinute / REQUESTS_PER_MINUTE.user
    const name = `${limit} ${local}`
    const known = this.#buckets.get(name)
    if (known) return known
    const perMinute = Math.max(1, Math.round(REQUESTS_PER_MINUTE[limit] * share * local))
    const made = new RateLimit(clock, { perMinute, burst: perMinute })
    this.#buckets.set(name, made)
    return made
  }

  /** As draft-ietf-httpapi-ratelimit-headers, and in the older form that most clients know. */
  #tell(request: FastifyRequest, reply: FastifyReply): void {
    const charge = this.#charges.get(request)
    if (charge === undefined) return
    const { limit, perMinute } = charge
    // Whatever it was that refused, who reads these headers must not come back too early.
    const isRefused = reply.statusCode === 429
    const remaining = isRefused ? 0 : charge.remaining
    const wait = isRefused ? Number(reply.getHeader('retry-after')) : Number.NaN
    const resetSeconds = Number.isFinite(wait) ? wait : Math.ceil(charge.resetMs / 1000)
    void reply.headers({
      'ratelimit-policy': `"${limit}";q=${perMinute};w=60`,
      ratelimit: `"${limit}";r=${remaining};t=${resetSeconds}`,
      'x-ratelimit-limit': perMinute,
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset': resetSeconds,
    })
  }
}

/** What nodes ask of the auth service, for all of their users. */
const OF_SERVICES = new Set([
  '/auth/verify',
  '/auth/validate',
  '/auth/feed',
  '/auth/config',
  '/auth/tickets',
  '/auth/tickets/redeem',
  '/auth/removals',
  '/.well-known/jwks.json',
])

/**
 * Which limit a request falls under; undefined: none. Probes must not be turned away, files of the
 * web app cost next to nothing, and commands have limits of their own, shared with sockets.
 */
function limitOf({ method, url, routeOptions }: FastifyRequest): RequestLimit | undefined {
  const path = url.split('?')[0] ?? ''
  if (path === '/health' || path.startsWith('/health/') || method === 'OPTIONS') return undefined
  const route = routeOptions.url
  if (route === '/*' || path.startsWith('/assets/')) return undefined
  if (path === '/api/commands' || OF_SERVICES.has(path)) return undefined
  if (path === '/api/events') return 'events'
  if (path === '/v1/traces') return 'spans'
  if (SIGN_IN.test(path)) return 'sign_in'
  if (path.endsWith('/export')) return 'exports'
  if (method === 'POST' && path.startsWith('/api/files')) return 'uploads'
  return 'user'
}
