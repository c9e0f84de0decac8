import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
/** The package has no entry but its program. */
const PROGRAM = join(
  dirname(require.resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
)
const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url))

/** All scenarios of a client run at once, each in a process of its own. */
const CLIENT_MS = '90000'

export type Revision = '2026-07-28' | '2025-11-25'

/** Scenarios that ran, each with the checks that failed; none: it passed. */
export type Results = Map<string, string[]>

interface Check {
  id: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
}

/** Everything that a revision requires of a server. */
export const runServer = (url: string, revision: Revision): Promise<Results> =>
  conformance(['server', '--url', url, '--requirements', revision])

/** What a revision requires of a client, all of it or one scenario. */
export const runClient = (revision: Revision, scenario?: string): Promise<Results> => {
  const command = `${process.execPath} ${CLIENT}`
  const which = scenario
    ? ['--scenario', scenario, '--spec-version', revision]
    : ['--requirements', revision]
  return conformance(['client', '--command', command, '--timeout', CLIENT_MS, ...which])
}

/** @throws with its words when it ran nothing. */
async function conformance(args: readonly string[]): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    const child = spawn(process.execPath, [PROGRAM, ...args, '-o', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said = (said + data.toString()).slice(-4_000)
      })
    }
    await new Promise((resolve) => child.once('exit', resolve))
    const results = await resultsIn(folder)
    if (results.size === 0) throw new Error(`conformance ${args.join(' ')} ran nothing:\n${said}`)
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function resultsIn(folder: string): Promise<Results> {
  const results: Results = new Map()
  const files = await readdir(folder, { recursive: true })
  for (const file of files.filter((name) => name.endsWith('checks.json'))) {
    const checks = JSON.parse(await readFile(join(folder, file), 'utf8')) as Check[]
    const scenario = dirname(file)
      .replace(/^server-/, '')
      .replace(/-\d{4}-\d{2}-\d{2}T.*$/, '')
    // The marks of the messages' own schema are checks as well.
    const failed = checks.filter(({ status }) => status === 'FAILURE').map(({ id }) => id)
    results.set(scenario, [...new Set([...(results.get(scenario) ?? []), ...failed])])
  }
  return results
}
