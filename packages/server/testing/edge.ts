import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import { MovingClock } from '../../../tests/support/moving-clock.ts'
import { createAddresses } from '../src/gateway/addresses.ts'
import { handleClassic } from '../src/gateway/classic/handle-classic.ts'
import { handleMessage } from '../src/gateway/handle-message.ts'
import { Registry } from '../src/gateway/registry.ts'
import { SocketLimits } from '../src/gateway/socket-limits.ts'
import { SocketMetrics } from '../src/gateway/socket-metrics.ts'
import { takeUpgrades } from '../src/gateway/upgrade.ts'
import type { Authentication, Identity } from '../src/identity/identity.ts'
import { asId, type SessionId, type UserId } from '../src/platform/ids.ts'
import { silentLogger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { RateLimit } from '../src/platform/rate-limit.ts'

/** Real sockets before an auth service that a test lets fail as it likes, on a clock that it moves. */
export interface Edge extends AsyncDisposable {
  url: string
  clock: MovingClock
  metrics: SocketMetrics
  registry: Registry
  /** What the auth service says; at first it lets everybody in. */
  authenticate: () => Promise<Authentication>
  isLive: () => boolean | 'unavailable'
  /** Bytes that wait in this process for a client that does not read. */
  unread(): number
}

const identity: Identity = {
  userId: asId<UserId>('somebody'),
  email: 'somebody@example.com',
  name: 'Somebody',
  role: 'user',
  sessionId: asId<SessionId>('session'),
  expiresAt: '2999-01-01T00:00:00.000Z',
  kind: 'token',
  scopes: null,
  isTestUser: false,
}

export const letIn = async (): Promise<Authentication> => ({ ok: true, identity, setCookies: [] })

export async function openEdge(): Promise<Edge> {
  const clock = new MovingClock()
  const registry = new Registry()
  const metrics = new SocketMetrics(createMetrics())
  const server = createServer()
  const streams: Socket[] = []
  server.on('connection', (stream) => streams.push(stream))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const addresses = createAddresses({ publicUrl: undefined, port, allowedOrigins: [] })
  const parts = {
    identities: {
      authenticate: () => edge.authenticate(),
      sessionState: () => {
        const live = edge.isLive()
        if (live === true) return { live, session: identity }
        return { live: false, why: live === 'unavailable' ? live : 'revoked' }
      },
    },
    clock,
    logger: silentLogger,
    registry,
    metrics,
    // One thread whose list is half a megabyte.
    threads: { list: async () => [{ title: 'x'.repeat(500_000) }] },
    commandRate: new RateLimit(clock, { perMinute: 600, burst: 100 }),
    environment: 'test',
    node: 'node',
    handle: handleMessage,
    handleClassic,
    addressOf: () => '127.0.0.1',
    socketLimits: new SocketLimits({
      clock,
      registry,
      isLocal: () => true,
      limited: () => undefined,
      maxSockets: 100,
    }),
  }
  const upgrades = takeUpgrades(
    server,
    addresses,
    parts as unknown as Parameters<typeof takeUpgrades>[2],
  )
  const edge: Edge = {
    url: `http://127.0.0.1:${port}`,
    clock,
    metrics,
    registry,
    authenticate: letIn,
    isLive: () => true,
    unread: () => Math.max(...streams.map(({ writableLength }) => writableLength)),
    async [Symbol.asyncDispose]() {
      upgrades.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return edge
}
