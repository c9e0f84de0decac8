import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { questionProblem } from '@netra/protocol'

import { createAccess, createApprovals, createThreads } from './access/access.ts'
import { createAgents } from './agent/agent.ts'
import { ThreadedTokenCounter } from './agent/context/token-counter.ts'
import { createBuiltinModel } from './agent/model/builtin/builtin.ts'
import { createConnectionStore } from './agent/model/connection-store.ts'
import { createModels } from './agent/model/models.ts'
import { createPlanStore } from './agent/team/plan/plan-store.ts'
import { createTeamTools } from './agent/team/team.ts'
import { createDataTools } from './agent/tools/data/data-tools.ts'
import { remember } from './agent/tools/remember.ts'
import { createMappingStore } from './agent/workload/mapping-store.ts'
import {
  createCommands,
  createTimelines,
  startRetention,
  type Commands,
} from './command/command.ts'
import { catalogueOf, settingsPageOf } from './compose/agent-catalogue.ts'
import { auditOf } from './compose/audit-decisions.ts'
import { healthChecks, measureStore } from './compose/health-checks.ts'
import { openIdentitySource, type IdentitySource } from './compose/identity-source.ts'
import { openJournal } from './compose/open-journal.ts'
import { openLogger } from './compose/open-logger.ts'
import { openConnectedMcp } from './compose/open-mcp.ts'
import { openMoreAgents } from './compose/open-more-agents.ts'
import { openServiceMode } from './compose/open-service-mode.ts'
import { notingRoles, openSpending, openStopInbox } from './compose/open-spending.ts'
import { openConfiguredTelemetry } from './compose/open-telemetry.ts'
import { workloadPageOf } from './compose/open-workload.ts'
import { watchService } from './compose/watch-service.ts'
import type { Config } from './config/config.ts'
import { openFiles } from './files/open-files.ts'
import { sampleWorkload } from './files/sample-workload.ts'
import { stopRunsOfDisabledUsers } from './gateway/disabled-users.ts'
import { eraseExpiredUsers } from './gateway/expired-users.ts'
import { openGateway } from './gateway/gateway.ts'
import { eraseRemovedUsers } from './gateway/removed-users.ts'
import { createHealth } from './health/health.ts'
import type { StartupReport } from './health/startup/report.ts'
import { createHub } from './hub/hub.ts'
import { positionOf, type Journal, type StreamName } from './journal/journal.ts'
import { startUpkeep } from './journal/upkeep.ts'
import { createMemory } from './memory/memory.ts'
import { Breakers } from './platform/breakers.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import { shareDataFolder } from './platform/data-folder-lock.ts'
import { makeDataFolder } from './platform/data-folder.ts'
import { asId, type UserId } from './platform/ids.ts'
import { openKeyFile } from './platform/key-file.ts'
import { noteMemoryDeath } from './platform/last-death.ts'
import type { Logger } from './platform/logger.ts'
import { createMetrics } from './platform/metrics.ts'
import { RateLimit } from './platform/rate-limit.ts'
import type { LastResort } from './platform/recovery/last-resort.ts'
import { createRuns } from './run/run.ts'
import { measureModelCalls } from './service-levels/service-levels.ts'
import { createSpans } from './spans/spans.ts'
import { refuseOneWayMigration } from './startup/one-way-migration.ts'
import { metricsOfPeople } from './startup/startup-metrics.ts'
import { Startup, tellOf, viewOf } from './startup/startup.ts'
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
  /** What was checked before anybody was let in. */
  startup: StartupReport
  /**
   * Says at once that it is not ready, serves on for `delayMs` so that balancers notice, then sends
   * everybody away and lets runs end within the window, or hands them on. Dispose of it next.
   */
  drain(times: { delayMs: number; withinMs: number }): Promise<void>
}

/** A run that was silent for so long while the server goes down waits for something: it is handed on. */
const QUIET_MS = 2_000
const MAX_UPLOAD_BYTES = 200 * 1000 * 1000
export const WEB_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/**
 * Builds everything once, in the order of the flow, and opens the door last.
 *
 * @throws with what to do when the data folder is taken, the port is in use or a store is damaged.
 */
export async function startServer(
  config: Config,
  options: {
    clock?: Clock
    logger?: Logger
    webFolder?: string
    /** Only to try it out: nothing that an earlier process left is taken up, and nobody is let in. */
    trial?: boolean
    /** What catches the errors that nobody caught, once it is installed. */
    lastResort?: LastResort
  } = {},
): Promise<RunningServer> {
  const { trial = false } = options
  const { clock = systemClock, logger = openLogger(config), webFolder = WEB_FOLDER } = options
  const stack = new AsyncDisposableStack()
  const metrics = createMetrics({ process: true })
  options.lastResort?.measure(metrics)
  const people = metricsOfPeople(metrics)
  const startup = new Startup({ config, clock, webFolder, all: trial })
  try {
    // First to open, so last to close: what is said while the rest ends is exported too.
    const telemetry = stack.use(await openConfiguredTelemetry(config, { clock, logger, metrics }))
    const { spans } = telemetry
    makeDataFolder(config.dataDir)
    await startup.before()
    await startup.opened('migrations', refuseOneWayMigration(config))
    const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`
    let listening = publicUrl
    const { databaseUrl, metricsToken, openaiApiKey, anthropicApiKey, googleApiKey } =
      config.secrets
    const shared = databaseUrl !== undefined
    // With PostgreSQL several processes are one Netra; a SQLite journal takes the folder for itself.
    const sharing = shared ? stack.use(shareDataFolder(config.dataDir)) : { first: true }
    const breakers = new Breakers(clock, metrics)
    const opening = {
      journal: openJournal(config, { clock, logger, metrics }).then((opened) => stack.use(opened)),
      source: openIdentitySource(config, {
        breakers,
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
    const journal = await startup.opened('store', opening.journal)
    const source = await startup.opened('auth', opening.source)
    const key = await startup.opened('agents', opening.key)
    const { auth } = source

    // After the folder is held: what is found there is of the process before.
    const ranOutOfMemory = !trial && noteMemoryDeath(config.dataDir)

    const files = await openFiles({
      folder: join(config.dataDir, 'files'),
      rows: journal,
      clock,
      limits: { maxFileBytes: MAX_UPLOAD_BYTES },
      shared,
    })
    const spending = stack.use(
      openSpending(config, { journal, clock, logger, metrics: people.metrics }),
    )
    const mode = stack.use(
      openServiceMode(config, { journal, breakers, clock, logger, metrics, spending }),
    )
    const mappings = createMappingStore(journal)
    const dataTools = stack.use(
      createDataTools({
        files,
        mappings,
        dataFolder: config.dataDir,
        logger,
        clock,
      }),
    )
    const models = await createModels({
      settings: {
        model: config.model,
        modelFallback: config.modelFallback,
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
      breakers,
      clock,
      logger,
    })
    const memory = createMemory({ journal, clock })
    const approvals = createApprovals({ journal, clock })
    const plans = createPlanStore(journal)
    const team = createTeamTools({ workloads: dataTools.workloads, files, plans, clock })
    const tools = [...dataTools, remember(memory), ...team]
    const more = stack.use(
      await openMoreAgents(config, { tools, files, rows: journal, key, clock, logger }),
    )
    const connected = stack.use(
      openConnectedMcp(config, {
        rows: journal,
        key,
        breakers,
        clock,
        logger,
        metrics,
        publicUrl: () => config.publicUrl ?? listening,
        webUrl: () => config.webPublicUrl ?? config.publicUrl ?? listening,
      }),
    )
    const agents = createAgents({
      models,
      toolSources: [connected.mcp.source],
      registry: more.registry,
      tools,
      counter: stack.use(new ThreadedTokenCounter({ clock, logger })),
      background: ({ userId }) => memory.told(asId<UserId>(userId)),
      files,
      clock,
      logger,
      metrics: people.metrics,
      breakers,
      toolsOff: () => mode.toolsOff(),
      askable: questionProblem,
      unasked: (userId) => approvals.unaskedDefinitions(asId<UserId>(userId)),
    })

    const runs = createRuns({
      journal,
      agents,
      defaultModel: async () => (await models.list()).default,
      clock,
      logger,
      metrics: people.metrics,
      isSoleOwner: !shared,
      spending,
      ranOutOfMemory,
      onDecided: (decided) => auth?.audit.record(auditOf(decided)),
      spans: measureModelCalls(people.metrics, spans),
    })
    stack.use(runs)
    const modelSpans = createSpans({ journal, clock, logger })
    const access = createAccess(journal)
    const messageRate = new RateLimit(clock, { perMinute: 240, burst: 120 })
    const leaving = (userId: string): Promise<void> => {
      connected.mcp.forgetPerson(userId)
      return connected.oauth.forgetPerson(userId)
    }
    const commandParts = {
      access,
      files,
      journal,
      runs,
      clock,
      messageRate,
      mode,
      spending,
      modelUse: (agent: string, model: string) => agents.modelUse(agent, model),
      leaving,
    }
    const commands = createCommands(commandParts)
    const stopInbox = stack.use(openStopInbox(config, { commands, spending, auth, clock, logger }))
    const retention = stack.use(await startRetention({ ...commandParts, logger }))
    if (!trial) tidyUp(stack, { source, journal, commands, clock, logger })
    const hub = stack.use(createHub({ journal, clock, logger, metrics: people.metrics }))

    const health = createHealth({
      clock,
      checks: healthChecks({ journal, source, webFolder, config, lastResort: options.lastResort }),
    })
    measureStore(metrics, journal)
    const serviceLevels = watchService(stack, {
      config,
      clock,
      logger,
      metrics: people.metrics,
      journal,
      runs,
      tools: dataTools,
    })
    const gateway = stack.use(
      await startup.opened(
        'sockets',
        openGateway(
          {
            identities: notingRoles(startup.identity.among(source.identities), spending),
            auth,
            authForward: source.forward,
            access,
            threads: createThreads(journal),
            commands,
            files,
            retention,
            memory,
            approvals,
            plans,
            timelines: createTimelines({ access, journal, runs, clock, spans }),
            errors: telemetry.errors,
            spans,
            hub,
            health,
            agents: catalogueOf(agents, models),
            mcp: connected.mcp,
            mcpOauth: connected.oauth,
            modelSettings: settingsPageOf(models),
            moreAgents: more.page,
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
            allMetrics: people.metrics,
            serviceLevels,
            metricsToken,
            startup: viewOf(startup),
            breakers,
            mode,
            spending,
            modelSpans,
            workload: workloadPageOf({
              journal,
              files,
              mappings,
              mappedFiles: dataTools.mappedFiles,
              workloads: dataTools.workloads,
              spans: modelSpans,
              clock,
            }),
          },
          { host: config.host, port: config.port },
        ),
      ),
    )
    listening = gateway.url
    startup.phase('open')
    await startup.after({
      journal,
      auth,
      askAuth: () => source.check(),
      agents,
      brokenAgents: () => more.broken(),
      models,
      commands,
      port: gateway.port,
    })
    hub.deliveries.forgetDeparted()
    people.begin()
    tellOf(startup, logger)
    const letIn = async (): Promise<number> => {
      source.watch(() => gateway.openSessions())
      mode.begin()
      await spending.begin()
      await stopInbox.begin()
      gateway.openDoor()
      return runs.recover()
    }
    const recovered = trial ? 0 : await letIn()
    // A new link would end the one that the first process printed.
    const token = sharing.first && !trial ? auth?.setupToken() : undefined
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
      startup: startup.report,
      async drain({ delayMs, withinMs }) {
        gateway.beginDrain()
        if (delayMs > 0) await new Promise<void>((go) => clock.after(delayMs, go))
        const [away] = await Promise.all([
          gateway.sendAway(withinMs),
          runs.drain({ withinMs, quietMs: QUIET_MS }),
        ])
        logger.info(away, 'everybody was sent away, and runs have ended or are handed on')
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What goes on beside serving: journal and accounts are kept in order. */
function tidyUp(
  stack: AsyncDisposableStack,
  parts: {
    source: IdentitySource
    journal: Journal
    commands: Commands
    clock: Clock
    logger: Logger
  },
): void {
  const { auth, identities, removals } = parts.source
  stack.use(startUpkeep(parts))
  if (auth) stack.use(eraseExpiredUsers({ ...parts, testUsers: auth.testUsers }))
  stack.use(stopRunsOfDisabledUsers({ ...parts, identities }))
  stack.use(eraseRemovedUsers({ ...parts, removals }))
}
