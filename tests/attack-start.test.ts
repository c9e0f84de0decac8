import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { freePort } from './support/free-port.ts'
import { startNetra } from './support/netra-process.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-'))
  await using netra = await startNetra({ folder })
  await netra.kill('SIGTERM')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Starts on the folder and answers how it ended by itself. */
async function failedStart(): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, [BIN, 'start'], {
    env: { PATH: process.env['PATH'], PORT: '0', NETRA_DATA_DIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  return { code, err }
}

test('everything below the data folder is for the account that runs the server', async () => {
  const open: string[] = []
  for (const name of await readdir(folder, { recursive: true })) {
    const { mode } = await stat(join(folder, name))
    if ((mode & 0o077) !== 0) open.push(name)
  }
  expect(open).toEqual([])
})

test.each([
  ['keys/token-keys.json', '[{"kid":"a","privateKey":"s3cret'],
  ['keys/token-keys.json', '[{"kid":"a","privateKey":"s3cret"}]'],
  ['keys/cookie-secret', ''],
  ['keys/connections-key', 'short'],
  ['auth.db', 'no database, s3cret'.repeat(500)],
])('with %s damaged the start ends, names the file and does not repeat it', async (name, text) => {
  const path = join(folder, name)
  const before = await readFile(path)
  try {
    await writeFile(path, text)
    const { code, err } = await failedStart()
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining(path) as string })
    expect(err).not.toContain('s3cret')
    expect(err.trim().split('\n')).toHaveLength(1)
  } finally {
    await writeFile(path, before)
  }
})

test('it serves on when whoever read its output goes away', async () => {
  const port = await freePort()
  const own = await mkdtemp(join(tmpdir(), 'netra-'))
  const child = spawn(process.execPath, [BIN, 'start'], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      NETRA_DATA_DIR: own,
      NETRA_LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    child.stdout.destroy()
    child.stderr.destroy()
    let status: number | undefined
    while (status === undefined && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const response = await fetch(`http://localhost:${port}/api/nothing`).catch(() => undefined)
      status = response?.status
    }
    expect(status).toBe(404)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(child.exitCode).toBe(null)
  } finally {
    child.kill('SIGKILL')
    await rm(own, { recursive: true, force: true })
  }
})
