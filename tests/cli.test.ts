import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD } from './support/people.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

function netra(args: string[], options: { env?: Record<string, string>; input?: string } = {}) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env['PATH'], ...options.env },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.stdin.end(options.input ?? '')
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

test('netra admin create makes an administrator beside a running server', async () => {
  await using server = await startNetra()
  const made = await netra(['admin', 'create', 'boss@example.com'], {
    env: { NETRA_DATA_DIR: server.folder },
    input: `${PASSWORD}\n`,
  })
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining('boss@example.com') })
  const login = await request(`${server.url}/auth/login`, {
    body: { email: 'boss@example.com', password: PASSWORD },
  })
  const headers = { authorization: `Bearer ${String(login.body['access_token'])}` }
  expect((await request(`${server.url}/auth/me`, { headers })).body).toMatchObject({
    role: 'admin',
  })
})

test('netra config shows where each value comes from and no secret', async () => {
  const { code, out } = await netra(['config'], {
    env: { PORT: '8123', OPENAI_API_KEY: 'sk-very-secret' },
  })
  expect(code).toBe(0)
  expect(out).toMatch(/PORT\s+8123\s+\[environment\]/)
  expect(out).toMatch(/OPENAI_API_KEY\s+\(set\)/)
  expect(out).not.toContain('sk-very-secret')
})

test('a wrong setting stops the start and names every problem', async () => {
  const { code, err } = await netra(['start'], { env: { PORT: 'x', NETRA_MODEL: 'gpt' } })
  expect(code).toBe(1)
  expect(err).toContain('PORT')
  expect(err).toContain('NETRA_MODEL')
})

test('a port that is taken is told with what to do', async () => {
  await using server = await startNetra()
  await expect(startNetra({ port: Number(new URL(server.url).port) })).rejects.toThrow(/set PORT/)
})

const root = fileURLToPath(new URL('..', import.meta.url))

test('what npm start has started ends when npm is ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-npm-'))
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: '0', NETRA_DATA_DIR: folder },
  })
  let output = ''
  npm.stdout.on('data', (data: Buffer) => (output += data.toString()))
  const address = () => /ready at (\S+)/.exec(output)?.[1] ?? ''
  await expect.poll(address, { timeout: 20_000 }).not.toBe('')
  npm.kill('SIGTERM')
  const isThere = () => fetch(`${address()}/health/live`).then(Boolean, () => false)
  await expect.poll(isThere, { timeout: 20_000 }).toBe(false)
  await rm(folder, { recursive: true, force: true })
}, 60_000)

test('npm exec finds netra', async () => {
  const answer = await new Promise<string>((resolve) => {
    const child = spawn('npm', ['exec', '--', 'netra', 'help'], { cwd: root })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('exit', () => resolve(output))
  })
  expect(answer).toContain('netra start')
})
