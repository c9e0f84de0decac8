import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import type { LogAudit } from '../packages/server/src/telemetry/log-audit.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { openProgram } from './support/sdk.ts'
import { smallDisk } from './support/small-disk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-logs-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function audit(
  args: string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, 'logs', 'audit', ...args])
  child.stdin.end(input)
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? -1))),
  ])
  return { code, out, err }
}

async function audited(log: string): Promise<LogAudit & { code: number }> {
  const file = join(folder, `${crypto.randomUUID()}.log`)
  await writeFile(file, log)
  const { code, out } = await audit([file, '--json'])
  return { code, ...(JSON.parse(out) as LogAudit) }
}

const GOLDEN = { text: 'All is well.' }

test('a healthy start and golden path log no warning, and the audit says so', async () => {
  await using model = await startModelServer({ script: [GOLDEN] })
  const env = {
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/test-model',
    NETRA_LOG_LEVEL: 'info',
  }
  await using netra = await startNetra({ env })
  {
    using program = await openProgram(netra.url)
    const file = await program.upload('table.csv', 'name,size\nann,1\n')
    const { threadId } = await program.ask('hello', { files: [file] })
    await program.ask('and again', { threadId })
    await program.api.deleteThread(threadId)
    await program.api.logout()
  }
  expect(await netra.kill('SIGTERM')).toBe(0)
  const found = await audited(netra.log())
  expect(found.patterns).toEqual([])
  expect(found).toMatchObject({ code: 0, errors: 0, warnings: 0, unknown: 0 })
  expect(found.lines).toBeGreaterThan(5)
})

test.each(['json', 'google'])(
  'the log of a server whose model is unwell names the cause, also in the form %s',
  async (format) => {
    await using model = await startModelServer({
      script: [{ status: 401, error: 'Incorrect API key provided: sk-proj-hidden0hidden0hidden0' }],
    })
    const env = {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_LOG_FORMAT: format,
    }
    await using netra = await startNetra({ env })
    using program = await openProgram(netra.url)
    const { run } = await program.ask('hello')
    expect(run.outcome?.kind).toBe('failed')
    const found = await audited(netra.log())
    expect(found).toMatchObject({ code: 0, errors: 0, unknown: 0 })
    const pattern = found.patterns.find(({ code }) => code === 'model_auth')
    expect(pattern).toMatchObject({
      level: 'warning',
      cause: 'The provider of a model refuses the API key.',
      sample_trace_id: run.trace_id,
    })
    expect(JSON.stringify(found)).not.toContain('hidden0')
  },
)

test('the log of a server whose disk is full says so', async (context) => {
  await using disk = await smallDisk(context, 8)
  await using netra = await startNetra({ folder: disk.folder })
  using program = await openProgram(netra.url)
  await writeFile(join(disk.folder, 'ballast'), Buffer.alloc(32 * 1024 * 1024)).catch(
    () => undefined,
  )
  // Each is refused; one of them finds the disk full while it writes.
  for (let at = 0; at < 40 && !/ENOSPC|disk is full/.test(netra.log()); at++) {
    await program.api.createThread({ title: 'x'.repeat(180) }).catch(() => undefined)
  }
  const found = await audited(netra.log())
  expect(found.code).toBe(1)
  expect(found.patterns.map(({ cause }) => cause)).toContain(
    'The disk of NETRA_DATA_DIR (or of PostgreSQL) is full.',
  )
  expect(found.worst_minute?.errors).toBeGreaterThan(0)
})

test('what a server says that cannot start is understood, though it is no JSON', async () => {
  await using netra = await startNetra()
  const child = spawn(process.execPath, [BIN, 'start'], {
    env: {
      PATH: process.env['PATH'],
      NETRA_DATA_DIR: join(folder, 'other'),
      PORT: new URL(netra.url).port,
    },
  })
  const found = await audited(await text(child.stderr))
  expect(found.code).toBe(1)
  expect(found.patterns[0]?.cause).toBe(
    'Another process listens on PORT already, most likely an older Netra.',
  )
})

test('a log of any size is read once, from standard input too, and lines of others are counted', async () => {
  const line = (at: number) =>
    JSON.stringify({
      level: at % 1000 === 0 ? 50 : 30,
      time: Date.UTC(2026, 0, 1) + at * 10,
      msg: at % 1000 === 0 ? `request ${at} failed` : 'run ended',
      run_id: crypto.randomUUID(),
    })
  const log = `${Array.from({ length: 100_000 }, (_, at) => line(at)).join('\n')}\nGET /favicon.ico 200\n\u001b[2Jnot ours\n`
  const { code, out } = await audit(['-', '--json'], log)
  const found = JSON.parse(out) as LogAudit
  expect(code).toBe(1)
  expect(found).toMatchObject({ lines: 100_002, unknown: 2, errors: 100, warnings: 0 })
  expect(found.patterns).toHaveLength(1)
  expect(found.from).toBe('2026-01-01T00:00:00.000Z')
  expect(found.worst_minute).toEqual({ at: '2026-01-01T00:00:00.000Z', errors: 6 })
  expect(out).not.toContain('\\u001b')
  const zipped = join(folder, 'old.log.gz')
  await writeFile(zipped, gzipSync(log))
  const told = await audit([zipped])
  expect(told.code).toBe(1)
  expect(told.out).toMatch(/^100002 lines, 2026-01-01T00:00:00\.000Z to /)
  expect(told.out).toMatch(/ 100 × error: request 99000 failed/)
  expect(told.out).toContain('not understood: GET /favicon.ico 200')
})

test('what cannot be read is neither clean nor bad', async () => {
  const absent = await audit([join(folder, 'absent.log')])
  expect(absent).toMatchObject({ code: 2, out: '' })
  expect(absent.err).toContain('could not be read')
  expect((await audit(['-'], 'not a log\nat all\n')).code).toBe(2)
  expect((await audit([])).code).toBe(2)
})
