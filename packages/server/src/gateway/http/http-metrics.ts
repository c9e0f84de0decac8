import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Metrics } from '../../platform/metrics.ts'

const BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000]
const NO_ROUTE = 'none'

/** What only begins or ends a run; every other request to an agent waits for its answer. */
const QUICK_AT_AGENTS = new Set(['start', 'stop', 'cancel'])
const AGENTS = '/api/agents/'

/** Answers that last as long as somebody listens or an agent works: their time says nothing of ours. */
function isLasting(request: FastifyRequest, reply: FastifyReply, route: string): boolean {
  if (route === '/api/events') return true
  if (String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream')) return true
  const isAgents = request.method === 'POST' && route.startsWith(AGENTS)
  return isAgents && !QUICK_AT_AGENTS.has(route.slice(AGENTS.length))
}

/** How long each route took, by its template and never by its address, which names people's things. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const durations = metrics.histogram(
    'netra_http_request_ms',
    'From a request until its answer was handed to the network, by route; streams, long polls and answers that wait for an agent are left out.',
    BUCKETS_MS,
    ['method', 'route', 'status'],
  )
  const uploaded = metrics.counter(
    'netra_upload_bytes_total',
    'Bytes of uploads that were stored, with what a form adds.',
  )
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? NO_ROUTE
    if (isLasting(request, reply, route)) return
    const { method } = request
    const status = String(reply.statusCode)
    durations.observe(reply.elapsedTime, {
      method: KNOWN.has(method) ? method : 'other',
      route,
      status,
    })
    if (route !== '/api/files' || method !== 'POST' || reply.statusCode >= 300) return
    const bytes = Number(request.headers['content-length'])
    if (bytes > 0) uploaded.add({}, bytes)
  })
}

const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
