import { newId } from '../platform/ids.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import { createAddresses, type Addresses } from './addresses.ts'
import { addressBehind } from './client-address.ts'
import { handleMessage } from './handle-message.ts'
import { createHttp } from './http/app.ts'
import { LIMITS } from './limits.ts'
import type { Caller, GatewayOptions, GatewayParts } from './parts.ts'
import { Registry } from './registry.ts'
import { createRunResults } from './run-results.ts'
import { SocketMetrics } from './socket-metrics.ts'
import { takeUpgrades } from './upgrade.ts'

export type { GatewayOptions } from './parts.ts'
export type { AgentCatalogue, BreakerStatus, ModelSettingsPage, SampleFile } from './ports.ts'

export interface Gateway extends AsyncDisposable {
  /** The port that was really taken. */
  readonly port: number
  readonly url: string
}

const DRAIN_JITTER_MS = 2_000
/** Requests under way get so long; then whoever still waits, or says nothing at all, is cut off. */
const DRAIN_MS = 2_000

/** Opens the door: HTTP and sockets on one port. Resolves once it answers. */
export async function openGateway(
  options: GatewayOptions,
  listen: { host: string; port: number },
): Promise<Gateway> {
  const { clock, logger, auth } = options
  let addresses: Addresses | undefined
  let draining = false
  const parts: GatewayParts = {
    ...options,
    addresses() {
      if (!addresses) throw new Error('not listening yet')
      return addresses
    },
    registry: new Registry(),
    metrics: new SocketMetrics(),
    limits: LIMITS,
    runResults: createRunResults(options.hub),
    draining: () => draining,
    isLocal: (caller) => options.publicUrl === undefined && isLocalCaller(caller),
  }
  const http = await createHttp(parts)
  await http.listen({ host: listen.host, port: listen.port })
  const bound = http.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no address')
  addresses = createAddresses({
    publicUrl: options.publicUrl,
    port: bound.port,
    allowedOrigins: options.allowedOrigins,
  })
  const upgrades = takeUpgrades(http.server, addresses, {
    auth,
    access: options.access,
    commands: options.commands,
    hub: options.hub,
    clock,
    logger,
    registry: parts.registry,
    metrics: parts.metrics,
    handle: handleMessage,
    addressOf: addressBehind(options.trustedProxies),
    commandRate: new RateLimit(clock, { perMinute: 1_200, burst: 200 }),
    node: newId(),
    headOf: options.headOf,
  })
  const stopListening = auth.onSessionEnded((sessionId, why) => {
    for (const connection of parts.registry.ofSession(sessionId)) {
      connection.close(why === 'disabled' ? 4507 : 4503, 'this login session has ended')
    }
  })

  return {
    port: bound.port,
    url: addresses.publicUrl,
    async [Symbol.asyncDispose]() {
      draining = true
      stopListening()
      for (const connection of parts.registry) connection.goAway(DRAIN_JITTER_MS)
      upgrades.close()
      const cancel = clock.after(DRAIN_MS, () => http.server.closeAllConnections())
      await http.close()
      cancel()
    },
  }
}

/** A proxy on this machine calls from loopback too, on behalf of anybody; its headers give it away. */
const isLocalCaller = ({ ip, headers }: Caller): boolean =>
  (/^(::ffff:)?127\./.test(ip) || ip === '::1') &&
  FORWARDED.every((name) => headers[name] === undefined)

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']
