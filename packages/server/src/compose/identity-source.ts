import { AuthClient } from '../auth-client/auth-client.ts'
import type { OpenSession } from '../auth-client/auth-client.ts'
import type { Auth } from '../auth/auth.ts'
import type { Config } from '../config/config.ts'
import type { AuthForward } from '../gateway/gateway.ts'
import type { Identities } from '../identity/identity.ts'
import type { Breakers } from '../platform/breakers.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { BREAKER_OPENS } from '../platform/recovery/recovery-table.ts'
import { openConfiguredAuth } from './open-auth.ts'

/** Where a node learns who people are: from the auth service inside it, or from one elsewhere. */
export interface IdentitySource extends AsyncDisposable {
  identities: Identities
  /** Inside this process. */
  auth: Auth | undefined
  /** Elsewhere: its routes are reached through this. */
  forward: AuthForward | undefined
  removals: {
    pending(): Promise<UserId[]>
    done(userId: string): Promise<void>
    onRemoved?(listener: () => void): () => void
  }
  /** What is open at this node, which is asked for when nobody vouches for it. */
  watch(read: () => Iterable<OpenSession>): void
  /** @throws with what is wrong. */
  check(): Promise<void>
  details?: () => Record<string, unknown>
}

interface Parts {
  breakers: Breakers
  publicUrl: string
  webUrl: () => string
  shared: boolean
  clock: Clock
  logger: Logger
  metrics: Metrics
}

export async function openIdentitySource(config: Config, parts: Parts): Promise<IdentitySource> {
  const { authServiceUrl, serviceId, secrets } = config
  if (authServiceUrl === undefined) return inside(await openConfiguredAuth(config, parts))
  const { clock, logger, metrics, breakers } = parts
  const client = new AuthClient({
    url: authServiceUrl,
    serviceId,
    serviceSecret: secrets.serviceSecret ?? '',
    clock,
    logger,
    metrics,
    breaker: breakers.of('service', 'auth', BREAKER_OPENS.auth),
  })
  return {
    identities: client,
    auth: undefined,
    forward: client,
    removals: client.removals,
    watch: (read) => client.watch(read),
    check: () => client.check(),
    details: () => client.details(),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
    },
  }
}

const inside = (auth: Auth): IdentitySource => ({
  identities: auth,
  auth,
  forward: undefined,
  removals: auth.removals,
  // What ends here is told here at once.
  watch: () => undefined,
  async check() {
    auth.setupRequired()
  },
  [Symbol.asyncDispose]: () => auth[Symbol.asyncDispose](),
})
