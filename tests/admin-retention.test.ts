import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { loadConfig } from '../packages/server/src/config/config.ts'
import { silentLogger } from '../packages/server/src/platform/logger.ts'
import { startServer, type RunningServer } from '../packages/server/src/server.ts'
import { request } from './support/http.ts'
import { MovingClock } from './support/moving-clock.ts'
import { register, type Person } from './support/people.ts'
import { setUp } from './support/sign-in.ts'

const DAY = 24 * 3600_000
const ROUND = 10 * 60_000

let folder: string
let clock: MovingClock
let server: RunningServer
let root: Person
let ada: Person

const start = async () => {
  const config = loadConfig({ NETRA_DATA_DIR: folder, PORT: '0' })
  server = await startServer(config, { clock, logger: silentLogger })
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-retention-'))
  clock = new MovingClock()
  await start()
  root = await setUp({
    url: server.url,
    setupToken: /#token=(\S+)/.exec(server.setupUrl ?? '')?.[1],
  })
  ada = await register(server.url)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const choose = (days: unknown) =>
  request(`${server.url}/api/admin/retention`, {
    method: 'PUT',
    headers: root.headers,
    body: { days },
  })

const shownToAll = async () => (await request(`${server.url}/api/config`)).body['retention_days']

/** Tokens end after 15 minutes of the moved clock; the cookie lives for days. */
const byCookie = (person: Person) => ({ cookie: person.cookie, origin: server.url })

async function begin(title: string): Promise<string> {
  const { status, body } = await request<{ id: string }>(`${server.url}/api/threads`, {
    headers: byCookie(ada),
    body: { title },
  })
  expect(status).toBe(201)
  return body.id
}

async function titles(): Promise<string[]> {
  const { body } = await request<{ title: string }[]>(`${server.url}/api/threads`, {
    headers: byCookie(ada),
  })
  return body.map(({ title }) => title)
}

/** However busy the machine is. */
const PATIENCE = { timeout: 20_000, interval: 50 }

/** Moves on by `ms`, then through one round of the sweep. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  clock.advance(ROUND)
  await new Promise((resolve) => setTimeout(resolve, 200))
}

test('conversations untouched for the chosen days are erased; others and those touched stay', async () => {
  expect(await shownToAll()).toBe(null)
  expect(await choose(3)).toMatchObject({ status: 200, body: { days: 3 } })
  expect(await shownToAll()).toBe(3)
  const [old, touched] = [await begin('old'), await begin('touched')]
  await pass(2 * DAY)
  await expect.poll(titles, PATIENCE).toEqual(['touched', 'old'])
  await request(`${server.url}/api/threads/${touched}`, {
    method: 'PUT',
    headers: byCookie(ada),
    body: { title: 'touched again' },
  })
  await begin('new')
  await pass(1.5 * DAY)
  await expect.poll(titles, { timeout: 10_000 }).toEqual(['new', 'touched again'])
  const gone = await request(`${server.url}/api/threads/${old}`, { headers: byCookie(ada) })
  expect(gone.status).toBe(404)
})

test('without a choice nothing is erased, and a choice taken back erases nothing more', async () => {
  await begin('old')
  await pass(5 * DAY)
  await expect.poll(titles, PATIENCE).toEqual(['old'])
  const headers = byCookie(root)
  const put = (days: number | null) =>
    request(`${server.url}/api/admin/retention`, { method: 'PUT', headers, body: { days } })
  expect((await put(1)).status).toBe(200)
  expect((await put(null)).status).toBe(200)
  await pass(DAY)
  await expect.poll(titles, PATIENCE).toEqual(['old'])
  expect(await shownToAll()).toBe(null)
})

test('the choice outlives a restart and is checked', async () => {
  for (const wrong of [0, -1, 1.5, 'x', 40_000]) expect((await choose(wrong)).status).toBe(422)
  await choose(30)
  await server[Symbol.asyncDispose]()
  await start()
  expect(await shownToAll()).toBe(30)
  const { body } = await request<{ entries: { action: string; details: unknown }[] }>(
    `${server.url}/auth/admin/audit`,
    { headers: byCookie(root) },
  )
  const entry = body.entries.find(({ action }) => action === 'retention.changed')
  expect(entry?.details).toEqual({ from: null, to: 30 })
})
