import type { Access, Approvals, Threads } from '../access/access.ts'
import type { Auth } from '../auth/auth.ts'
import type { Commands, Files, Retention, Timelines } from '../command/command.ts'
import type { Health } from '../health/health.ts'
import type { Hub, Position } from '../hub/hub.ts'
import type { Identities } from '../identity/identity.ts'
import type { Mcp, McpOauth } from '../mcp/mcp.ts'
import type { Memory } from '../memory/memory.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { RateLimit } from '../platform/rate-limit.ts'
import type { ServiceMode } from '../platform/recovery/service-mode.ts'
import type { SpanWatch } from '../platform/tracing.ts'
import type { ServiceLevels } from '../service-levels/service-levels.ts'
import type { Spans } from '../spans/spans.ts'
import type { Spending } from '../spending/spending.ts'
import type { Addresses } from './addresses.ts'
import type { Door } from './door.ts'
import type { EventRequests } from './fallback/event-requests.ts'
import type { LIMITS } from './limits.ts'
import type {
  AdoptedPlans,
  AgentCatalogue,
  AuthForward,
  ErrorReports,
  ModelSettingsPage,
  MoreAgentsPage,
  SampleFile,
  StartupView,
  WorkloadPage,
} from './ports.ts'
import type { Registry } from './registry.ts'
import type { RunResults } from './run-results.ts'
import type { SocketMetrics } from './socket-metrics.ts'

export interface GatewayOptions {
  /** Who asks, wherever the auth service runs. */
  identities: Identities
  /** The auth service, when it runs in this process: its routes are then served here too. */
  auth: Auth | undefined
  /** The way to the auth service's routes, when it runs elsewhere. */
  authForward: AuthForward | undefined
  access: Access
  threads: Threads
  commands: Commands
  files: Files
  retention: Retention
  timelines: Timelines
  memory: Memory
  approvals: Approvals
  plans: AdoptedPlans
  errors: ErrorReports
  hub: Hub
  health: Health
  agents: AgentCatalogue
  /** Servers that people connected. */
  mcp: Mcp
  /** How people sign in to those. */
  mcpOauth: McpOauth
  modelSettings: ModelSettingsPage
  moreAgents: MoreAgentsPage
  sample: () => SampleFile
  clock: Clock
  logger: Logger
  headOf: (stream: string) => Promise<Position>
  webFolder: string
  version: string
  revision: string
  environment: string
  publicUrl: string | undefined
  /** Of the web app and of the auth service, where they have addresses of their own. */
  webUrl: string | undefined
  authUrl: string | undefined
  allowedOrigins: readonly string[]
  trustedProxies: string[]
  https: boolean
  maxUploadBytes: number
  /** All numbers of this process. */
  allMetrics: Metrics
  /** How it does against what was promised. */
  serviceLevels: Pick<ServiceLevels, 'report' | 'history'>
  /** Whoever shows it as a bearer may read `/metrics` from elsewhere. */
  metricsToken: string | undefined
  /** Of this process. */
  breakers: Breakers
  /** How much of the service there is. */
  mode: ServiceMode
  /** What models used, and how much they may. */
  spending: Spending
  /** Calls of models that people's applications send. */
  modelSpans: Spans
  workload: WorkloadPage
  /** How far the start has come, and what it found. */
  startup: StartupView
  /** Open at once on this node. */
  maxSockets: number
  /** Of one user; the other limits keep their proportion to it. */
  requestsPerMinute?: number | undefined
  /** Told of spans, where somebody listens. */
  spans?: SpanWatch | undefined
}

export interface Caller {
  ip: string
  headers: Record<string, string | string[] | undefined>
}

/** What the routes see of the gateway. */
export interface GatewayParts extends GatewayOptions {
  addresses: () => Addresses
  /** The path below which it is served: '' or as `/netra`. */
  basePath: string
  registry: Registry
  eventRequests: EventRequests
  /** Counts a request that was refused because there were too many. */
  limited(limit?: string): void
  commandRate: RateLimit
  metrics: SocketMetrics
  limits: typeof LIMITS
  runResults: RunResults
  draining: () => boolean
  door: Door
  /** Whether the caller sits at this machine, as far as can be known. */
  isLocal: (caller: Caller) => boolean
}
