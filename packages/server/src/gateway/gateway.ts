import { newId } from '../platform/ids.ts'
import { RateLimit } from '../platform/rate-limit.ts'
import { basePathOf, createAddresses, type Addresses } from './addresses.ts'
import { handleClassic } from './classic/handle-classic.ts'
import { addressBehind, isLocalCaller } from './client-address.ts'
import { Door } from './door.ts'
import { sendAway } from './drain.ts'
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
  MoreAgentsPage,
  SampleFile,
  StartupView,
} from './ports.ts'

export interface Gateway extends AsyncDisposable {
  /** The port that was really taken. */
  readonly port: number
  readonly url: string
  /** Lets in whoever waits at the door: the checks of the start are over. Counts begin here. */
  openDoor(): void
  /** From here on it says that it is not ready; it still serves. */
  beginDrain(): void
  /** Sends everybody away over a part of the window, and takes no more sockets. */
  sendAway(withinMs: number): Promise<{ sent: number; spreadMs: number }>
  /** Login sessions that a socket or a stream is open for; one may come several times. */
  openSessions(): Iterable<{ userId: string; sessionId: string }>
}

/** Requests under way get so long; then whoever still waits, or says nothing at all, is cut off. */
const DRAIN_MS = 2_000
/** Also who asked at the very end of a drain gets so long. */
const LEAST_DRAIN_MS = 250
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
  /** Since when nobody new is taken, on the monotonic clock. */
  let leavingSince: number | undefined
  const door = new Door(
    (authorization) => options.startup.isOwn(authorization),
    basePathOf(options.publicUrl),
  )
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
    door,
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
    door,
    isLeaving: () => leavingSince !== undefined,
    node: newId(),
    headOf: options.headOf,
    mode: options.mode,
    spans: options.spans,
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

  const everybody = () => [...parts.registry, ...eventRequests]

  return {
    port: bound.port,
    url: addresses.publicUrl,
    openDoor() {
      parts.registry.total = 0
      metrics.begin()
      door.open()
    },
    beginDrain() {
      draining = true
    },
    sendAway(withinMs) {
      draining = true
      leavingSince ??= clock.monotonic()
      return sendAway({ open: everybody, withinMs, clock })
    },
    *openSessions() {
      for (const { userId, sessionId } of parts.registry) {
        if (userId !== undefined && sessionId !== undefined) yield { userId, sessionId }
      }
      for (const { reader } of eventRequests) yield reader.identity
    },
    async [Symbol.asyncDispose]() {
      stopListening()
      stopSweeping()
      draining = true
      leavingSince ??= clock.monotonic()
      const left = DRAIN_MS - (clock.monotonic() - leavingSince)
      await sendAway({ open: everybody, withinMs: 0, clock })
      upgrades.close()
      const cancel = clock.after(Math.max(LEAST_DRAIN_MS, left), () =>
        http.server.closeAllConnections(),
      )
      await http.close()
      cancel()
    },
  }
}
