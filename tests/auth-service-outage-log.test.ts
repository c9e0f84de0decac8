import { expect, test } from 'vitest'

import {
  healthy,
  startAuthProcess,
  startNode,
  temporaryFolder,
  until,
} from './support/auth-process.ts'
import { request } from './support/http.ts'
import { register } from './support/people.ts'

test('an outage of the auth service is a line when it begins and one when it is over, and the node stays alive (S40)', async () => {
  await using folder = await temporaryFolder()
  const first = await startAuthProcess({ folder: folder.path })
  const port = Number(new URL(first.url).port)
  await using node = await startNode(first.url)
  await healthy(node.url)
  const ada = await register(node.url)
  expect((await request(`${node.url}/api/threads`, { headers: ada.headers })).status).toBe(200)
  await first.kill('SIGKILL')
  for (let round = 0; round < 12; round += 1) {
    expect((await request(`${node.url}/auth/config`)).status).toBe(503)
    const unknown = { cookie: `netra_session=made-up-${round}` }
    expect((await request(`${node.url}/api/threads`, { headers: unknown })).status).toBe(503)
    const command = { v: 2, type: 'create_thread', id: `${round}` }
    const refused = await request(`${node.url}/api/commands`, {
      body: command,
      headers: { ...unknown, origin: node.url },
    })
    expect(refused.status).toBe(503)
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  expect((await request(`${node.url}/health`)).status).toBe(503)
  expect((await request(`${node.url}/health/live`)).status).toBe(200)
  expect((await request(`${node.url}/api/threads`, { headers: ada.headers })).status).toBe(200)
  await using second = await startAuthProcess({ folder: folder.path, port })
  await healthy(node.url)
  expect((await request(`${second.url}/health`)).status).toBe(200)
  await until(() => node.log().includes('the auth service is back'))

  const lines = node
    .log()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { level: number; msg: string; err?: unknown })
  expect(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([
    expect.stringContaining('the auth service cannot be reached: whoever is in goes on'),
  ])
  expect(lines.filter(({ err }) => err !== undefined)).toEqual([])
  expect(lines.filter(({ msg }) => msg === 'the auth service is back')).toHaveLength(1)
}, 120_000)
