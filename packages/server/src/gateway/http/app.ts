import type { FastifyInstance } from 'fastify'

import { addAuthRoutes } from '../auth-routes/auth-routes.ts'
import { addMcpServer } from '../mcp-server/mcp-server.ts'
import type { GatewayParts } from '../parts.ts'
import { addAccountRoutes, eraser } from './account.ts'
import { addAdminRoutes } from './admin.ts'
import { addAgentRunRoutes } from './agent-runs.ts'
import { addAgentRoutes } from './agents.ts'
import { addApprovalRoutes } from './approvals.ts'
import { addAuthForward } from './auth-forward.ts'
import { createBase } from './base.ts'
import { addBreakerRoutes } from './breakers.ts'
import { addClassicConfigRoutes } from './classic-config.ts'
import { addCommandRoutes } from './commands.ts'
import { addConfigRoutes } from './config.ts'
import { addDashboardRoutes } from './dashboard.ts'
import { addDeliveryRoutes } from './delivery.ts'
import { addErrorGroupRoute } from './error-groups.ts'
import { addEventRoutes } from './events.ts'
import { addFileRoutes } from './files.ts'
import { addHealthRoutes } from './health.ts'
import type { Http } from './http.ts'
import { addMcpConnectionRoutes } from './mcp-connections.ts'
import { addMcpSignInRoutes } from './mcp-sign-in.ts'
import { addMcpRoutes } from './mcp.ts'
import { addMemoryRoutes } from './memory.ts'
import { addMessageRoutes } from './messages.ts'
import { addMetricsRoute } from './metrics.ts'
import { addModeRoutes } from './mode.ts'
import { addMoreAgentsRoutes } from './more-agents.ts'
import { addOtlpRoute } from './otlp.ts'
import { addReportRoutes } from './reports.ts'
import { addSpendingRoutes } from './spending.ts'
import { addStopRoutes } from './stop.ts'
import { addThreadRoutes } from './threads.ts'
import { addTicketRoute } from './tickets.ts'
import { addTimelineRoutes } from './timeline.ts'
import { addWebApp } from './web.ts'
import { addWorkloadRoutes } from './workload.ts'

/** The HTTP side of the edge; every route is a thin adapter over commands, queries and policies. */
export async function createHttp(parts: GatewayParts): Promise<FastifyInstance> {
  const base = await createBase(parts)
  const http: Http = { ...base, parts }
  addHealthRoutes(http)
  addMetricsRoute(http, parts)
  addConfigRoutes(http)
  addClassicConfigRoutes(http)
  addTicketRoute(http)
  const { auth, authForward } = parts
  if (auth) {
    addAuthRoutes({ ...base, parts: { ...parts, auth, erase: eraser(parts.commands) } })
  }
  if (authForward) addAuthForward(http, authForward)
  addAccountRoutes(http)
  addThreadRoutes(http)
  addMessageRoutes(http)
  addEventRoutes(http)
  addDeliveryRoutes(http)
  addTimelineRoutes(http)
  addMemoryRoutes(http)
  addApprovalRoutes(http)
  addErrorGroupRoute(http)
  addCommandRoutes(http)
  addAgentRoutes(http)
  addAgentRunRoutes(http)
  addMcpRoutes(http)
  addMcpConnectionRoutes(http)
  addMcpSignInRoutes(http)
  addMcpServer(http)
  addFileRoutes(http)
  addReportRoutes(http)
  addWorkloadRoutes(http)
  addOtlpRoute(http)
  addAdminRoutes(http)
  addMoreAgentsRoutes(http)
  addBreakerRoutes(http)
  addModeRoutes(http)
  addSpendingRoutes(http)
  addStopRoutes(http)
  addDashboardRoutes(http)
  await addWebApp(base.app, {
    webFolder: parts.webFolder,
    page: () => ({
      base: parts.basePath,
      api: parts.basePath,
      auth: parts.addresses().authUrl ?? null,
    }),
  })
  return base.app
}
