import type { Http } from './http.ts'

export function addHealthRoutes({ app, parts }: Http): void {
  const { health } = parts

  /** Who may come in without an account; nobody while the auth service cannot say. */
  const openDoors = () =>
    parts.identities.entrance(false).then(
      ({ demo, e2e }) => ({ demo, e2e }),
      () => ({ demo: false, e2e: false }),
    )

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
        ...(report.reasons.length > 0 && { reasons: report.reasons }),
      })
    },
  })

  app.get('/health/live', async () => ({ status: 'alive' }))

  for (const url of ['/health/ready', '/health/startup']) {
    app.get(url, async (_request, reply) => {
      const report = await health.report()
      const ready = report.status === 'healthy' && !parts.draining()
      return reply.status(ready ? 200 : 503).send({
        status: ready ? 'ready' : parts.draining() ? 'draining' : 'not_ready',
        reasons: report.reasons,
      })
    })
  }

  app.get('/api/health', async (_request, reply) => {
    const report = await health.report()
    return reply.status(report.status === 'healthy' ? 200 : 503).send({
      status: report.status,
      service: 'netra-ai-platform',
      version: parts.version,
      revision: parts.revision,
      timestamp: report.timestamp,
      uptime_seconds: report.uptimeSeconds,
      checks: report.checks,
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
