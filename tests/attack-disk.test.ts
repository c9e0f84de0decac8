import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { request } from './support/http.ts'
import { startModelServer } from './support/model-server.ts'
import { startNetra } from './support/netra-process.ts'
import { PASSWORD, register } from './support/people.ts'
import { smallDisk } from './support/small-disk.ts'

test('a full disk is told as such everywhere, and when there is room again it goes on', async (context) => {
  await using disk = await smallDisk(context, 6)
  const { folder } = disk
  await using netra = await startNetra({ folder })
  const person = await register(netra.url)
  const ballast = join(folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch(() => undefined)

  const form = new FormData()
  form.append('file', new Blob(['a,b\n', 'x'.repeat(400_000)], { type: 'text/csv' }), 'big.csv')
  const upload = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  expect(upload.status).toBe(503)
  expect(((await upload.json()) as { message: string }).message).toContain('disk is full')
  const statuses: number[] = []
  for (let attempt = 0; attempt < 20; attempt++) {
    const sent = await request(`${netra.url}/api/threads`, {
      headers: person.headers,
      body: { title: 'x'.repeat(180) },
    })
    statuses.push(sent.status)
  }
  expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([])
  expect((await request(`${netra.url}/api/threads`, { headers: person.headers })).status).toBe(200)

  await rm(ballast)
  const login = () =>
    request(`${netra.url}/auth/login`, { body: { email: person.email, password: PASSWORD } })
  expect((await login()).status).toBe(200)
  const recovered = async (): Promise<void> => {
    const { status } = await request(`${netra.url}/api/threads`, {
      headers: person.headers,
      body: { title: 'again' },
    })
    if (status !== 201) return recovered()
  }
  await recovered()
})

test(
  'an answer that met a full disk is gone on with when there is room again',
  { timeout: 60_000 },
  async (context) => {
    await using disk = await smallDisk(context, 6)
    const { folder } = disk
    // Long enough for the disk to fill in its middle, and within the window of a reader.
    const piece = `${'x'.repeat(499)} `
    const text = Array.from({ length: 60 }, () => piece)
    await using model = await startModelServer({ script: [{ text, paceMs: 60 }] })
    const env = { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/slow' }
    await using netra = await startNetra({ folder, env })
    const device = new Follower(await register(netra.url))
    await device.connect(netra.url)
    const run = await device.ask('tell me')
    const stream = `thread:${run.thread_id}`
    await device.until(stream, (event) => event.type === 'message_delta')
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch(() => undefined)
    const isFull = async (): Promise<void> => {
      if ((await request(`${netra.url}/health`)).status !== 503) return isFull()
    }
    await isFull()
    await rm(ballast)
    const end = await device.end(run.run_id, run.thread_id)
    expect(end.event.type).toBe('agent_completed')
    expect(device.events.get(stream)?.some(({ event }) => event.type === 'run_attempt')).toBe(true)
    expect(device.violations).toEqual([])
    device.disconnect()
  },
)
