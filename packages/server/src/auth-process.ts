import type { Auth } from './auth/auth.ts'
import { openConfiguredAuth } from './compose/open-auth.ts'
import { openConfiguredTelemetry } from './compose/open-telemetry.ts'
import type { Config } from './config/config.ts'
import { openAuthGateway } from './gateway/auth-gateway.ts'
import { eraseExpiredUsers } from './gateway/expired-users.ts'
import { Breakers } from './platform/breakers.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import { lockDataFolder } from './platform/data-folder-lock.ts'
import { makeDataFolder } from './platform/data-folder.ts'
import type { Logger } from './platform/logger.ts'
import { createMetrics } from './platform/metrics.ts'
import { REVISION, VERSION } from './version.ts'

export interface RunningAuth extends AsyncDisposable {
  /** Where nodes on this machine reach it. */
  url: string
  port: number
  /** What makes the administrator's account; undefined when there is one. */
  setup: { token: string; webUrl: string | undefined } | undefined
}

/** Where links lead when nothing says so: a node on this machine. */
const NODE_URL = 'http://localhost:8000'

/**
 * The auth service alone: its store, its keys and its door.
 *
 * @throws with what to do when the data folder is taken, the port is in use or the store is damaged.
 */
export async function startAuth(
  config: Config,
  { logger, clock = systemClock }: { logger: Logger; clock?: Clock },
): Promise<RunningAuth> {
  const stack = new AsyncDisposableStack()
  try {
    makeDataFolder(config.dataDir)
    stack.defer(lockDataFolder(config.dataDir))
    const publicUrl = config.authPublicUrl ?? config.publicUrl ?? `http://localhost:${config.port}`
    const allMetrics = createMetrics()
    const metrics = allMetrics
    const telemetry = stack.use(await openConfiguredTelemetry(config, { clock, logger, metrics }))
    const auth = stack.use(
      await openConfiguredAuth(config, {
        metrics: allMetrics,
        breakers: new Breakers(clock, allMetrics),
        publicUrl,
        webUrl: () => config.publicUrl ?? NODE_URL,
        shared: false,
        clock,
        logger,
      }),
    )
    acceptConfigured(auth, config, logger)
    stack.use(endExpiredUsers(auth, { clock, logger }))
    const gateway = stack.use(
      await openAuthGateway(
        {
          auth,
          clock,
          logger,
          version: VERSION,
          revision: REVISION,
          publicUrl: config.publicUrl,
          webUrl: config.webPublicUrl,
          authUrl: config.authPublicUrl,
          allowedOrigins: config.allowedOrigins,
          trustedProxies: config.trustedProxies,
          https: publicUrl.startsWith('https:'),
          allMetrics,
          metricsToken: config.secrets.metricsToken,
          requestsPerMinute: config.requestsPerMinute,
          spans: telemetry.spans,
        },
        { host: config.host, port: config.port },
      ),
    )
    const token = auth.setupToken()
    const webUrl = config.webPublicUrl ?? config.publicUrl
    return {
      url: gateway.url,
      port: gateway.port,
      setup: token === undefined ? undefined : { token, webUrl },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Nodes hear of it by the feed and erase what is theirs; then the id may be given again. */
function endExpiredUsers(auth: Auth, parts: { clock: Clock; logger: Logger }): AsyncDisposable {
  const { testUsers, removals } = auth
  return eraseExpiredUsers({
    ...parts,
    testUsers: {
      endExpired: () => testUsers.endExpired(),
      erased: (userId) => testUsers.erased(userId),
      settled: () => testUsers.settled().filter((userId) => !removals.isPending(userId)),
      freed: (userId) => testUsers.freed(userId),
    },
    commands: {
      deleteAccount: async () => ({ ok: true, answer: {} }),
      freeAccountId: async () => undefined,
    },
  })
}

function acceptConfigured(auth: Auth, config: Config, logger: Logger): void {
  const { serviceSecret } = config.secrets
  if (serviceSecret === undefined) return
  const outcome = auth.services.accept(config.serviceId, serviceSecret)
  if (outcome === 'replaced') {
    logger.warn(
      { service: config.serviceId },
      'NETRA_SERVICE_SECRET was replaced by a newer one: set that, or take a new one of netra service rotate',
    )
  }
  if (outcome === 'revoked') {
    logger.warn(
      { service: config.serviceId },
      'NETRA_SERVICE_SECRET is of a revoked service and not accepted; to let it in again: netra service add',
    )
  }
}
