import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { examineConfig, type Config } from '../config/config.ts'
import { STARTUP_CHECK_IDS } from '../health/startup/check.ts'
import { diskCheck } from '../health/startup/disk.ts'
import { StartupFailed, statusOf, type StartupResult } from '../health/startup/report.ts'
import { runChecks } from '../health/startup/run-checks.ts'
import { systemClock } from '../platform/clock.ts'
import { DataFolderTaken } from '../platform/data-folder-lock.ts'
import { DataFolderUnusable } from '../platform/data-folder.ts'
import { createLogger } from '../platform/logger.ts'
import { startServer } from '../server.ts'
import { VERSION } from '../version.ts'
import { checkBeside, findServer } from './doctor-beside.ts'
import type { Terminal } from './terminal.ts'

export const DOCTOR_USAGE = `usage: netra doctor            the checks of a start, without serving anybody
       netra doctor --json     the same for programs
exit code: 0 when all pass, 1 when one does not, 2 when they could not be run`

interface Diagnosis {
  version: string
  environment: string
  data_dir: string
  /** The address of a server that runs already: it was asked instead. */
  beside: string | null
  status: 'passed' | 'bypassed' | 'failed'
  checks: StartupResult[]
}

/** `netra doctor`: would a start pass its checks? Beside a running server that one is asked. */
export async function doctor(args: string[], { env, out, err }: Terminal): Promise<number> {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--json')) {
    err(DOCTOR_USAGE)
    return 2
  }
  // As the server itself: what is written below the data folder is for this account alone.
  process.umask(0o077)
  const { config, problems } = examineConfig(env)
  const found =
    problems.length > 0
      ? { beside: null, checks: [misconfigured(problems)] }
      : await diagnose(config)
  if (typeof found === 'string') {
    err(`netra doctor: ${found}`)
    return 2
  }
  const checks = inOrder(found.checks)
  const diagnosis: Diagnosis = {
    version: VERSION,
    environment: config.environment,
    data_dir: config.dataDir,
    beside: found.beside,
    status: statusOf(checks),
    checks,
  }
  if (args[0] === '--json') out(JSON.stringify(diagnosis, null, 2))
  else for (const line of linesOf(diagnosis)) out(line)
  return diagnosis.status === 'failed' ? 1 : 0
}

const misconfigured = (problems: readonly string[]): StartupResult => ({
  id: 'configuration',
  status: 'failed',
  ms: 0,
  problem: problems.join('\n'),
  remedy: 'Change these settings; netra config shows where each comes from.',
})

/** Those that could not be run for want of another are told too. */
const inOrder = (results: readonly StartupResult[]): StartupResult[] =>
  STARTUP_CHECK_IDS.map(
    (wanted) =>
      results.find(({ id }) => id === wanted) ?? {
        id: wanted,
        status: 'skipped',
        ms: 0,
        problem: 'cannot be told before the failed check passes',
      },
  )

/** @returns why the checks could not be run. */
async function diagnose(
  config: Config,
): Promise<{ beside: string | null; checks: StartupResult[] } | string> {
  const server = await findServer(config)
  if (server) return { beside: server.url, checks: await checkBeside(server, config) }
  try {
    return { beside: null, checks: await tryOut(config) }
  } catch (error) {
    if (error instanceof DataFolderTaken) {
      return `${error.message}. It does not answer at port ${config.port}: run netra doctor with the settings that it runs with`
    }
    if (!(error instanceof DataFolderUnusable)) throw error
    return { beside: null, checks: [unusable(error)] }
  }
}

const unusable = ({ message }: DataFolderUnusable): StartupResult => ({
  id: 'disk',
  status: 'failed',
  ms: 0,
  problem: message,
})

/** A start on a port of its own that nobody else can reach, ended before anybody is let in. */
async function tryOut(config: Config): Promise<StartupResult[]> {
  const isNew = !['auth.db', 'journal.db'].some((name) => existsSync(join(config.dataDir, name)))
  // Who only looks makes no store where there is none.
  const folder = isNew ? await mkdtemp(join(tmpdir(), 'netra-doctor-')) : config.dataDir
  const own = { ...config, dataDir: folder, host: '127.0.0.1', port: 0, bypassStartupChecks: [] }
  const logger = createLogger('silent')
  try {
    const results = await resultsOf(own, logger)
    if (!isNew) return results
    const [disk] = await runChecks([diskCheck({ folder: existingAbove(config.dataDir) })], {
      clock: systemClock,
      bypass: new Set(),
    })
    return [...(disk ? [disk] : []), ...results.filter(({ id }) => id !== 'disk')]
  } finally {
    if (isNew) await rm(folder, { recursive: true, force: true })
  }
}

async function resultsOf(
  config: Config,
  logger: ReturnType<typeof createLogger>,
): Promise<StartupResult[]> {
  try {
    await using server = await startServer(config, { logger, trial: true })
    return server.startup.checks
  } catch (error) {
    if (error instanceof StartupFailed) return error.report.checks
    throw error
  }
}

const existingAbove = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : existingAbove(dirname(folder))

const WORDS = {
  passed: 'ok     ',
  warned: 'WARNING',
  failed: 'FAILED ',
  bypassed: 'BYPASS ',
  skipped: 'skipped',
}

function linesOf({ version, environment, data_dir: folder, beside, checks }: Diagnosis): string[] {
  const about = `Netra ${version} for ${environment}, data in ${folder}`
  const where =
    beside === null
      ? 'No server runs: these are the checks of a start, on a port of its own.'
      : `A server runs at ${beside}: it was asked over HTTP. What only a start can tell is as it was at its start.`
  const failed = checks.filter(({ status }) => status === 'failed').length
  const warned = checks.filter(({ status }) => status === 'warned').length
  return [
    about,
    where,
    '',
    ...checks.flatMap(linesOfCheck),
    '',
    failed > 0
      ? `${failed} of ${checks.length} checks failed.`
      : `All checks passed${warned > 0 ? `, ${warned} with a warning` : ''}.`,
  ]
}

function linesOfCheck({ id, status, ms, detail, problem, remedy }: StartupResult): string[] {
  const [first = '', ...more] = (problem ?? detail ?? '').split('\n')
  const head = `${WORDS[status]}  ${id.padEnd(14)} ${String(Math.round(ms)).padStart(5)} ms  ${first}`
  const rest = [...more, ...(status === 'failed' && remedy ? [remedy] : [])]
  return [head, ...rest.map((line) => `${' '.repeat(34)}${line}`)]
}
