import type { Caller, GatewayParts } from '../parts.ts'
import type { Http } from './http.ts'

/** The answer waits no longer for what it only shows. */
const ENTRANCE_MS = 500

export function addHealthRoutes({ app, parts }: Http): void {
  const { health } = parts

  /** Who may come in without an account; nobody while the auth service cannot say. */
  const openDoors = async () => {
    const closed = { demo: false, e2e: false }
    const late = Promise.withResolvers<typeof closed>()
    const cancel = parts.clock.after(ENTRANCE_MS, () => late.resolve(closed))
    const asked = parts.identities.entrance(false).then(
      ({ demo, e2e }) => ({ demo, e2e }),
      () => closed,
    )
    return Promise.race([asked, late.promise]).finally(cancel)
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/health',
    handler: async (_request, reply) => {
      const report = await health.report()
      return reply.status(report.status === 'healthy' ? 200 : 503).send({
        status: report.status,
        service: 'netra-ai-platform',
        version: parts.version,
        revision: parts.revision,
        timestamp: report.timestamp,
        dependencies: Object.fromEntries(
          Object.entries(report.checks).map(([name, check]) => [
            name,
            {
              status: check.status,
              ...(check.error && { error: check.error }),
              ...(check.details && { details: check.details }),
            },
          ]),
        ),
        ...(await openDoors()),
        startup_bypass: parts.startup.bypassed,
        mode: parts.mode.now(),
        ...(report.reasons.length > 0 && { reasons: report.reasons }),
        ...(report.degraded.length > 0 && { degraded: report.degraded }),
      })
    },
  })

  app.get('/health/live', async () => ({ status: 'alive' }))

  for (const url of ['/health/ready', '/health/startup']) {
    app.get(url, async (_request, reply) => {
      const found = await health.readiness()
      const isStarting = !parts.startup.isReady
      const ready = found.ready && !parts.draining() && !isStarting
      const unready = parts.draining() ? 'draining' : isStarting ? 'starting' : 'not_ready'
      return reply.status(ready ? 200 : 503).send({
        status: ready ? 'ready' : unready,
        reasons: found.reasons,
      })
    })
  }

  app.get('/api/health', async (request, reply) => {
    const report = await health.report()
    return reply.status(report.status === 'healthy' ? 200 : 503).send({
      status: report.status,
      service: 'netra-ai-platform',
      version: parts.version,
      revision: parts.revision,
      timestamp: report.timestamp,
      uptime_seconds: report.uptimeSeconds,
      checks: report.checks,
      ...(report.degraded.length > 0 && { degraded: report.degraded }),
      startup: startupFor(parts, request),
      // Names of files are for this machine alone.
      ...(parts.isLocal(request) && {
        broken_agents: parts.moreAgents.broken(),
        agents_folder: parts.moreAgents.own().folder,
      }),
      startup_bypass: parts.startup.bypassed,
      mode: parts.mode.now(),
      breakers: parts.breakers.counts(),
    })
  })

  app.get('/ws/health', async () => {
    const { metrics, registry } = parts
    const known = [...registry].filter((connection) => connection.userId !== undefined).length
    return {
      status: parts.draining() ? 'draining' : 'healthy',
      service: 'websocket',
      version: parts.version,
      timestamp: new Date(parts.clock.now()).toISOString(),
      metrics: {
        websocket: {
          active_connections: registry.size,
          total_connections: registry.total,
          messages_processed: metrics.messagesReceived,
          error_rate: metrics.errorRate,
        },
        authentication: {
          success_rate: metrics.successRate,
          rate_limited_requests: metrics.rateLimited,
        },
        monitoring: { monitored_connections: registry.size, healthy_connections: known },
      },
      config: {
        max_connections_per_user: parts.limits.maxConnectionsPerUser,
        heartbeat_interval: parts.limits.heartbeatIntervalMs / 1000,
      },
      e2e_testing: { enabled: (await openDoors()).e2e },
    }
  })
}

/** What a check found names folders and addresses: that is for this machine alone. */
function startupFor({ startup, isLocal }: GatewayParts, request: Caller) {
  const { checks, ...times } = startup.report
  if (isLocal(request)) return { ...times, checks }
  return { ...times, checks: checks.map(({ id, status, ms }) => ({ id, status, ms })) }
}
