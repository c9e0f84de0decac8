import type { Dashboard } from '@netra/client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { openProgram } from './support/sdk.ts'
import { setUp } from './support/sign-in.ts'

let netra: NetraProcess
let admin: Person
let ada: Person

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  admin = await setUp(netra)
  ada = await register(netra.url)
})

afterAll(() => netra[Symbol.asyncDispose]())

const dashboard = (person: Person) =>
  request<Dashboard>(`${netra.url}/api/admin/dashboard`, { headers: person.headers })

test('only an administrator is told how the node does', async () => {
  expect((await dashboard(ada)).status).toBe(403)
  expect((await request(`${netra.url}/api/admin/dashboard`)).status).toBe(403)
  const answer = await dashboard(admin)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('what happened is in the numbers, and nothing that people wrote is', async () => {
  const before = (await dashboard(admin)).body
  using program = await openProgram(netra.url, 'program@example.com')
  const { threadId, run } = await program.ask('what is 20 + 22? xyzzy')
  await request(`${netra.url}/api/threads/of-somebody-else`, { headers: ada.headers })
  const { body } = await dashboard(admin)
  expect(body.connections.sockets).toBe(1)
  expect(body.connections.people).toBe(1)
  expect(body.connections.success_rate).toBe(1)
  expect(body.runs.completed - before.runs.completed).toBe(1)
  expect(body.runs.incomplete).toBe(0)
  expect(body.delivery.committed).toBeGreaterThan(before.delivery.committed)
  expect(body.isolation.absent_or_anothers - before.isolation.absent_or_anothers).toBe(1)
  expect(body.isolation.not_allowed).toBeGreaterThanOrEqual(1)
  expect(body.store.commit.count).toBeGreaterThan(0)
  expect(body.store.disk_free_bytes).toBeGreaterThan(0)
  expect(body.process.heap_bytes).toBeGreaterThan(1_000_000)
  expect(body.health.checks.map(({ name }) => name)).toContain('backend')
  expect(body.service_levels.find(({ id }) => id === 'event_completion')).toMatchObject({
    share: 1,
    state: 'met',
  })
  const text = JSON.stringify(body)
  for (const secret of ['xyzzy', threadId, run.id, program.userId, ada.userId, ada.email]) {
    expect(text).not.toContain(secret)
  }
})
