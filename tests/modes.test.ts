import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

import { openClassic, isWelcome } from './support/classic-client.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { hello, openSocket, type RawSocket } from './support/raw-socket.ts'
import { setUp, tryLogin } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let netra: NetraProcess
let admin: Person
let person: Person
/** Said before anything was taken away. */
let known: { client_message_id: string; thread_id: string; run_id: string }

beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  admin = await setUp(netra)
  person = await register(netra.url)
  const client_message_id = crypto.randomUUID()
  const { body } = await send(person, { client_message_id })
  known = {
    client_message_id,
    thread_id: String(body['thread_id']),
    run_id: String(body['run_id']),
  }
  await vi.waitFor(async () => {
    const { body: status } = await as(person, '/api/agents/status')
    if (status['active'] !== 0) throw new Error('the first answer is not over')
  })
})

afterAll(() => netra?.[Symbol.asyncDispose]())
afterEach(() => choose('full'))

const as = (
  who: Person,
  path: string,
  options: { method?: string; body?: unknown } = {},
  url = netra.url,
) => request(`${url}${path}`, { headers: who.headers, ...options })

const choose = (mode: string, why?: string) =>
  as(admin, '/api/admin/mode', { method: 'PUT', body: { mode, ...(why && { why }) } })

const send = (who: Person, more: object = {}) =>
  as(who, '/api/chat/messages', { body: { content: 'hello', ...more } })

const modeOf = async (path: string): Promise<unknown> =>
  (await request(`${netra.url}${path}`)).body['mode']

async function welcomed(who: Person): Promise<RawSocket> {
  const socket = await openSocket(netra.url)
  socket.send(hello(who.token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

const message = (id: string) => ({
  type: 'send_message',
  id,
  client_message_id: crypto.randomUUID(),
  thread_id: null,
  content: [{ type: 'text', text: 'hello' }],
})

test('read only: nothing new is taken, in the same words on every way; reading and leaving go on', async () => {
  using socket = await welcomed(person)
  using classic = await openClassic(netra.url, person.token)
  await classic.next(isWelcome)
  await choose('read_only', 'the disk is being exchanged')
  const why = expect.stringContaining('Nothing new is taken at the moment: the disk is being')

  socket.send(message('1'))
  expect(await socket.next((frame) => frame['id'] === '1')).toMatchObject({
    type: 'error',
    code: 'unavailable',
    message: why,
    retry: 'after',
    after_ms: 5_000,
  })
  classic.send({ type: 'user_message', payload: { content: 'hello' } })
  expect(await classic.next((frame) => frame.type === 'error')).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
    message: why,
  })
  const form = new FormData()
  form.append('file', new Blob(['a,b\n1,2\n'], { type: 'text/csv' }), 'a.csv')
  const upload = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  for (const refused of [
    await send(person),
    await as(person, '/api/threads', { body: { title: 'new' } }),
    await as(person, `/api/threads/${known.thread_id}`, { method: 'PUT', body: { title: 'x' } }),
    await as(person, '/api/agents/execute', { body: { type: 'data', message: 'hello' } }),
    { status: upload.status, headers: upload.headers, body: await upload.json() },
    // Administrators are no exception: it is the store that is spared.
    await send(admin),
  ]) {
    expect(refused).toMatchObject({
      status: 503,
      body: { error: true, error_code: 'SERVICE_UNAVAILABLE', message: why, user_message: why },
    })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
  }

  // What was accepted before is known: a retry is told so, and no second run is begun (F33).
  const again = await send(person, { client_message_id: known.client_message_id })
  expect(again.body).toMatchObject({ run_id: known.run_id, duplicate: true })
  expect((await as(person, `/api/threads/${known.thread_id}/messages`)).status).toBe(200)
  const archive = await fetch(`${netra.url}/api/account/export`, { headers: person.headers })
  expect(archive.status).toBe(200)
  await archive.body?.cancel()
  expect((await tryLogin(netra.url, person.email, PASSWORD)).status).toBe(200)
  const leaving = await register(netra.url)
  const erased = await as(leaving, '/auth/me', { method: 'DELETE', body: { password: PASSWORD } })
  expect(erased.status).toBeLessThan(300)
  expect(netra.log()).not.toContain('request failed')

  await choose('full')
  socket.send(message('2'))
  expect(await socket.next((frame) => frame['id'] === '2')).toMatchObject({ type: 'ok' })
})

test('maintenance: administrators work, everybody else keeps their sockets and is told to come back', async () => {
  using socket = await welcomed(person)
  using classic = await openClassic(netra.url, person.token)
  await classic.next(isWelcome)
  await choose('maintenance')
  const why = expect.stringContaining('Netra is closed for the moment: Netra is being maintained')
  socket.send(message('1'))
  expect(await socket.next((frame) => frame['id'] === '1')).toMatchObject({
    code: 'unavailable',
    message: why,
    after_ms: 30_000,
  })
  classic.send({ type: 'list_threads', payload: {} })
  expect(await classic.next((frame) => frame.type === 'error')).toMatchObject({
    error_code: 'SERVICE_UNAVAILABLE',
    message: why,
  })
  const refused = await as(person, '/api/threads')
  expect(refused).toMatchObject({ status: 503, body: { message: why } })
  expect(refused.headers.get('retry-after')).toBe('30')

  expect((await as(admin, '/api/threads')).status).toBe(200)
  expect((await send(admin)).status).toBe(202)
  expect((await tryLogin(netra.url, person.email, PASSWORD)).status).toBe(200)
  for (const path of ['/api/config', '/health', '/api/health']) {
    expect(await modeOf(path)).toMatchObject({ level: 'maintenance', why: expect.any(String) })
  }
  expect((await request(`${netra.url}/health/ready`)).status).toBe(200)

  await choose('full')
  expect(await modeOf('/api/config')).toEqual({ level: 'full', why: null })
  socket.send(message('2'))
  expect(await socket.next((frame) => frame['id'] === '2')).toMatchObject({ type: 'ok' })
})

test('no tools: an agent answers without, and says so first', async () => {
  await choose('no_tools')
  const { body } = await as(person, '/api/agents/execute', {
    body: { type: 'data', message: 'what is 6 * 7?' },
  })
  expect(body).toMatchObject({ status: 'success', response: expect.any(String) })
  expect(body['response']).not.toContain('42')
  using socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  const stream = `thread:${String(body['thread_id'])}`
  socket.send({ type: 'subscribe', id: '1', stream, position: null })
  await socket.next((frame) => frame.type === 'live')
  const events = socket.frames.map((frame) => frame['event'] as Record<string, unknown> | undefined)
  expect(events.find((event) => event?.['type'] === 'agent_thinking')).toMatchObject({
    thought: 'Answering without tools: tools are switched off by an administrator',
  })
  expect(events.some((event) => event?.['type'] === 'tool_executing')).toBe(false)
})

test('only administrators choose a mode; the choice is audited, and outlives a restart', async () => {
  const body = { mode: 'maintenance' }
  expect((await as(person, '/api/admin/mode', { method: 'PUT', body })).status).toBe(403)
  expect(
    (await as(admin, '/api/admin/mode', { method: 'PUT', body: { mode: 'off' } })).status,
  ).toBe(422)
  const other = await startNetra({ env: { NETRA_MODE: 'no_tools', NETRA_REGISTRATION: 'open' } })
  try {
    const root = await setUp(other)
    const put = await as(root, '/api/admin/mode', { method: 'PUT', body }, other.url)
    expect(put.body).toMatchObject({
      mode: { level: 'maintenance' },
      reasons: [
        { by: 'settings', level: 'no_tools' },
        { by: 'administrator', level: 'maintenance' },
      ],
    })
    const audit = await as(root, '/auth/admin/audit?kind=mode', {}, other.url)
    expect(audit.body['entries']).toMatchObject([
      { action: 'mode.chosen', details: { from: 'no_tools', to: 'maintenance' } },
    ])
    expect(JSON.parse(await readFile(join(other.folder, 'mode.json'), 'utf8'))).toMatchObject({
      level: 'maintenance',
    })
    await other.kill('SIGKILL')
    await using again = await startNetra({ folder: other.folder })
    const config = await request(`${again.url}/api/config`)
    expect(config.body['mode']).toMatchObject({ level: 'maintenance' })
    // Without a way in, the file can be taken away by hand.
    await writeFile(join(other.folder, 'mode.json'), '{"level":"full"}')
    await vi.waitFor(async () => {
      const { body: now } = await request(`${again.url}/api/config`)
      expect(now['mode']).toEqual({ level: 'full', why: null })
    }, 5_000)
  } finally {
    await other[Symbol.asyncDispose]()
  }
})
