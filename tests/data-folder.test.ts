import { spawn } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { temporaryFolder } from './support/auth-process.ts'
import { startNetra } from './support/netra-process.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

function netra(args: string[], folder: string) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env['PATH'], PORT: '0', NETRA_DATA_DIR: folder },
      timeout: 40_000,
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

test('a data folder that cannot be one ends the start at once with what to do', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  for (const path of ['/proc/netra', file, join(file, 'below')]) {
    for (const command of ['start', 'auth']) {
      const { code, err } = await netra([command], path)
      expect([path, code]).toEqual([path, 1])
      expect(err).toMatch(
        /^netra: the data folder \S+ cannot be used \(.+\); set NETRA_DATA_DIR .+\n$/,
      )
      expect(err).toContain(path)
    }
  }
}, 120_000)

test('a second start on a busy folder says so and nothing else', async () => {
  await using first = await startNetra()
  for (let round = 0; round < 3; round += 1) {
    const { code, err } = await netra(['start'], first.folder)
    expect(code).toBe(1)
    expect(err.trim().split('\n')).toEqual([
      `netra: the data folder ${first.folder} is in use by another Netra: stop that one first, for a journal on SQLite has one process at a time (several need DATABASE_URL), or set NETRA_DATA_DIR to another folder`,
    ])
  }
}, 120_000)

test('a server starts neither for help nor for what it does not know', async () => {
  await using folder = await temporaryFolder()
  for (const command of ['start', 'web', 'config', 'auth', 'admin', 'service']) {
    const help = await netra([command, '--help'], folder.path)
    expect([command, help.code, help.err]).toEqual([command, 0, ''])
    expect(help.out).toContain(`netra ${command}`)
    const unknown = await netra([command, '--prot=1'], folder.path)
    expect([command, unknown.code, unknown.out]).toEqual([command, 2, ''])
  }
  expect(await readdir(folder.path)).toEqual([])
}, 120_000)

test('a command for accounts that are there makes no store where there are none', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'wrong')
  for (const args of [
    ['admin', 'list'],
    ['admin', 'verify-audit'],
    ['admin', 'disable', 'ada@example.com'],
    ['service', 'list'],
    ['service', 'revoke', 'node'],
    ['auth', 'rotate-keys'],
  ]) {
    const { code, err } = await netra(args, path)
    expect([...args, code]).toEqual([...args, 1])
    expect(err).toContain(`no accounts in ${path}; set NETRA_DATA_DIR`)
  }
  expect(await readdir(folder.path)).toEqual([])
  expect((await netra(['service', 'add', 'node'], path)).code).toBe(0)
  const empty = await netra(['admin', 'list'], path)
  expect(empty).toEqual({ code: 0, out: `no accounts in ${path}\n`, err: '' })
}, 120_000)
