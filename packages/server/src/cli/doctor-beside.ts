import { readdir } from 'node:fs/promises'

import { isAgentFile } from '../agent/own/own.ts'
import type { Config } from '../config/config.ts'
import { OwnSocket } from '../gateway/own-socket.ts'
import {
  CheckFailed,
  STARTUP_CHECK_IDS,
  type StartupCheck,
  type StartupCheckId,
} from '../health/startup/check.ts'
import { configurationCheck } from '../health/startup/configuration.ts'
import { diskCheck } from '../health/startup/disk.ts'
import type { StartupResult } from '../health/startup/report.ts'
import { runChecks } from '../health/startup/run-checks.ts'
import { assetsOf } from '../health/startup/web-assets.ts'
import { systemClock } from '../platform/clock.ts'
import { ownAddress } from '../startup/startup.ts'

interface RunningHealth {
  timestamp: string
  checks: Record<string, { status: string; error?: string }>
  startup?: { checks: StartupResult[] }
  /** Files of agents that cannot be used now, each in one line. */
  broken_agents?: string[]
  /** Where it takes agents from; null: there was no folder when it started. */
  agents_folder?: string | null
}

/** A Netra that answers where these settings say. */
export interface FoundServer {
  url: string
  address: string
  host: string
  health: RunningHealth
}

const PATIENCE_MS = 3_000
const SKEW_MS = 5_000

/** The server that runs with these settings on this machine, if one does. */
export async function findServer(config: Config): Promise<FoundServer | undefined> {
  if (config.port === 0) return undefined
  const address = `${ownAddress(config.host)}:${config.port}`
  const url = `http://${address}`
  try {
    const response = await fetch(`http://localhost:${config.port}/api/health`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const body = (await response.json()) as RunningHealth & { service?: string }
    if (body.service !== 'netra-ai-platform') return undefined
    return { url, address, host: `localhost:${config.port}`, health: body }
  } catch {
    // Nobody is there, or somebody else.
    return undefined
  }
}

/** What can be told of a server that runs: asked of it, or remembered by it. */
export async function checkBeside(server: FoundServer, config: Config): Promise<StartupResult[]> {
  const asked: StartupCheck[] = [
    configurationCheck({ environment: config.environment, warnings: config.warnings }),
    diskCheck({ folder: config.dataDir }),
    ask('web_assets', () => webAnswers(server, config)),
    ask('store', async () => healthSays(server, 'backend')),
    ask('clock', async () => clocksAgree(server)),
    ask('auth', async () => healthSays(server, 'auth')),
    ask('sockets', (signal) => socketAnswers(server, signal)),
  ]
  const results = await runChecks(asked, { clock: systemClock, bypass: new Set(), all: true })
  const atStart = server.health.startup?.checks ?? []
  const problems = [...(server.health.broken_agents ?? []), ...(await notLoaded(server, config))]
  const remembered = STARTUP_CHECK_IDS.filter((id) => !results.some((one) => one.id === id)).map(
    (id): StartupResult => {
      const found = atStart.find((one) => one.id === id)
      const absent = { id, status: 'skipped' as const, ms: 0, problem: 'the server does not say' }
      if (!found) return absent
      const then = { ...found, detail: `${found.detail ?? found.status} (at its start)` }
      return id === 'agents'
        ? agentsNow(then, found, server.health.broken_agents && problems)
        : then
    },
  )
  return [...results, ...remembered]
}

/** A folder that came after the start is not watched: nothing in it answers anybody. */
async function notLoaded(
  { health: { agents_folder: folder } }: FoundServer,
  { agentsDir }: Config,
): Promise<string[]> {
  // An older server does not say; one with a folder sees by itself what comes into it.
  if (folder !== null || agentsDir === undefined) return []
  const names = await readdir(agentsDir).catch(() => [])
  const count = names.filter(isAgentFile).length
  if (count === 0) return []
  const files = count === 1 ? '1 file of agents is' : `${count} files of agents are`
  return [`${files} not loaded yet: ${agentsDir} came after the start. Restart Netra`]
}

/** Files of agents change while it runs: which of them are broken is as it is now. */
function agentsNow(
  then: StartupResult,
  atStart: StartupResult,
  wrong: readonly string[] | undefined,
): StartupResult {
  if (wrong === undefined || !['passed', 'warned'].includes(atStart.status)) return then
  const { problem, ...well } = then
  // A model that cannot be opened is a warning without anything that went well.
  const others = atStart.detail === undefined && problem !== undefined ? [problem] : []
  const problems = [...wrong, ...others]
  return problems.length === 0
    ? { ...well, status: 'passed' }
    : { ...well, status: 'warned', problem: problems.join('\n') }
}

const ask = (id: StartupCheckId, run: (signal: AbortSignal) => Promise<string>): StartupCheck => ({
  id,
  timeoutMs: 5_000,
  remedy: 'See the log of the server that runs, and its /health.',
  run: async (signal) => ({ detail: await run(signal) }),
})

function healthSays({ health }: FoundServer, name: string): string {
  const check = health.checks[name]
  if (check?.status === 'unhealthy' || check === undefined) {
    throw new CheckFailed(
      check?.error ?? 'its health says nothing of it',
      'Do what its /health says.',
    )
  }
  return check.error ?? 'its health says so'
}

function clocksAgree({ health }: FoundServer): string {
  const apartMs = Math.abs(Date.parse(health.timestamp) - Date.now())
  if (apartMs <= SKEW_MS) return 'it agrees with the clock of this machine'
  throw new Error(`its clock and this one are ${Math.round(apartMs / 1000)} s apart`)
}

async function webAnswers({ host }: FoundServer, config: Config): Promise<string> {
  if (config.webPublicUrl !== undefined) return 'the web app has an address of its own'
  const html = await read(`http://${host}/`)
  const assets = assetsOf(html)
  if (!assets.some((asset) => asset.endsWith('.js'))) throw new Error('the page names no script')
  for (const asset of assets) await read(`http://${host}/${asset.replace(/^.*?(?=assets\/)/, '')}`)
  return `the page and ${assets.length} assets answer`
}

async function read(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return response.text()
}

/** Without a proof nobody is welcomed; that the refusal is the right one shows that sockets work. */
async function socketAnswers(server: FoundServer, signal: AbortSignal): Promise<string> {
  const socket = await OwnSocket.open({ ...server, token: 'netra-doctor-has-no-token' }, signal)
  const end = await socket
    .next((frame): frame is { type: 'welcome' } => frame.type === 'welcome')
    .then(
      () => 'welcomed without a proof',
      (error: unknown) => String(error),
    )
  if (!/closed with 4501/.test(end)) throw new Error(`a socket without a proof was ${end}`)
  return 'a socket opens, and without a proof it is refused'
}
