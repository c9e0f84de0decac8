import { newId } from '../platform/ids.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import { basePathOf, createAddresses, type Addresses } from './addresses.ts'
import { handleClassic } from './classic/handle-classic.ts'
import { addressBehind, isLocalCaller } from './client-address.ts'
import { EventRequests } from './fallback/event-requests.ts'
import { handleMessage } from './handle-message.ts'
import { createHttp } from './http/app.ts'
import { LimitNotes } from './limit-notes.ts'
import { LIMITS } from './limits.ts'
import type { GatewayOptions, GatewayParts } from './parts.ts'
import { Registry } from './registry.ts'
import { createRunResults } from './run-results.ts'
import { closeOf } from './session-check.ts'
import { SocketLimits } from './socket-limits.ts'
import { SocketMetrics } from './socket-metrics.ts'
import { sweepSockets } from './sweep.ts'
import { takeUpgrades } from './upgrade.ts'

export type { GatewayOptions } from './parts.ts'
export type {
  AgentCatalogue,
  AuthForward,
  BreakerStatus,
  ModelSettingsPage,
  SampleFile,
} from './ports.ts'

export interface Gateway extends AsyncDisposable {
  /** The port that was really taken. */
  readonly port: number
  readonly url: string
  /** Login sessions that a socket or a stream is open for; one may come several times. */
  openSessions(): Iterable<{ userId: string; sessionId: string }>
}

/** Whoever is sent away comes back within so long, a millisecond for each: not all at once. */
const DRAIN_JITTER_MS = { least: 2_000, most: 10_000 }
/** Requests under way get so long; then whoever still waits, or says nothing at all, is cut off. */
const DRAIN_MS = 2_000
/** Connections that the system holds for us: thousands come back at once after a restart (F93). */
const ACCEPT_QUEUE = 4_096

/** Opens the door: HTTP and sockets on one port. Resolves once it answers. */
export async function openGateway(
  options: GatewayOptions,
  listen: { host: string; port: number },
): Promise<Gateway> {
  const { clock, logger, identities } = options
  let addresses: Addresses | undefined
  let draining = false
  const metrics = new SocketMetrics(options.allMetrics, new LimitNotes(logger, clock))
  const eventRequests = new EventRequests((code) => metrics.closed(code))
  const commandRate = new RateLimit(clock, { perMinute: 1_200, burst: 200 }, (userId) =>
    metrics.limited('commands', { user_id: userId }),
  )
  const limited = (limit = 'sign_in'): void => metrics.limited(limit)
  const parts: GatewayParts = {
    ...options,
    basePath: basePathOf(options.publicUrl),
    addresses() {
      if (!addresses) throw new Error('not listening yet')
      return addresses
    },
    registry: new Registry(),
    metrics,
    eventRequests,
    limited,
    commandRate,
    limits: LIMITS,
    runResults: createRunResults(options.hub),
    draining: () => draining,
    isLocal: (caller) => options.publicUrl === undefined && isLocalCaller(caller),
  }
  options.allMetrics.gauge('netra_sockets', 'Open sockets.', {
    read: () => parts.registry.size,
  })
  options.allMetrics.gauge('netra_event_requests', 'Streams read by plain requests.', {
    read: () => eventRequests.size,
  })
  const http = await createHttp(parts)
  await http.listen({ host: listen.host, port: listen.port, backlog: ACCEPT_QUEUE })
  const bound = http.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no address')
  addresses = createAddresses({
    publicUrl: options.publicUrl,
    webUrl: options.webUrl,
    authUrl: options.authUrl,
    port: bound.port,
    allowedOrigins: options.allowedOrigins,
  })
  const addressOf = addressBehind(options.trustedProxies)
  const upgrades = takeUpgrades(http.server, addresses, {
    identities,
    access: options.access,
    commands: options.commands,
    hub: options.hub,
    clock,
    logger,
    registry: parts.registry,
    metrics: parts.metrics,
    handle: handleMessage,
    threads: options.threads,
    environment: options.environment,
    handleClassic,
    addressOf,
    socketLimits: new SocketLimits({
      clock,
      registry: parts.registry,
      isLocal: (request) => parts.isLocal({ ip: addressOf(request), headers: request.headers }),
      limited: (limit, who) => metrics.limited(limit, who),
      maxSockets: options.maxSockets,
    }),
    commandRate,
    node: newId(),
    headOf: options.headOf,
  })
  const stopSweeping = sweepSockets(eventRequests, clock)
  const stopListening = identities.onSessionEnded((sessionId, why) => {
    for (const open of [
      ...parts.registry.ofSession(sessionId),
      ...eventRequests.ofSession(sessionId),
    ]) {
      const end = closeOf(why)
      open.close(end.close, end.why)
    }
  })

  return {
    port: bound.port,
    url: addresses.publicUrl,
    *openSessions() {
      for (const { userId, sessionId } of parts.registry) {
        if (userId !== undefined && sessionId !== undefined) yield { userId, sessionId }
      }
      for (const { reader } of eventRequests) yield reader.identity
    },
    async [Symbol.asyncDispose]() {
      draining = true
      stopListening()
      stopSweeping()
      const all = [...parts.registry, ...eventRequests]
      const { least, most } = DRAIN_JITTER_MS
      for (const open of all) open.goAway(Math.min(most, Math.max(least, all.length)))
      upgrades.close()
      const cancel = clock.after(DRAIN_MS, () => http.server.closeAllConnections())
      await http.close()
      cancel()
    },
  }
}
