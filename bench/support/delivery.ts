import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

import { createAccess, createThreads } from '../../packages/server/src/access/access.ts'
import type { Auth } from '../../packages/server/src/auth/auth.ts'
import type { Commands } from '../../packages/server/src/command/command.ts'
import { createAddresses } from '../../packages/server/src/gateway/addresses.ts'
import { handleClassic } from '../../packages/server/src/gateway/classic/handle-classic.ts'
import { handleMessage } from '../../packages/server/src/gateway/handle-message.ts'
import { Registry } from '../../packages/server/src/gateway/registry.ts'
import { SocketLimits } from '../../packages/server/src/gateway/socket-limits.ts'
import { SocketMetrics } from '../../packages/server/src/gateway/socket-metrics.ts'
import { takeUpgrades } from '../../packages/server/src/gateway/upgrade.ts'
import { createHub } from '../../packages/server/src/hub/hub.ts'
import {
  positionOf,
  type Journal,
  type StreamName,
} from '../../packages/server/src/journal/journal.ts'
import { systemClock } from '../../packages/server/src/platform/clock.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { createMetrics } from '../../packages/server/src/platform/metrics.ts'
import { RateLimit } from '../../packages/server/src/platform/rate-limit.ts'

/** The delivery path of one journal, with its own port. */
export interface Delivery extends AsyncDisposable {
  port: number
  /** Sockets open now. */
  readonly connections: number
}

/** Loopback, and room for a crowd that knocks at once: none of it may wait for a second SYN. */
export async function listen(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no address')
  return address.port
}

const noCommands = (): never => {
  throw new Error('a bench sends no commands here')
}

const COMMANDS: Commands = {
  sendMessage: noCommands,
  regenerate: noCommands,
  cancelRun: noCommands,
  createThread: noCommands,
  updateThread: noCommands,
  deleteThread: noCommands,
  deleteAccount: noCommands,
  freeAccountId: noCommands,
  stopRunsOf: noCommands,
  stopAll: noCommands,
  decide: noCommands,
}

/** Upgrade, connection, outbox, access and hub as the composition root builds them, without agents
 * and web pages. */
export async function openDelivery(parts: { journal: Journal; auth: Auth }): Promise<Delivery> {
  const { journal, auth } = parts
  const server = createServer()
  const port = await listen(server)
  const registry = new Registry()
  const metrics = createMetrics()
  const hub = createHub({ journal, clock: systemClock, logger: silentLogger, metrics })
  const upgrades = takeUpgrades(
    server,
    createAddresses({ publicUrl: undefined, port, allowedOrigins: [] }),
    {
      identities: auth,
      access: createAccess(journal),
      commands: COMMANDS,
      hub,
      clock: systemClock,
      logger: silentLogger,
      registry,
      metrics: new SocketMetrics(metrics),
      socketLimits: new SocketLimits({
        clock: systemClock,
        registry,
        isLocal: () => true,
        limited: () => undefined,
        maxSockets: 1_000_000,
      }),
      threads: createThreads(journal),
      environment: 'production',
      handleClassic,
      commandRate: new RateLimit(systemClock, { perMinute: 1_200, burst: 200 }),
      node: 'bench',
      handle: handleMessage,
      addressOf: (request) => request.socket.remoteAddress ?? '',
      headOf: async (stream) => positionOf(journal.epoch, await journal.head(stream as StreamName)),
    },
  )
  return {
    port,
    get connections() {
      return registry.size
    },
    async [Symbol.asyncDispose]() {
      upgrades.close()
      hub[Symbol.dispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
