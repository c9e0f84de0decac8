import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { STARTUP_CHECK_IDS } from '../packages/server/src/health/startup/check.ts'
import { freePort } from './support/free-port.ts'
import { startNetra } from './support/netra-process.ts'
import { testDatabase } from './support/postgres.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))
const PATIENT = { timeout: 60_000 }

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'netra-doctor-test-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

/** Everything in the account store. */
function accountsIn(folder: string): unknown[] {
  const database = new DatabaseSync(join(folder, 'auth.db'), { readOnly: true })
  const tables = database.prepare("select name from sqlite_schema where type = 'table'").all()
  const rows = tables.map(({ name }) => [
    name,
    database.prepare(`select * from "${String(name)}"`).all(),
  ])
  database.close()
  return rows
}

interface Diagnosis {
  status: string
  beside: string | null
  checks: { id: string; status: string; problem?: string; detail?: string; remedy?: string }[]
}

function run(env: Record<string, string>, args: string[] = ['--json'], cwd?: string) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [BIN, 'doctor', ...args], {
      env: { PATH: process.env['PATH'], ...env },
      timeout: 40_000,
      cwd,
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

async function doctor(env: Record<string, string>, cwd?: string) {
  const { code, out, err } = await run(env, ['--json'], cwd)
  if (out === '') throw new Error(err)
  const diagnosis = JSON.parse(out) as Diagnosis
  const of = (id: string) => diagnosis.checks.find((check) => check.id === id)
  return { code, ...diagnosis, of }
}

test(
  'where nothing is wrong every check passes, and no store is made where there is none',
  PATIENT,
  async () => {
    const folder = join(base, 'none')
    const found = await doctor({ NETRA_DATA_DIR: folder, PORT: '0' })
    expect([found.code, found.status, found.beside]).toEqual([0, 'passed', null])
    expect(found.checks.map(({ id, status }) => [id, status])).toEqual(
      STARTUP_CHECK_IDS.map((id) => [id, 'passed']),
    )
    expect(await readdir(base)).toEqual([])
  },
)

test('words for people say each check, its time and how it ended', PATIENT, async () => {
  const { code, out } = await run({ NETRA_DATA_DIR: join(base, 'none'), PORT: '0' }, [])
  expect(code).toBe(0)
  for (const id of STARTUP_CHECK_IDS)
    expect(out).toMatch(new RegExp(`^ok +${id} +\\d+ ms  \\S`, 'm'))
  expect(out).toContain('All checks passed.')
})

test(
  'beside a running server that one is asked, and nothing of it is touched',
  PATIENT,
  async () => {
    const port = await freePort()
    await using netra = await startNetra({ port })
    const env = { NETRA_DATA_DIR: netra.folder, PORT: String(port) }
    const found = await doctor(env)
    expect([found.code, found.beside]).toEqual([0, `http://127.0.0.1:${port}`])
    expect(found.checks.map(({ id, status }) => [id, status])).toEqual(
      STARTUP_CHECK_IDS.map((id) => [id, 'passed']),
    )
    expect(found.of('golden_path')?.detail).toContain('at its start')
    expect(found.of('web_assets')?.detail).toContain('answer')
    expect(found.of('sockets')?.detail).toContain('refused')
    // With another port the folder alone says that somebody is there.
    const elsewhere = await run({ ...env, PORT: String(await freePort()) })
    expect(elsewhere.code).toBe(2)
    expect(elsewhere.err).toMatch(/in use by another Netra.*does not answer at port/)
  },
)

test(
  'a file of an agent that breaks while the server runs is named with what is wrong in it',
  PATIENT,
  async () => {
    const agents = await mkdtemp(join(base, 'agents-'))
    const file = join(agents, 'clerk.ts')
    const whole = `export default { description: 'Keeps books.', instructions: 'Be brief.' }`
    await writeFile(file, whole)
    const port = await freePort()
    await using netra = await startNetra({ port, env: { NETRA_AGENTS_DIR: agents } })
    const env = { NETRA_DATA_DIR: netra.folder, PORT: String(port), NETRA_AGENTS_DIR: agents }
    expect((await doctor(env)).of('agents')?.status).toBe('passed')
    const broken = async (): Promise<string[]> => {
      const health = await fetch(`${netra.url}/api/health`)
      return ((await health.json()) as { broken_agents: string[] }).broken_agents
    }
    await writeFile(file, 'export default { description: }')
    await expect.poll(broken, { timeout: 20_000 }).toHaveLength(1)
    const found = await doctor(env)
    expect([found.code, found.of('agents')?.status]).toEqual([0, 'warned'])
    expect(found.of('agents')?.problem).toMatch(
      /^the agent of clerk\.ts is broken, and its last version goes on: (line 1: )?is not TypeScript/,
    )
    expect((await run(env, [])).out).toMatch(/^WARNING +agents .*clerk\.ts/m)
    await writeFile(file, whole)
    await expect.poll(broken, { timeout: 20_000 }).toEqual([])
    expect((await doctor(env)).of('agents')?.status).toBe('passed')
  },
)

test(
  'files in a folder of agents that came after the start are said to be not loaded yet',
  PATIENT,
  async () => {
    const cwd = await mkdtemp(join(base, 'cwd-'))
    const port = await freePort()
    await using netra = await startNetra({ port, cwd })
    const env = { NETRA_DATA_DIR: netra.folder, PORT: String(port) }
    expect((await doctor(env, cwd)).of('agents')?.status).toBe('passed')
    await mkdir(join(cwd, 'agents'))
    await writeFile(join(cwd, 'agents/README.md'), 'Agents.')
    expect((await doctor(env, cwd)).of('agents')?.status).toBe('passed')
    for (const name of ['clerk.md', 'desk.ts'])
      await writeFile(join(cwd, 'agents', name), 'whatever')
    const found = await doctor(env, cwd)
    expect([found.code, found.of('agents')?.status]).toEqual([0, 'warned'])
    expect(found.of('agents')?.problem).toMatch(
      /^2 files of agents are not loaded yet: .*agents came after the start\. Restart Netra$/,
    )
  },
)

test('on a stopped Netra it takes nothing up and changes no account', PATIENT, async () => {
  const folder = await mkdtemp(join(base, 'data-'))
  {
    await using first = await startNetra({ folder })
    await first.kill('SIGTERM')
  }
  const before = accountsIn(folder)
  const found = await doctor({ NETRA_DATA_DIR: folder, PORT: '0' })
  expect([found.code, found.status]).toEqual([0, 'passed'])
  expect(accountsIn(folder)).toEqual(before)
  const journal = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  expect(journal.prepare('select * from thread').all()).toEqual([])
  expect(journal.prepare('select * from run').all()).toEqual([])
  journal.close()
})

test('over a PostgreSQL in use it passes too', PATIENT, async () => {
  await using database = await testDatabase()
  const folder = await mkdtemp(join(base, 'data-'))
  const env = { DATABASE_URL: database.url }
  await using node = await startNetra({ folder, env })
  // Another port than the node's: it is tried out beside the node, as a second one would start.
  const found = await doctor({ ...env, NETRA_DATA_DIR: folder, PORT: String(await freePort()) })
  expect([found.code, found.status, found.beside]).toEqual([0, 'passed', null])
  expect(await database.run('select * from thread')).toEqual([])
  expect((await fetch(`${node.url}/health/ready`)).status).toBe(200)
})

test(
  'what is wrong is named with what to do, and the rest is told as far as it can be',
  PATIENT,
  async () => {
    const folder = await mkdtemp(join(base, 'data-'))
    {
      await using first = await startNetra({ folder })
      await first.kill('SIGTERM')
    }
    const model = await doctor({
      NETRA_DATA_DIR: folder,
      PORT: '0',
      NETRA_MODEL: 'anthropic/claude-none',
    })
    expect([model.code, model.status]).toEqual([1, 'failed'])
    expect(model.of('agents')).toMatchObject({ status: 'failed' })
    expect(model.of('agents')?.remedy).toContain('NETRA_MODEL')
    // One that fails keeps no other from being told.
    expect(model.of('golden_path')?.status).toBe('passed')

    const journal = new DatabaseSync(join(folder, 'journal.db'))
    journal.prepare("update schema_version set version = 99 where part = 'rows'").run()
    journal.close()
    const newer = await doctor({ NETRA_DATA_DIR: folder, PORT: '0' })
    expect([newer.code, newer.of('migrations')?.status, newer.of('disk')?.status]).toEqual([
      1,
      'failed',
      'passed',
    ])
    expect(newer.of('golden_path')?.status).toBe('skipped')

    const misread = await doctor({ NETRA_DATA_DIR: folder, PORT: 'x', NETRA_MOEDL: 'y' })
    expect(misread.code).toBe(1)
    expect(misread.of('configuration')?.problem).toMatch(/NETRA_MODEL[^]*PORT/)

    const file = join(base, 'file')
    await writeFile(file, '')
    const unusable = await doctor({ NETRA_DATA_DIR: file, PORT: '0' })
    expect(unusable.code).toBe(1)
    expect(unusable.checks.some(({ status }) => status === 'failed')).toBe(true)
  },
)

test('somebody else at the port is no server of ours; a wrong flag is told', PATIENT, async () => {
  const other = createServer((_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const found = await doctor({ NETRA_DATA_DIR: join(base, 'none'), PORT: String(port) })
  other.close()
  expect([found.code, found.beside]).toEqual([0, null])
  const wrong = await run({ NETRA_DATA_DIR: join(base, 'none') }, ['--jsn'])
  expect([wrong.code, wrong.out]).toEqual([2, ''])
  expect(wrong.err).toContain('usage: netra doctor')
})
