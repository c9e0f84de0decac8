import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { callOnce, openMcpWorld, type McpWorld, type Member } from './support/mcp-world.ts'

const PROGRAM = fileURLToPath(new URL('./support/mcp-stdio.ts', import.meta.url))

let world: McpWorld
let folder: string
let root: Member

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-programs-'))
  world = await openMcpWorld({
    env: { OPENAI_API_KEY: 'sk-canary', NETRA_METRICS_TOKEN: 'canary' },
  })
  root = world.administrator
}, 60_000)

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const notesOf = (name: string) => join(folder, name)
const noted = async (name: string) =>
  (await readFile(notesOf(name), 'utf8').catch(() => '')).split('\n')
const pidsOf = async (name: string) =>
  (await noted(name)).flatMap((line) => (line.startsWith('pid ') ? [Number(line.slice(4))] : []))
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const commandOf = (name: string, how = 'well') => [process.execPath, PROGRAM, how, notesOf(name)]
const connect = (name: string, how?: string, more: object = {}) =>
  root.connect({ name, command: commandOf(name, how), for_all: true, trusted: true, ...more })

async function call(member: Member, tool: string, args: unknown = {}) {
  world.model.script(callOnce(tool, args))
  const [made] = await member.calls(await member.send())
  return made
}

test('a program is run as the very command that is shown, without a shell, knowing only its own variables (S36)', async () => {
  const injected = ['; touch /tmp/owned', '$(id)', '`id`']
  const view = await root.connect({
    name: 'plain',
    command: [...commandOf('plain'), ...injected],
    for_all: true,
    trusted: true,
    variables: { DESK_KEY: 'only for the program' },
  })
  expect(view).toMatchObject({
    transport: 'stdio',
    command: [...commandOf('plain'), ...injected],
    variables: ['DESK_KEY'],
    about: { name: 'workbench', protocol: '2025-11-25' },
  })
  expect(await call(root, 'plain__read_note')).toMatchObject({ status: 'ok' })
  const environment = (await noted('plain')).find((line) => line.startsWith('environment'))
  expect(environment).toBe('environment DESK_KEY HOME LANG PATH TMPDIR')
  const person = await world.person()
  const refused = await person.api('POST', '/api/mcp/connections', {
    name: 'mine',
    command: ['id'],
    for_all: true,
  })
  expect(refused.status).toBe(403)
  const { body: seen } = await person.api('GET', `/api/mcp/connections/${view.id}`)
  expect(seen).toMatchObject({ command: null, variables: [] })
})

test('each person has a process of their own, and none outlives its server (S35)', async () => {
  const { id } = await connect('apart')
  const [one, two] = [await world.person(), await world.person()]
  for (const member of [one, two])
    expect(await call(member, 'apart__read_note')).toMatchObject({ status: 'ok' })
  const pids = await pidsOf('apart')
  // The administrator's, who looked at it, among them.
  expect(new Set(pids).size).toBe(3)
  await root.api('DELETE', `/api/mcp/connections/${id}`)
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
})

test('Stop tells the program that its call was cancelled, and ends it', async () => {
  await connect('halted')
  world.model.script(callOnce('halted__slow'))
  const turn = await root.send()
  await expect
    .poll(() => root.stateOf(turn).tool_calls[0]?.progress, { timeout: 10_000 })
    .toMatchObject({ progress: 1 })
  const before = await pidsOf('halted')
  await root.client.cancelRun(turn.runId)
  expect((await root.ended(turn)).outcome?.kind).toBe('cancelled')
  await expect.poll(() => noted('halted'), { timeout: 10_000 }).toContain('cancelled')
  await expect.poll(() => before.filter(isAlive), { timeout: 10_000 }).toEqual([])
})

test('a program that dies in a call, or says what is no JSON-RPC, is told of and started again', async () => {
  await connect('frail')
  expect((await call(root, 'frail__die'))?.result).toMatchObject({
    error: expect.stringContaining('ended in the middle of the call'),
  })
  expect(await call(root, 'frail__read_note')).toMatchObject({ status: 'ok' })
  await connect('babbler', 'broken')
  expect((await call(root, 'babbler__read_note'))?.status).toBe('ok')
})

test('a program that says nothing is given up in time', async () => {
  const { status, body } = await root.api('POST', '/api/mcp/connections', {
    name: 'silent',
    command: commandOf('silent', 'silent'),
    for_all: true,
    timeout_ms: 1_000,
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({ state: 'failing', problem: expect.stringContaining('in time') })
  await expect
    .poll(async () => (await pidsOf('silent')).filter(isAlive), { timeout: 10_000 })
    .toEqual([])
})

test('a command that is not there is said to be so', async () => {
  const { body } = await root.api('POST', '/api/mcp/connections', {
    name: 'nowhere',
    command: ['/no/such/program'],
    for_all: true,
  })
  expect(body).toMatchObject({ state: 'failing', tools: [] })
})

test('programs die with a Netra that was killed, also those that do not want to', async () => {
  await connect('stubborn', 'stubborn')
  expect(await call(root, 'stubborn__read_note')).toMatchObject({ status: 'ok' })
  const pids = await pidsOf('stubborn')
  expect(pids.some(isAlive)).toBe(true)
  await world.netra.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
})
