// A PostgreSQL for the tests: the one that runs here, or one of their own in a temporary folder.
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export const MISSING =
  'PostgreSQL is missing: apt-get install postgresql, or set TEST_DATABASE_URL to a database in which the tests may make schemas'

const DEBIAN = '/usr/lib/postgresql'
const BINARIES = ['/opt/homebrew/bin', '/usr/local/bin', '/usr/pgsql/bin', '/usr/bin']
/** PostgreSQL refuses to run as root; this user exists everywhere and owns nothing. */
const NOBODY = 65_534

/**
 * Answers an address that works, and what ends a server that was started for it; undefined when
 * there is none and none can be had.
 */
export async function providePostgres(installPostgres) {
  const { TEST_DATABASE_URL: given } = process.env
  if (given) return { url: given, stop() {} }
  for (const user of new Set([userInfo().username, 'postgres'])) {
    const url = `postgres://${user}@127.0.0.1:5432/postgres`
    if (await isUsable(url)) return { url, stop() {} }
  }
  const binaries = findBinaries() ?? (installPostgres() ? findBinaries() : undefined)
  return binaries && startServer(binaries)
}

function findBinaries() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => b - a) : []
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...BINARIES]
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

async function isUsable(url) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query(
      `select has_database_privilege(current_database(), 'create') as may`,
    )
    return rows[0].may
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

async function startServer(binaries) {
  const folder = mkdtempSync(join(tmpdir(), 'netra-postgres-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const as = isRoot ? { uid: NOBODY, gid: NOBODY, cwd: folder } : { cwd: folder }
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', 'netra', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const made = spawnSync(join(binaries, 'initdb'), initdb, { ...as, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`)
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
  ]
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...as, stdio: ['ignore', 'ignore', 'ignore'] },
  )
  const stop = () => {
    spawnSync(join(binaries, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], as)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  const url = `postgres://netra@127.0.0.1:${port}/postgres`
  for (let tries = 0; tries < 300 && server.exitCode === null; tries++) {
    if (await isUsable(url)) return { url, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  stop()
  throw new Error(`PostgreSQL of ${binaries} does not start`)
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
