import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket, type RawSocket } from './support/raw-socket.ts'
import { smallDisk } from './support/small-disk.ts'

vi.setConfig({ testTimeout: 60_000 })

const THROWING = fileURLToPath(new URL('support/throwing-handlers.mjs', import.meta.url))

async function welcomed({ url }: NetraProcess, who: Person): Promise<RawSocket> {
  const socket = await openSocket(url)
  socket.send(hello(who.token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

async function answers(socket: RawSocket): Promise<void> {
  const nonce = crypto.randomUUID()
  socket.send({ type: 'ping', nonce })
  await socket.next((frame) => frame.type === 'pong' && frame['nonce'] === nonce)
}

interface Checked {
  status: string
  degraded?: string[]
  checks: { process: { status: string; error?: string; details: { uncaught_errors: number } } }
}

test('what throws in the handlers of two people’s sockets ends nobody’s, is counted, and told once it goes on (S41)', async () => {
  await using netra = await startNetra({ env: { NODE_OPTIONS: `--import=${THROWING}` } })
  const [ada, bob, cem] = [
    await register(netra.url),
    await register(netra.url),
    await register(netra.url),
  ]
  using thrower = await welcomed(netra, ada)
  using rejecter = await welcomed(netra, bob)
  using others = await welcomed(netra, ada)
  using bystander = await welcomed(netra, cem)
  const health = async (): Promise<Checked> =>
    (await request<Checked>(`${netra.url}/api/health`)).body
  const counted = async (count: number): Promise<Checked> =>
    vi.waitFor(async () => {
      const seen = await health()
      expect(seen.checks.process.details.uncaught_errors).toBe(count)
      return seen
    }, 5_000)

  thrower.send({ type: 'ping', nonce: 'throw' })
  rejecter.send({ type: 'ping', nonce: 'reject' })
  expect((await counted(2)).checks.process.status).toBe('healthy')
  for (const socket of [rejecter, others, bystander]) await answers(socket)
  rejecter.send({ type: 'ping', nonce: 'reject' })
  expect(await counted(3)).toMatchObject({
    status: 'healthy',
    checks: { process: { status: 'degraded', error: expect.stringContaining('3 errors in') } },
  })
  for (const socket of [rejecter, others, bystander]) await answers(socket)
  expect((await request(`${netra.url}/health/ready`)).status).toBe(200)
  const sent = await request(`${netra.url}/api/chat/messages`, {
    headers: ada.headers,
    body: { content: 'hello' },
  })
  expect(sent.status).toBe(202)

  const { body: metrics } = await request<string>(`${netra.url}/metrics`)
  expect(metrics).toContain('netra_uncaught_errors_total{origin="rejection"} 2')
  expect(metrics).toContain('netra_uncaught_errors_total{origin="exception"} 1')
  const lines = netra
    .log()
    .split('\n')
    .filter((line) => line.includes('nobody caught'))
  expect(lines).toHaveLength(3)
  for (const line of lines) {
    expect(line).toContain('throwing-handlers.mjs')
    expect(line).toContain('"trace_id"')
  }
})

test('while the disk of the store is full Netra is read only, says so, and is whole again by itself', async (context) => {
  await using disk = await smallDisk(context, 6)
  const { folder } = disk
  await using netra = await startNetra({ folder })
  const person = await register(netra.url)
  const make = () =>
    request<{ message: string; thread_id?: string }>(`${netra.url}/api/threads`, {
      headers: person.headers,
      body: { title: 'x'.repeat(180) },
    })
  const mode = async () => (await request(`${netra.url}/api/config`)).body['mode']
  expect((await make()).status).toBe(201)
  const ballast = join(folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch(() => undefined)
  while ((await make()).status === 201);
  expect(await mode()).toEqual({
    level: 'read_only',
    why: 'the store cannot be written, and /health says why',
  })
  expect(await make()).toMatchObject({
    status: 503,
    body: { message: expect.stringContaining('Nothing new is taken at the moment: the store') },
  })
  const list = await request(`${netra.url}/api/threads`, { headers: person.headers })
  expect(list.status).toBe(200)
  const { body: metrics } = await request<string>(`${netra.url}/metrics`)
  expect(metrics).toContain('netra_mode 2')

  await rm(ballast)
  await vi.waitFor(async () => expect(await mode()).toEqual({ level: 'full', why: null }), 20_000)
  expect((await make()).status).toBe(201)
  expect(netra.log()).toContain('the mode of service steps back')
})
