import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createAccess, createThreads } from './access/access.ts'
import { createAgents, type Agents } from './agent/agent.ts'
import { createBuiltinModel } from './agent/model/builtin/builtin.ts'
import { createConnectionStore } from './agent/model/connection-store.ts'
import { createModels, type Models } from './agent/model/models.ts'
import { createDataTools } from './agent/tools/data/data-tools.ts'
import { createCommands, startRetention } from './command/command.ts'
import type { Config } from './config/config.ts'
import { openFiles } from './files/open-files.ts'
import { sampleWorkload } from './files/sample-workload.ts'
import { stopRunsOfDisabledUsers } from './gateway/disabled-users.ts'
import { eraseExpiredUsers } from './gateway/expired-users.ts'
import { openGateway, type AgentCatalogue, type ModelSettingsPage } from './gateway/gateway.ts'
import { eraseRemovedUsers } from './gateway/removed-users.ts'
import { createHealth } from './health/health.ts'
import { createHub } from './hub/hub.ts'
import { openIdentitySource, type IdentitySource } from './identity-source.ts'
import { positionOf, type Journal, type StreamName } from './journal/journal.ts'
import { openSqliteJournal } from './journal/sqlite/sqlite-journal.ts'
import { startUpkeep } from './journal/upkeep.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import { shareDataFolder } from './platform/data-folder-lock.ts'
import { makeDataFolder } from './platform/data-folder.ts'
import { openKeyFile } from './platform/key-file.ts'
import { noteMemoryDeath } from './platform/last-death.ts'
import { createLogger, type Logger } from './platform/logger.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import { RateLimit } from './platform/rate-limit.ts'
import { createRuns } from './run/run.ts'
import { REVISION, VERSION } from './version.ts'

export interface RunningServer extends AsyncDisposable {
  /** Where browsers reach it. */
  url: string
  port: number
  /** One-time link that makes the administrator's account; undefined when there is one. */
  setupUrl: string | undefined
  /** Of an auth service elsewhere. @throws AuthUnavailable */
  setupRequiredElsewhere: () => Promise<boolean>
  /** Runs an earlier process left open, now going on. */
  recovered: number
}

const MAX_UPLOAD_BYTES = 200 * 1000 * 1000
export const WEB_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/**
 * Builds everything once, in the order of the flow, and opens the door last.
 *
 * @throws with what to do when the data folder is taken, the port is in use or a store is damaged.
 */
export async function startServer(
  config: Config,
  options: { clock?: Clock; logger?: Logger; webFolder?: string } = {},
): Promise<RunningServer> {
  const {
    clock = systemClock,
    logger = createLogger(config.logLevel),
    webFolder = WEB_FOLDER,
  } = options
  const stack = new AsyncDisposableStack()
  const metrics = createMetrics()
  try {
    makeDataFolder(config.dataDir)
    const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`
    let listening = publicUrl
    const { databaseUrl, metricsToken, openaiApiKey, anthropicApiKey, googleApiKey } =
      config.secrets
    const shared = databaseUrl !== undefined
    // With PostgreSQL several processes are one Netra; a SQLite journal takes the folder for itself.
    const sharing = shared ? stack.use(shareDataFolder(config.dataDir)) : { first: true }
    const opening = {
      journal: openJournal(config, { clock, logger, metrics }).then((opened) => stack.use(opened)),
      source: openIdentitySource(config, {
        publicUrl,
        webUrl: () => listening,
        shared,
        clock,
        logger,
        metrics,
      }).then((opened) => stack.use(opened)),
      key: openKeyFile(join(config.dataDir, 'keys', 'connections-key')),
    }
    // What opened beside a failure must be there to be closed, or it keeps the process alive.
    await Promise.allSettled(Object.values(opening))
    const [journal, source, key] = [await opening.journal, await opening.source, await opening.key]
    const { auth } = source

    // After the folder is held: what is found there is of the process before.
    const ranOutOfMemory = noteMemoryDeath(config.dataDir)

    const files = await openFiles({
      folder: join(config.dataDir, 'files'),
      rows: journal,
      clock,
      limits: { maxFileBytes: MAX_UPLOAD_BYTES },
      shared,
    })
    const dataTools = stack.use(
      createDataTools({ files, dataFolder: config.dataDir, logger, clock }),
    )
    const models = await createModels({
      settings: {
        model: config.model,
        openaiApiKey,
        anthropicApiKey,
        googleApiKey,
        openaiBaseUrl: config.openaiBaseUrl,
        anthropicBaseUrl: config.anthropicBaseUrl,
      },
      store: createConnectionStore({
        rows: journal,
        key,
        now: () => new Date(clock.now()).toISOString(),
      }),
      builtin: createBuiltinModel(),
      clock,
      logger,
    })
    const agents = createAgents({ models, tools: dataTools, files, clock, logger, metrics })

    const runs = createRuns({
      journal,
      agents,
      defaultModel: async () => (await models.list()).default,
      clock,
      logger,
      metrics,
      isSoleOwner: !shared,
      tokensPerDay: config.tokensPerDay,
      ranOutOfMemory,
    })
    stack.use(runs)
    stack.use(startUpkeep({ journal, clock, logger }))
    const access = createAccess(journal)
    const messageRate = new RateLimit(clock, { perMinute: 240, burst: 120 })
    const commandParts = { access, files, journal, runs, clock, messageRate }
    const commands = createCommands(commandParts)
    const retention = stack.use(await startRetention({ ...commandParts, logger }))
    if (auth) {
      stack.use(eraseExpiredUsers({ testUsers: auth.testUsers, commands, clock, logger }))
    }
    stack.use(stopRunsOfDisabledUsers({ identities: source.identities, commands, clock, logger }))
    stack.use(eraseRemovedUsers({ removals: source.removals, commands, clock, logger }))
    const hub = stack.use(createHub({ journal, clock, logger, metrics }))

    const health = createHealth({
      clock,
      checks: checksOf({ journal, source, webFolder }),
      details: { auth: source.details },
    })
    const gateway = stack.use(
      await openGateway(
        {
          identities: source.identities,
          auth,
          authForward: source.forward,
          access,
          threads: createThreads(journal),
          commands,
          files,
          retention,
          hub,
          health,
          agents: catalogueOf(agents, models),
          modelSettings: settingsPageOf(models),
          sample: sampleWorkload,
          clock,
          logger,
          headOf: async (stream) =>
            positionOf(journal.epoch, await journal.head(stream as StreamName)),
          webFolder,
          version: VERSION,
          revision: REVISION,
          environment: config.environment,
          publicUrl: config.publicUrl,
          webUrl: config.webPublicUrl,
          authUrl: config.authPublicUrl,
          allowedOrigins: config.allowedOrigins,
          trustedProxies: config.trustedProxies,
          requestsPerMinute: config.requestsPerMinute,
          maxSockets: config.maxSockets,
          https: config.https,
          maxUploadBytes: MAX_UPLOAD_BYTES,
          allMetrics: metrics,
          metricsToken,
        },
        { host: config.host, port: config.port },
      ),
    )
    listening = gateway.url
    source.watch(() => gateway.openSessions())
    const recovered = await runs.recover()
    // A new link would end the one that the first process printed.
    const token = sharing.first ? auth?.setupToken() : undefined
    return {
      url: gateway.url,
      port: gateway.port,
      setupUrl:
        token === undefined
          ? undefined
          : `${config.webPublicUrl ?? gateway.url}/setup#token=${token}`,
      setupRequiredElsewhere: async () =>
        auth === undefined && (await source.identities.entrance(true)).setup_required,
      recovered,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function openJournal(
  { dataDir, secrets }: Config,
  parts: { clock: Clock; logger: Logger; metrics: Metrics },
): Promise<Journal> {
  if (secrets.databaseUrl === undefined) return openSqliteJournal({ folder: dataDir, ...parts })
  const markFile = join(dataDir, 'postgres.mark')
  // Its client is loaded where it is used: nobody else waits for it at start.
  const { openPostgresJournal } = await import('./journal/postgres/postgres-journal.ts')
  return openPostgresJournal({ url: secrets.databaseUrl, markFile, ...parts })
}

function checksOf(parts: { journal: Journal; source: IdentitySource; webFolder: string }) {
  return {
    async backend() {
      const { writable, problem } = parts.journal.status()
      if (!writable) throw new Error(problem ?? 'the journal cannot be written')
      await parts.journal.query({ sql: 'select 1 as one', parameters: [] })
    },
    auth: () => parts.source.check(),
    async frontend() {
      if (!existsSync(join(parts.webFolder, 'index.html'))) {
        throw new Error('the web app is not built; run: npm run build --workspace @netra/web')
      }
    },
  }
}

const catalogueOf = (agents: Agents, models: Models): AgentCatalogue => ({
  list: () => agents.list(),
  models: () => models.list(),
  breaker: async (agent) => (agents.resolve(agent, '') ? models.breaker(null) : undefined),
  breakerState: async (_agent, model) => (await models.breaker(model)).state,
})

function settingsPageOf(models: Models): ModelSettingsPage {
  const { connections } = models
  return {
    async list() {
      const found = await connections.list()
      return { connections: found, default_model: connections.chosenDefault() }
    },
    put: (provider, change) => connections.put(provider, change),
    remove: (provider) => connections.remove(provider),
    test: (provider) => connections.test(provider),
    setDefaultModel: (model) => connections.setDefaultModel(model),
  }
}
