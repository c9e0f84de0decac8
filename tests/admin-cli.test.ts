import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp, signIn } from './support/sign-in.ts'

/** Each command is a process of its own, and several are asked for in one test. */
vi.setConfig({ testTimeout: 90_000 })

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

let netra: NetraProcess
let root: Person
beforeAll(async () => {
  netra = await startNetra()
  root = await setUp(netra)
}, 60_000)
afterAll(() => netra[Symbol.asyncDispose]())

/** `netra admin …` beside the running server, with what somebody types. */
function run(args: string[], input = '', env: Record<string, string> = {}) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [BIN, 'admin', ...args], {
      env: { PATH: process.env['PATH'], NETRA_DATA_DIR: netra.folder, ...env },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.stdin.end(input)
    child.on('exit', (code) => resolve({ code, out, err }))
  })
}

const roleOf = async (person: Person): Promise<unknown> => {
  const { body } = await request(`${netra.url}/auth/me`, { headers: person.headers })
  return body['role']
}

test('whoever owns the machine lists, promotes and demotes, and each change ends sessions', async () => {
  const ada = await register(netra.url, 'ada@example.com')
  const { out } = await run(['list'])
  expect(out).toMatch(/^ada@example.com +user, seen /m)
  expect(out).toMatch(/^root@example.com +administrator, seen /m)
  expect(await run(['promote', 'Ada@Example.com'])).toMatchObject({ code: 0, err: '' })
  expect((await request(`${netra.url}/auth/me`, { headers: ada.headers })).status).toBe(401)
  expect(await roleOf(await signIn(netra.url, ada.email))).toBe('admin')
  expect((await run(['demote', 'ada@example.com'])).code).toBe(0)
  expect(await roleOf(await signIn(netra.url, ada.email))).toBe('user')
})

test('a user disabled from the command line loses the socket within a second (S11)', async () => {
  const bob = await register(netra.url, 'bob@example.com')
  const socket = await openSocket(netra.url)
  socket.send(hello(bob.token))
  await socket.next(({ type }) => type === 'welcome')
  const { code } = await run(['disable', bob.email])
  const doneAt = performance.now()
  expect(code).toBe(0)
  expect((await socket.closed).code).toBe(4507)
  expect(performance.now() - doneAt).toBeLessThan(1_000)
  await expect(signIn(netra.url, bob.email)).rejects.toThrow('403')
  expect((await run(['reset-password', bob.email], 'x\n')).err).toContain('netra admin enable')
  expect((await run(['enable', bob.email])).code).toBe(0)
  await signIn(netra.url, bob.email)
})

test('a forgotten password is chosen anew on the machine itself, and ends every session', async () => {
  const eve = await register(netra.url, 'eve@example.com')
  const chosen = 'a brand new sentence'
  expect(await run(['reset-password', eve.email], `${chosen}\n`)).toMatchObject({ code: 0 })
  expect((await request(`${netra.url}/auth/me`, { headers: eve.headers })).status).toBe(401)
  await expect(signIn(netra.url, eve.email, PASSWORD)).rejects.toThrow('401')
  await signIn(netra.url, eve.email, chosen)
})

test('the last administrator who can sign in is neither demoted nor disabled', async () => {
  for (const verb of ['demote', 'disable']) {
    const { code, err } = await run([verb, root.email])
    expect(code).toBe(1)
    expect(err).toContain('the only administrator')
  }
  expect(await roleOf(root)).toBe('admin')
})

test('mistakes are told with what to do', async () => {
  expect(await run(['promote', 'nobody@example.com'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('netra admin list'),
  })
  expect(await run(['create', root.email], `${PASSWORD}\n`)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`netra admin promote ${root.email}`),
  })
  for (const args of [[], ['promote'], ['explode', 'x@example.com']]) {
    expect(await run(args)).toMatchObject({ code: 2, err: expect.stringContaining('usage:') })
  }
  const elsewhere = await run(['list'], '', {
    AUTH_SERVICE_URL: 'http://localhost:9999',
    NETRA_SERVICE_SECRET: 'x'.repeat(40),
  })
  expect(elsewhere.code).toBe(1)
  expect(elsewhere.err).toContain('run this where it runs')
})

test('what was done from the command line is in the audit log as the operator’s', async () => {
  const { body } = await request<{
    entries: { action: string; actor: { kind: string } }[]
  }>(`${netra.url}/auth/admin/audit?limit=200`, { headers: root.headers })
  const actions = body.entries
    .filter(({ actor }) => actor.kind === 'operator')
    .map(({ action }) => action)
  expect(new Set(actions)).toEqual(
    new Set(['role.changed', 'user.disabled', 'user.enabled', 'link.made']),
  )
  expect(await run(['verify-audit'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ entries, all as they were written/),
  })
})
