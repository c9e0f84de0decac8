import { createHash, randomUUID } from 'node:crypto'

import type { Agents } from '../agent/agent.ts'
import type { Models } from '../agent/model/models.ts'
import type { Auth } from '../auth/auth.ts'
import type { Commands } from '../command/command.ts'
import type { Config } from '../config/config.ts'
import type { StartupView } from '../gateway/gateway.ts'
import { OwnSocket } from '../gateway/own-socket.ts'
import { agentsCheck } from '../health/startup/agents.ts'
import { authCheck } from '../health/startup/auth.ts'
import {
  STARTUP_CHECK_IDS,
  wordsOf,
  type StartupCheck,
  type StartupCheckId,
} from '../health/startup/check.ts'
import { clockCheck } from '../health/startup/clock.ts'
import { configurationCheck } from '../health/startup/configuration.ts'
import { diskCheck } from '../health/startup/disk.ts'
import { goldenPathCheck } from '../health/startup/golden-path.ts'
import { migrationsCheck, type SchemaVersion } from '../health/startup/migrations.ts'
import {
  StartupFailed,
  statusOf,
  type StartupReport,
  type StartupResult,
} from '../health/startup/report.ts'
import { runChecks } from '../health/startup/run-checks.ts'
import { socketsCheck } from '../health/startup/sockets.ts'
import { storeCheck } from '../health/startup/store.ts'
import { webAssetsCheck } from '../health/startup/web-assets.ts'
import { threadStream, type Journal } from '../journal/journal.ts'
import { rowMigrations } from '../journal/migrations/migrations.ts'
import type { Clock } from '../platform/clock.ts'
import { DataFolderTaken } from '../platform/data-folder-lock.ts'
import { DataFolderUnusable } from '../platform/data-folder.ts'
import { asId, newId, type ThreadId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { StartupIdentity } from './startup-identity.ts'
import { StartupMarks } from './startup-marks.ts'

/** To an agent that costs nothing; only one that has called its tool can answer. */
function newQuestion() {
  const text = `start-up check ${randomUUID()}`
  const answer = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return { text, agent: 'selftest', model: 'netra/selftest', answer }
}

export interface Started {
  journal: Journal
  auth: Auth | undefined
  /** Asks the auth service, where that is elsewhere. */
  askAuth: () => Promise<void>
  agents: Agents
  /** Files of agents that cannot be used, with what is wrong in them. */
  brokenAgents: () => readonly string[]
  models: Models
  commands: Commands
  port: number
}

interface Parts {
  config: Config
  clock: Clock
  webFolder: string
  /** Go on after a failure, to tell everything that is wrong. */
  all?: boolean
}

/** What must hold before anybody is let in, and how long each part of the start took. */
export class Startup {
  readonly identity: StartupIdentity
  readonly #parts: Parts
  readonly #since: { nowMs: number; monotonicMs: number }
  readonly #phases: { name: string; ms: number }[] = []
  readonly #results: StartupResult[] = []
  #phaseBegunAt: number
  #socket: OwnSocket | undefined
  #isOver = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { clock } = parts
    this.identity = new StartupIdentity(clock)
    this.#since = { nowMs: clock.now(), monotonicMs: clock.monotonic() }
    this.#phaseBegunAt = performance.now()
    this.#phases.push({ name: 'load', ms: rounded(this.#phaseBegunAt) })
  }

  /** The checks are over, and passed or were gone around. */
  get isReady(): boolean {
    return this.#isOver && statusOf(this.#results) !== 'failed'
  }

  /** Checks that did not pass and that the operator goes around. */
  get bypassed(): StartupCheckId[] {
    return this.#results.flatMap(({ id, status }) => (status === 'bypassed' ? [id] : []))
  }

  get report(): StartupReport {
    const status = statusOf(this.#results)
    return {
      status: status === 'failed' || this.#isOver ? status : 'running',
      total_ms: rounded(this.#phases.reduce((sum, { ms }) => sum + ms, 0)),
      phases: [...this.#phases],
      checks: STARTUP_CHECK_IDS.flatMap(
        (wanted) => this.#results.find(({ id }) => id === wanted) ?? [],
      ),
    }
  }

  /** Ends a phase that is no check. */
  phase(name: string): void {
    const now = performance.now()
    this.#phases.push({ name, ms: rounded(now - this.#phaseBegunAt) })
    this.#phaseBegunAt = now
  }

  /** What can be told before anything is opened. @throws StartupFailed */
  async before(): Promise<void> {
    const { config, webFolder } = this.#parts
    await this.#run([
      configurationCheck({ environment: config.environment, warnings: config.warnings }),
      diskCheck({ folder: config.dataDir }),
      webAssetsCheck({ folder: webFolder, isElsewhere: config.webPublicUrl !== undefined }),
    ])
  }

  /**
   * What could not even be opened has not passed its check, and no bypass makes it there.
   *
   * @throws StartupFailed; a data folder that is another's, or none, is told as it is.
   */
  async opened<T>(id: StartupCheckId, opening: Promise<T>): Promise<T> {
    try {
      return await opening
    } catch (error) {
      if (error instanceof DataFolderTaken || error instanceof DataFolderUnusable) throw error
      const problem = wordsOf(error)
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      this.#results.push({
        id: /newer Netra/.test(problem) ? 'migrations' : id,
        status: 'failed',
        ms: rounded(performance.now() - this.#phaseBegunAt),
        problem,
        remedy: isTaken
          ? 'Stop what uses that port, or set PORT to another one.'
          : this.#remedyOf(id),
      })
      throw new StartupFailed(this.report)
    }
  }

  /** For what could not be opened at all. */
  #remedyOf(id: StartupCheckId): string {
    const { dataDir, secrets } = this.#parts.config
    if (id === 'store' && secrets.databaseUrl !== undefined) {
      return 'See that the database of DATABASE_URL runs and lets this user in.'
    }
    const files: Partial<Record<StartupCheckId, string>> = {
      store: 'journal.db',
      auth: 'auth.db and keys/',
      agents: 'keys/',
    }
    const file = files[id]
    return file === undefined
      ? 'See what it says, then start again.'
      : `See ${file} in ${dataDir}: if it is damaged, move the folder away and restore a backup (netra restore; docs/operate/backup.md).`
  }

  /** The rest, through the server's own door. @throws StartupFailed */
  async after(started: Started): Promise<void> {
    const { config, clock } = this.#parts
    const { journal, auth, commands } = started
    const { userId } = this.identity
    const marks = new StartupMarks({ journal, clock, userId })
    const lastSeen = marks.lastSeenMs().catch(() => undefined)
    await lastSeen
    try {
      await this.#run([
        storeCheck({
          write: () => marks.write(),
          read: () => marks.isWritten(),
          describe: () => (config.secrets.databaseUrl === undefined ? 'SQLite' : 'PostgreSQL'),
        }),
        migrationsCheck({ versions: () => versionsOf(journal, auth) }),
        clockCheck({ clock, since: this.#since, lastSeenMs: () => lastSeen }),
        authCheck(
          auth === undefined
            ? { kind: 'elsewhere', url: config.authServiceUrl ?? '', ask: started.askAuth }
            : { kind: 'inside', prove: async () => auth.prove() },
        ),
        agentsCheck({
          lacking: () => started.agents.lacking(),
          broken: () => started.brokenAgents(),
          openDefaultModel: async () => (await started.models.open(null)).name.id,
          isModelFromSettings: config.model !== undefined,
        }),
        socketsCheck({
          open: (signal) => this.#open(started.port, signal),
          userId,
          opened: () => undefined,
        }),
        goldenPathCheck({
          socket: () => this.#socket,
          question: newQuestion(),
          newId,
          streamOf: (threadId) => threadStream(asId<ThreadId>(threadId)),
          erase: () => marks.erase(commands),
        }),
      ])
      await marks.eraseAbandoned(commands, config.secrets.databaseUrl === undefined)
    } finally {
      await this.#socket?.close()
      this.identity.end()
    }
    this.#isOver = true
  }

  async #open(port: number, signal: AbortSignal): Promise<OwnSocket> {
    const { config } = this.#parts
    const address = `${ownAddress(config.host)}:${port}`
    const host = `localhost:${port}`
    this.#socket = await OwnSocket.open({ address, host, token: this.identity.token }, signal)
    return this.#socket
  }

  async #run(checks: readonly StartupCheck[]): Promise<void> {
    const { clock, config, all } = this.#parts
    const bypass = new Set(config.bypassStartupChecks)
    const results = await runChecks(checks, {
      clock,
      bypass,
      before: this.#results,
      ...(all && { all }),
    })
    this.#results.push(...results)
    for (const { id, ms } of results) this.#phases.push({ name: id, ms })
    this.#phaseBegunAt = performance.now()
    if (!all && statusOf(this.#results) === 'failed') throw new StartupFailed(this.report)
  }
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10

/** Where this process reaches what it listens on itself. */
export function ownAddress(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

async function versionsOf(journal: Journal, auth: Auth | undefined): Promise<SchemaVersion[]> {
  const rows = await journal.query<{ part: string; version: number }>({
    sql: 'select part, version from schema_version order by part',
    parameters: [],
  })
  const known: Record<string, number> = { rows: rowMigrations.length }
  const versions = rows.map(({ part, version }) => ({ part, found: version, known: known[part] }))
  return auth === undefined ? versions : [...versions, { part: 'accounts', ...auth.schema() }]
}

/** One record, with where the time went; what is gone around is told louder. */
export function tellOf({ report, bypassed }: Startup, logger: Logger): void {
  const { checks, ...times } = report
  const found = Object.fromEntries(
    checks.map(({ id, status, detail, problem }) => [id, { status, detail, problem }]),
  )
  logger.info({ ...times, checks: found }, 'started')
  if (bypassed.length > 0) {
    logger.warn(
      { startup_bypass: bypassed },
      'serving although start-up checks failed: NETRA_BYPASS_STARTUP_CHECKS is set',
    )
  }
}

export const viewOf = (startup: Startup): StartupView => ({
  get isReady() {
    return startup.isReady
  },
  get bypassed() {
    return startup.bypassed
  },
  get report() {
    return startup.report
  },
  isOwn: (authorization) => startup.identity.isOwn(authorization),
})
