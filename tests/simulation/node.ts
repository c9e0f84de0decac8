import { createAccess } from '../../packages/server/src/access/access.ts'
import type { Agents } from '../../packages/server/src/agent/agent.ts'
import { createCommands } from '../../packages/server/src/command/command.ts'
import type { Files } from '../../packages/server/src/files/files.ts'
import { Connection, type ConnectionParts } from '../../packages/server/src/gateway/connection.ts'
import { handleMessage } from '../../packages/server/src/gateway/handle-message.ts'
import { Registry } from '../../packages/server/src/gateway/registry.ts'
import { SocketLimits } from '../../packages/server/src/gateway/socket-limits.ts'
import { SocketMetrics } from '../../packages/server/src/gateway/socket-metrics.ts'
import { sweepSockets } from '../../packages/server/src/gateway/sweep.ts'
import { createHub } from '../../packages/server/src/hub/hub.ts'
import type { Identities } from '../../packages/server/src/identity/identity.ts'
import {
  positionOf,
  type Journal,
  type StreamName,
} from '../../packages/server/src/journal/journal.ts'
import { asId, type UserId } from '../../packages/server/src/platform/ids.ts'
import type { Logger } from '../../packages/server/src/platform/logger.ts'
import { createMetrics } from '../../packages/server/src/platform/metrics.ts'
import { RateLimit } from '../../packages/server/src/platform/rate-limit.ts'
import { createRuns } from '../../packages/server/src/run/run.ts'
import { scriptedAgents } from './agent.ts'
import { tokenAuth } from './auth.ts'
import type { Host } from './host.ts'
import type { NodeStore } from './node-store.ts'
import type { Wire } from './wire.ts'

const DRAIN_JITTER_MS = 2_000

export interface NodeParts {
  host: Host
  logger: Logger
  store: NodeStore
}

/** One running node: the shipped parts, put together as the server does, without HTTP. */
export interface Node extends AsyncDisposable {
  readonly journal: Journal
  accept(wire: Wire): void
  /** As a request by HTTP: the answer may get lost, the wish may be done all the same. */
  deleteThread(user: string, thread: string): Promise<void>
  /** Open runs in the store. */
  openRuns(): Promise<number>
}

/** @throws when the store cannot be opened. */
export async function startNode({ host, logger, store }: NodeParts): Promise<Node> {
  const { clock } = host
  const journal = await store.open(host, logger)
  const metrics = createMetrics()
  const runs = createRuns({
    journal,
    agents: scriptedAgents(clock) as Agents,
    defaultModel: async () => 'scripted/model',
    clock,
    logger,
    metrics,
    isSoleOwner: store.isSoleOwner,
  })
  const access = createAccess(journal)
  const files = { find: async () => undefined } as unknown as Files
  const messageRate = new RateLimit(clock, { perMinute: 240, burst: 120 })
  const commands = createCommands({ access, files, journal, runs, clock, messageRate })
  const hub = createHub({ journal, clock, logger, metrics })
  const registry = new Registry()
  const parts: ConnectionParts = {
    identities: tokenAuth(clock) as Identities,
    access,
    commands,
    hub,
    clock,
    logger,
    registry,
    metrics: new SocketMetrics(metrics),
    commandRate: new RateLimit(clock, { perMinute: 1_200, burst: 200 }),
    socketLimits: new SocketLimits({
      clock,
      registry,
      isLocal: () => true,
      limited: () => undefined,
      maxSockets: 1_000,
    }),
    node: host.name,
    addressOf: () => '10.0.0.1',
    handle: handleMessage,
    headOf: async (stream) => positionOf(journal.epoch, await journal.head(stream as StreamName)),
  }
  const stopSweeping = sweepSockets(registry, clock)
  let isDraining = false
  await runs.recover()
  return {
    journal,
    accept(wire) {
      if (isDraining) return wire.refused()
      const handshake = {
        origin: undefined,
        cookie: undefined,
        authorization: undefined,
        protocolToken: undefined,
        address: '10.0.0.1',
      }
      // oxlint-disable-next-line no-new -- the connection files itself in the registry
      new Connection(wire.socket, wire.stream, handshake, parts)
      wire.opened()
    },
    async deleteThread(user, thread) {
      const outcome = await commands.deleteThread(asId<UserId>(user), thread)
      logger.info({ thread, ok: outcome.ok }, 'asked to delete a thread')
    },
    async openRuns() {
      const rows = await journal.db
        .selectFrom('run')
        .select('id')
        .where('state', 'in', ['queued', 'running', 'waiting'])
        .execute()
      return rows.length
    },
    async [Symbol.asyncDispose]() {
      isDraining = true
      for (const connection of registry) connection.goAway(DRAIN_JITTER_MS)
      stopSweeping()
      hub[Symbol.dispose]()
      await runs[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
    },
  }
}
