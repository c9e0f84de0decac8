import type { Auth } from '../auth/auth.ts'
import { FORWARDED, TRACE_HEADER } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { SpanWatch } from '../platform/tracing.ts'
import { basePathOf, createAddresses, type Addresses } from './addresses.ts'
import type { AuthHttpParts } from './auth-routes/auth-http.ts'
import { addAuthRoutes } from './auth-routes/auth-routes.ts'
import { addressBehind, isLocalCaller } from './client-address.ts'
import { createBase, type HttpBase } from './http/base.ts'
import { noRoute } from './http/known-routes.ts'
import { addMetricsRoute } from './http/metrics.ts'
import { limitCounter } from './limit-notes.ts'
import { believeNodes } from './vouched.ts'

export interface AuthGatewayOptions {
  auth: Auth
  clock: Clock
  logger: Logger
  version: string
  revision: string
  /** Where browsers reach Netra: through the nodes, unless `authUrl` is given. */
  publicUrl: string | undefined
  webUrl: string | undefined
  authUrl: string | undefined
  allowedOrigins: readonly string[]
  trustedProxies: string[]
  https: boolean
  allMetrics: Metrics
  metricsToken: string | undefined
  requestsPerMinute: number
  /** Told of requests, where somebody listens. */
  spans?: SpanWatch | undefined
}

export interface AuthGateway extends AsyncDisposable {
  readonly port: number
  /** Where nodes reach it on this machine. */
  readonly url: string
}

const MAX_UPLOAD_BYTES = 1024 * 1024
const DRAIN_MS = 2_000
/** Who is how far away is said by `believeNodes` alone: it wrote the one address there is. */
const WHOEVER = ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']

/** The auth service's own door: the routes it has inside a node too, without the node's. */
export async function openAuthGateway(
  options: AuthGatewayOptions,
  listen: { host: string; port: number },
): Promise<AuthGateway> {
  const { auth, clock, logger, authUrl } = options
  const publicUrl = authUrl ?? options.publicUrl
  let known: Addresses | undefined
  const addresses = (): Addresses => {
    if (!known) throw new Error('not listening yet')
    return known
  }
  const limits = limitCounter(options.allMetrics)
  const parts: AuthHttpParts = {
    auth,
    clock,
    logger,
    identities: auth,
    trustedProxies: WHOEVER,
    https: options.https,
    maxUploadBytes: MAX_UPLOAD_BYTES,
    addresses,
    basePath: basePathOf(publicUrl),
    isLocal: ({ headers }) => headers[FORWARDED.isLocal] === '1',
    allMetrics: options.allMetrics,
    requestsPerMinute: options.requestsPerMinute,
    spans: options.spans,
    limited: (limit = 'sign_in') => limits.add({ limit }),
  }
  const base = await createBase(parts)
  const { app } = base
  believeNodes(app.server, {
    mayVouch: (token) => auth.services.check(token)?.scopes.includes('clients:name') ?? false,
    addressOf: addressBehind(options.trustedProxies),
    isLocal: ({ socket, headers }) =>
      publicUrl === undefined && isLocalCaller({ ip: socket.remoteAddress ?? '', headers }),
    own() {
      const { host, origin } = new URL(addresses().publicUrl)
      return { host, origin }
    },
  })
  logCalls(base, auth, logger)
  addHealth(base, options)
  addMetricsRoute(base, { ...parts, ...options })
  addAuthRoutes({ ...base, parts })
  app.setNotFoundHandler((request) => {
    throw noRoute(request)
  })

  await app.listen({ ...listen, backlog: 1_024 })
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no address')
  known = createAddresses({
    publicUrl,
    webUrl: options.webUrl ?? options.publicUrl,
    authUrl,
    port: bound.port,
    allowedOrigins: [
      ...options.allowedOrigins,
      ...(options.publicUrl === undefined ? [] : [new URL(options.publicUrl).origin]),
    ],
  })
  return {
    port: bound.port,
    url: `http://localhost:${bound.port}`,
    async [Symbol.asyncDispose]() {
      const cancel = clock.after(DRAIN_MS, () => app.server.closeAllConnections())
      await app.close()
      cancel()
    },
  }
}

/** A line for each call of another service, under the trace id that the caller's own log has. */
function logCalls({ app }: HttpBase, auth: Auth, logger: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    const trace = request.headers[TRACE_HEADER]
    if (trace === undefined || request.url.startsWith('/health')) return
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const service = token === undefined ? undefined : auth.services.check(token)?.id
    logger.info(
      {
        trace_id: String(trace).slice(0, 64),
        service,
        method: request.method,
        path: request.url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'a node asked',
    )
  })
}

function addHealth({ app }: HttpBase, options: AuthGatewayOptions): void {
  const { auth, version, revision, clock } = options
  const report = () => {
    try {
      auth.setupRequired()
      return { status: 'healthy', dependencies: { auth: { status: 'healthy' } } }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { status: 'unhealthy', dependencies: { auth: { status: 'unhealthy', error: why } } }
    }
  }
  for (const url of ['/health', '/health/ready', '/health/startup']) {
    app.get(url, async (_request, reply) => {
      const found = report()
      const timestamp = new Date(clock.now()).toISOString()
      return reply
        .status(found.status === 'healthy' ? 200 : 503)
        .send({ ...found, service: 'netra-auth', version, revision, timestamp })
    })
  }
  app.get('/health/live', async () => ({ status: 'alive' }))
}
