import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startLyingProxy, type Lie } from './support/lying-proxy.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD, register } from './support/people.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))
/** On a machine that does other work too. */
const LONG_MS = 600_000

interface Outcome {
  code: number | null
  out: string
  err: string
}

function verify(args: readonly string[], signalAfter?: RegExp): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, 'verify-delivery', ...args])
    let out = ''
    let err = ''
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => {
      const isFirst = !signalAfter?.test(err)
      err += data.toString()
      if (isFirst && signalAfter?.test(err)) child.kill('SIGINT')
    })
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

const LINES = [
  'schedules',
  'events sent',
  'delivered',
  'lost',
  'duplicated',
  'reordered',
  'unreported',
  'resumes',
  'resets',
  'snapshots',
  'kills',
  'seed',
]

test(
  'F10, F33, F89: through single bytes, resets, a stop and a kill nothing is lost, and the table says so',
  async () => {
    const { code, out, err } = await verify([
      '--seed',
      '13',
      '--schedules',
      '6',
      '--only',
      '2,4,5,6',
    ])
    for (const name of ['slice', 'reset', 'stop', 'kill']) {
      expect(err).toMatch(new RegExp(`^ +\\d ${name} .*: ok$`, 'm'))
    }
    for (const line of LINES) expect(out).toMatch(new RegExp(`^${line} +\\d+$`, 'm'))
    expect(out).toMatch(/^lost +0$/m)
    expect(out).not.toMatch(/^kills +0$/m)
    expect(out).toContain('OK')
    expect(code).toBe(0)
  },
  LONG_MS,
)

test(
  "on somebody's installation it kills nothing, says what it did not try and leaves no thread",
  async () => {
    await using netra = await startNetra()
    const person = await register(netra.url)
    const account = ['--email', person.email, '--password', PASSWORD]
    const args = ['--url', netra.url, ...account, '--seed', '5', '--schedules', '1', '--only', '1']
    const { code, out } = await verify(args)
    expect(out).toContain('not tried: killing and stopping the server')
    expect(out).toMatch(/^kills +0$/m)
    expect(code).toBe(0)
    const listed = await request(`${netra.url}/api/threads`, { headers: person.headers })
    expect(listed.body).toEqual([])
  },
  LONG_MS,
)

test.each<[Lie, string]>([
  ['drop', 'lost'],
  ['duplicate', 'duplicated'],
  ['swap', 'reordered'],
])(
  'a server whose events are treated so (%s) is found out: %s',
  async (lie, count) => {
    await using netra = await startNetra()
    await using liar = await startLyingProxy(netra.url, lie)
    const args = ['--url', liar.url, '--seed', '6', '--schedules', '1', '--only', '1']
    const { code, out } = await verify(args)
    expect(liar.lies).toBeGreaterThan(0)
    expect(Number(new RegExp(`^${count} +(\\d+)$`, 'm').exec(out)?.[1])).toBeGreaterThan(0)
    expect(out).toContain('contiguous')
    expect(out).toContain('Again: netra verify-delivery --seed 6 --schedules 1 --only 1')
    expect(code).toBe(1)
  },
  LONG_MS,
)

test('where nothing answers it says so and ends with 2', async () => {
  const { code, err } = await verify(['--url', 'http://127.0.0.1:9', '--seed', '1'])
  expect(err).toContain('It could not run')
  expect(code).toBe(2)
})

test('what it does not understand ends with 2 and the usage', async () => {
  const { code, err } = await verify(['--seed', 'many'])
  expect(err).toContain('usage: netra verify-delivery')
  expect(code).toBe(2)
})

test('where no schedule would run it does not say that all is well', async () => {
  const { code, err } = await verify(['--schedules', '1', '--only', '7'])
  expect(err).toContain('--only 7')
  expect(code).toBe(2)
})

test(
  'an interrupt ends its server and removes its folder',
  async () => {
    const { code, err } = await verify(['--seed', '1'], /a server of its own at .* data in/)
    expect(code).toBe(2)
    const folder = /data in (\S+)/.exec(err)?.[1]?.split('/').at(-1) ?? ''
    expect(folder).toMatch(/^netra-verify-/)
    expect(await readdir(tmpdir())).not.toContain(folder)
    const url = /own at (\S+),/.exec(err)?.[1] ?? ''
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  },
  LONG_MS,
)
