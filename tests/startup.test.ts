import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { STARTUP_CHECK_IDS } from '../packages/server/src/health/startup/check.ts'
import { StartupFailed } from '../packages/server/src/health/startup/report.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer, WEB_FOLDER } from '../packages/server/src/server.ts'
import { freePort } from './support/free-port.ts'
import { request } from './support/http.ts'
import { MovingClock } from './support/moving-clock.ts'
import { startNetra } from './support/netra-process.ts'
import { register } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'
import { smallDisk } from './support/small-disk.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))
const PATIENT = { timeout: 60_000 }

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'netra-startup-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

const folder = (): Promise<string> => mkdtemp(join(base, 'data-'))

/** A start that is expected to end by itself: its code and what it said. */
function failedStart(env: Record<string, string>): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, [BIN, 'start'], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 30_000,
  })
  let err = ''
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code, err })))
}

/** A start in this process with its own clock or web app; answers the check that failed. */
async function failedInside(
  options: Parameters<typeof startServer>[1],
  env: Record<string, string> = {},
) {
  const config = loadConfig({ NETRA_DATA_DIR: await folder(), PORT: '0', ...env })
  const error = await startServer(config, { logger: silentLogger, ...options }).then(
    async (server) => {
      await server[Symbol.asyncDispose]()
      return undefined
    },
    (reason: unknown) => reason,
  )
  if (!(error instanceof StartupFailed)) throw error ?? new Error('it started')
  return error.report.checks.find(({ status }) => status === 'failed')
}

test('a start tells where its time went and that every check passed', PATIENT, async () => {
  await using netra = await startNetra({ env: { NETRA_LOG_LEVEL: 'info' } })
  const { body } = await request<Health>(`${netra.url}/api/health`)
  expect(body.startup.status).toBe('passed')
  expect(body.startup.checks.map(({ id, status }) => [id, status])).toEqual(
    STARTUP_CHECK_IDS.map((id) => [id, 'passed']),
  )
  const phases = body.startup.phases.map(({ name }) => name)
  expect(phases.slice(0, 1)).toEqual(['load'])
  expect(phases).toEqual(expect.arrayContaining(['open', ...STARTUP_CHECK_IDS]))
  const sum = body.startup.phases.reduce((total, { ms }) => total + ms, 0)
  expect(Math.abs(sum - body.startup.total_ms)).toBeLessThan(1)
  expect(body.startup_bypass).toEqual([])
  const records = netra.log().trim().split('\n').map(parse)
  expect(records.filter(({ msg }) => msg === 'started')).toMatchObject([
    { level: 30, status: 'passed', checks: { golden_path: { status: 'passed' } } },
  ])
  // A healthy start warns of nothing.
  expect(records.filter(({ level }) => level > 30)).toEqual([])
})

interface Health {
  status: string
  startup: {
    status: string
    total_ms: number
    phases: { name: string; ms: number }[]
    checks: { id: string; status: string; problem?: string }[]
  }
  startup_bypass: string[]
}

const parse = (line: string) => JSON.parse(line) as { level: number; msg: string; url?: string }

test('what tries the server out leaves nothing behind', PATIENT, async () => {
  const data = await folder()
  await using netra = await startNetra({ folder: data })
  const metrics = await (await fetch(`${netra.url}/metrics`)).text()
  const people =
    /^netra_(?:sockets|runs?_\w+|handshakes_total|frames_received_total|delivery_devices|tool_calls_total|run_events_total|welcome_ms_count)(?:\{.*\})? (?!0$)/m
  expect(people.exec(metrics)?.[0]).toBeUndefined()
  const { body } = await request<{ metrics: { websocket: Record<string, number> } }>(
    `${netra.url}/ws/health`,
  )
  expect(body.metrics.websocket).toMatchObject({ total_connections: 0, messages_processed: 0 })
  expect(await netra.kill('SIGTERM')).toBe(0)
  const journal = new DatabaseSync(join(data, 'journal.db'), { readOnly: true })
  const tables = journal
    .prepare("select name from sqlite_schema where type = 'table' and sql like '%user_id%'")
    .all()
    .map(({ name }) => String(name))
  expect(tables).toEqual(expect.arrayContaining(['thread', 'message', 'run']))
  for (const name of tables) {
    expect([name, journal.prepare(`select * from ${name}`).all()]).toEqual([name, []])
  }
  expect(journal.prepare("select key from setting where key like 'startup%'").all()).toEqual([])
  journal.close()
  const accounts = new DatabaseSync(join(data, 'auth.db'), { readOnly: true })
  for (const name of ['user', 'session', 'test_user', 'audit', 'ended_session']) {
    const exists = accounts.prepare('select 1 from sqlite_schema where name = ?').get(name)
    if (exists) expect([name, accounts.prepare(`select * from ${name}`).all()]).toEqual([name, []])
  }
  accounts.close()
})

test(
  'a process killed in the middle of its checks leaves what the next start erases',
  PATIENT,
  async () => {
    const data = await folder()
    {
      await using first = await startNetra({ folder: data })
      await first.kill('SIGTERM')
    }
    const at = '2026-01-02T00:00:00.000Z'
    const journal = new DatabaseSync(join(data, 'journal.db'))
    journal.prepare('insert into setting values (?, ?, ?)').run('startup check nobody-1', at, at)
    journal
      .prepare('insert into thread values (?, ?, ?, 0, 0, 0, ?, ?, ?)')
      .run('t-1', 'nobody-1', 'left', '{}', at, at)
    journal.close()
    await using second = await startNetra({ folder: data })
    await second.kill('SIGTERM')
    const after = new DatabaseSync(join(data, 'journal.db'), { readOnly: true })
    expect(after.prepare('select * from thread').all()).toEqual([])
    expect(after.prepare("select key from setting where key like 'startup%'").all()).toEqual([])
    after.close()
  },
)

test('two nodes that start at once over one PostgreSQL both pass', PATIENT, async () => {
  await using database = await testDatabase()
  const data = await folder()
  const env = { DATABASE_URL: database.url }
  const nodes = await Promise.all([
    startNetra({ folder: data, env }),
    startNetra({ folder: data, env }),
  ])
  try {
    for (const { url } of nodes) {
      const { body } = await request<Health>(`${url}/api/health`)
      expect([body.status, body.startup.status]).toEqual(['healthy', 'passed'])
    }
    for (const table of ['thread', 'run', 'message']) {
      expect(await database.run(`select * from ${table}`)).toEqual([])
    }
    expect(await database.run("select key from setting where key like 'startup%'")).toEqual([])
  } finally {
    for (const node of nodes) await node[Symbol.asyncDispose]()
  }
})

test(
  'a node whose auth service is away starts, and says that nobody can sign in',
  PATIENT,
  async () => {
    const port = await freePort()
    await using netra = await startNetra({
      env: {
        AUTH_SERVICE_URL: `http://localhost:${port}`,
        NETRA_SERVICE_SECRET: 'a-secret-of-at-least-32-characters',
      },
    })
    const { body } = await request<Health>(`${netra.url}/api/health`)
    const found = Object.fromEntries(body.startup.checks.map(({ id, status }) => [id, status]))
    expect(found).toMatchObject({ auth: 'warned', sockets: 'passed', golden_path: 'passed' })
  },
)

test(
  'whoever comes before the checks are over is served once they are, and never instead',
  PATIENT,
  async () => {
    const port = await freePort()
    const data = await folder()
    const starting = startNetra({ folder: data, port })
    const url = `http://localhost:${port}`
    // From the first moment that anything listens.
    const early = async (): Promise<{ status: number; at: number }> => {
      const response = await fetch(`${url}/api/config`).catch(() => undefined)
      return response ? { status: response.status, at: performance.now() } : early()
    }
    const statuses: unknown[] = []
    const probe = async (): Promise<void> => {
      const response = await fetch(`${url}/health/ready`).catch(() => undefined)
      if (response) statuses.push(((await response.json()) as { status: string }).status)
      if (!statuses.includes('ready')) await probe()
    }
    const [first] = await Promise.all([early(), probe()])
    await using netra = await starting
    expect(first.status).toBe(200)
    expect(new Set(statuses)).toEqual(
      new Set(statuses.length > 1 ? ['starting', 'ready'] : ['ready']),
    )
    expect(netra.url).toBe(url)
  },
)

test(
  'an address that only looks like health passes no start, and takes no place from its checks',
  PATIENT,
  async () => {
    const held = Promise.withResolvers<void>()
    const slowAuth = createServer((_request, response) => {
      void held.promise.then(() => response.writeHead(503).end())
    })
    await new Promise<void>((resolve) => slowAuth.listen(0, '127.0.0.1', resolve))
    const { port: authPort } = slowAuth.address() as { port: number }
    const port = await freePort()
    const url = `http://localhost:${port}`
    const starting = startNetra({
      folder: await folder(),
      port,
      env: {
        AUTH_SERVICE_URL: `http://localhost:${authPort}`,
        NETRA_SERVICE_SECRET: 'a-secret-of-at-least-32-characters',
        NETRA_MAX_SOCKETS: '1',
        NETRA_LOG_LEVEL: 'info',
      },
    })
    const live = async (): Promise<void> => {
      const response = await fetch(`${url}/health/live`).catch(() => undefined)
      if (!response) await live()
    }
    await live()
    const asked = fetch(`${url}/api/threads?x=/health`)
    const sockets = Array.from(
      { length: 4 },
      () => new WebSocket(`ws://localhost:${port}/ws?x=/health`),
    )
    // Those beyond the one that it serves are refused, once it serves anybody.
    const settled = sockets.map((socket) =>
      Promise.race([once(socket, 'open'), once(socket, 'unexpected-response')]),
    )
    for (let count = 0; count < 20; count += 1) await live()
    held.resolve()
    await using netra = await starting
    await Promise.all([asked, ...settled])
    const records = netra.log().trim().split('\n').map(parse)
    const started = records.findIndex(({ msg }) => msg === 'started')
    const served = records.findIndex((record) => record.url === '/api/threads')
    expect([started >= 0, served > started]).toEqual([true, true])
    const limits = records.findIndex(({ msg }) => /upgrade refused|limit was met/.test(msg))
    expect(limits === -1 || limits > started).toBe(true)
    const { body } = await request<Health>(`${netra.url}/api/health`)
    const found = Object.fromEntries(body.startup.checks.map(({ id, status }) => [id, status]))
    expect(found).toMatchObject({ sockets: 'passed', golden_path: 'passed' })
    for (const socket of sockets) socket.terminate()
    slowAuth.close()
    slowAuth.closeAllConnections()
  },
)

test('a store of a newer Netra ends the start with the check and what to do', PATIENT, async () => {
  const data = await folder()
  {
    await using first = await startNetra({ folder: data })
    await first.kill('SIGTERM')
  }
  const journal = new DatabaseSync(join(data, 'journal.db'))
  journal.prepare("update schema_version set version = 99 where part = 'rows'").run()
  journal.close()
  const { code, err } = await failedStart({ NETRA_DATA_DIR: data })
  expect(code).toBe(1)
  expect(err).toMatch(/start-up check "migrations" failed: .*newer Netra.*start that version again/)
})

test('a full disk ends the start', PATIENT, async (context) => {
  await using disk = await smallDisk(context, 1)
  const { folder: data } = disk
  await writeFile(join(data, 'ballast'), Buffer.alloc(512 * 1024))
  const { code, err } = await failedStart({ NETRA_DATA_DIR: data })
  expect(code).toBe(1)
  expect(err).toMatch(/start-up check "disk" failed: .*full.*Make room/)
})

test('a data folder that takes no files ends the start', PATIENT, async (context) => {
  await using disk = await smallDisk(context, 16)
  const { folder: data } = disk
  disk.closeToWrites()
  const { code, err } = await failedStart({ NETRA_DATA_DIR: data })
  expect(code).toBe(1)
  expect(err).toMatch(/cannot be used|start-up check "disk" failed/)
  expect(err).toContain('NETRA_DATA_DIR')
})

test('a page that names what is not there ends the start', PATIENT, async () => {
  const web = await mkdtemp(join(base, 'web-'))
  await cp(WEB_FOLDER, web, { recursive: true })
  const names = await readdir(join(web, 'assets'))
  const script = names.find((name) => /^index-.*\.js$/.test(name))
  await rm(join(web, 'assets', script ?? ''))
  expect(await failedInside({ webFolder: web })).toMatchObject({
    id: 'web_assets',
    problem: expect.stringContaining(String(script)) as string,
    remedy: expect.stringContaining('npm run build') as string,
  })
  const html = await readFile(join(web, 'index.html'), 'utf8')
  await writeFile(join(web, 'index.html'), html.replaceAll(/<script.*?<\/script>/g, ''))
  expect(await failedInside({ webFolder: web })).toMatchObject({ id: 'web_assets' })
  await rm(join(web, 'index.html'))
  expect(await failedInside({ webFolder: web })).toMatchObject({
    id: 'web_assets',
    problem: expect.stringContaining('not built') as string,
  })
})

test(
  'a clock that cannot be right ends the start; one behind the store is told',
  PATIENT,
  async () => {
    const early = new MovingClock()
    early.advance(Date.UTC(2001, 0, 1) - Date.now())
    expect(await failedInside({ clock: early })).toMatchObject({ id: 'clock' })
    const config = loadConfig({ NETRA_DATA_DIR: await folder(), PORT: '0' })
    const ahead = new MovingClock()
    ahead.advance(24 * 3600_000)
    const first = await startServer(config, { clock: ahead, logger: silentLogger })
    await first[Symbol.asyncDispose]()
    await using second = await startServer(config, { logger: silentLogger })
    expect(second.startup.checks.find(({ id }) => id === 'clock')).toMatchObject({
      status: 'warned',
      problem: expect.stringContaining('behind what the store saw') as string,
    })
  },
)

test(
  'a default model that is not connected ends the start and says how to connect it',
  PATIENT,
  async () => {
    const { code, err } = await failedStart({
      NETRA_DATA_DIR: await folder(),
      NETRA_MODEL: 'anthropic/claude-none',
    })
    expect(code).toBe(1)
    expect(err).toMatch(/start-up check "agents" failed: .*ANTHROPIC_API_KEY/)
  },
)

test('a port that is taken ends the start', PATIENT, async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const { code, err } = await failedStart({ NETRA_DATA_DIR: await folder(), PORT: String(port) })
  other.close()
  expect(code).toBe(1)
  expect(err).toMatch(/start-up check "sockets" failed: .*EADDRINUSE.*set PORT to another/)
})

test('keys that lie in the way of the accounts end the start', PATIENT, async () => {
  const data = await folder()
  {
    await using first = await startNetra({ folder: data })
    await first.kill('SIGTERM')
  }
  await writeFile(join(data, 'keys', 'token-keys.json'), '[]')
  const { code, err } = await failedStart({ NETRA_DATA_DIR: data })
  expect(code).toBe(1)
  expect(err).toMatch(/start-up check "auth" failed: .*token-keys\.json/)
})

test('a PostgreSQL that is not there ends the start', PATIENT, async () => {
  const port = await freePort()
  const { code, err } = await failedStart({
    NETRA_DATA_DIR: await folder(),
    DATABASE_URL: `postgres://root@127.0.0.1:${port}/none`,
  })
  expect(code).toBe(1)
  expect(err).toMatch(/start-up check "store" failed: PostgreSQL .* cannot be used/)
})

test(
  'a bypass serves what failed, shows it everywhere, and is refused in production',
  PATIENT,
  async () => {
    const env = { NETRA_MODEL: 'anthropic/claude-none', NETRA_BYPASS_STARTUP_CHECKS: 'agents' }
    await using netra = await startNetra({ env })
    const shown = await Promise.all(
      ['/health', '/api/config', '/api/health'].map(async (path) => {
        const { body } = await request<Health>(`${netra.url}${path}`)
        return body.startup_bypass
      }),
    )
    expect(shown).toEqual([['agents'], ['agents'], ['agents']])
    const { body } = await request<Health>(`${netra.url}/api/health`)
    expect(body.startup).toMatchObject({ status: 'bypassed' })
    expect(body.startup.checks.find(({ id }) => id === 'agents')).toMatchObject({
      status: 'bypassed',
      problem: expect.stringContaining('ANTHROPIC_API_KEY') as string,
    })
    expect(netra.log()).toContain('NETRA_BYPASS_STARTUP_CHECKS is set')
    expect((await register(netra.url)).userId).not.toBe('')
    const production = { ...env, NETRA_ENV: 'production', NETRA_DATA_DIR: await folder() }
    const refused = await failedStart(production)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('must not serve people')
    const unknown = { NETRA_BYPASS_STARTUP_CHECKS: 'agent', NETRA_DATA_DIR: await folder() }
    expect((await failedStart(unknown)).err).toContain('which is no start-up check')
  },
)

test('a data folder that everybody may write to is told', PATIENT, async () => {
  const data = await folder()
  await chmod(data, 0o777)
  await using netra = await startNetra({ folder: data })
  const { body } = await request<Health>(`${netra.url}/api/health`)
  expect(body.startup.checks.find(({ id }) => id === 'disk')).toMatchObject({
    status: 'warned',
    problem: expect.stringContaining('chmod o-w') as string,
  })
})
