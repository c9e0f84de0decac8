import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { ApiError } from './api-error.ts'
import { ticketCredentials } from './credentials.ts'
import { HttpApi } from './http.ts'
import { NetraClient } from './netra-client.ts'
import { nodeTransport } from './node.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { ScriptedServer } from './testing/scripted-server.ts'
import { TokenSession } from './token-session.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

let seen: Seen[] = []
let answer: (seen: Seen, response: ServerResponse) => void
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { method = '', url = '', headers } = request
    const entry = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
    seen.push(entry)
    answer(entry, response)
  })
})
let baseUrl = ''

beforeEach(async () => {
  seen = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const json = (value: unknown, status = 200) => {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '3' })
    response.end(JSON.stringify(value))
  }
}

const user = { id: 'u', email: 'a@b.c', name: 'A', role: 'user' }
const thread = {
  id: 't/1',
  object: 'thread',
  title: 'Costs',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  metadata: {},
  message_count: 2,
  archived: false,
}

test('a request carries the bearer token, the query and the body', async () => {
  const api = new HttpApi({ baseUrl: `${baseUrl}/`, token: () => 'secret' })
  json([{ ...thread, snippet: 'about costs' }])
  expect(await api.threads({ q: 'costs & more', limit: 5 })).toMatchObject([
    { title: 'Costs', snippet: 'about costs' },
  ])
  expect(seen[0]).toMatchObject({ method: 'GET', url: '/api/threads?q=costs+%26+more&limit=5' })
  expect(seen[0]?.headers.authorization).toBe('Bearer secret')
  json(thread)
  await api.updateThread('t/1', { title: 'Costs' })
  expect(seen[1]).toMatchObject({
    method: 'PUT',
    url: '/api/threads/t%2F1',
    body: '{"title":"Costs"}',
  })
})

test('an answer that is not 2xx is an ApiError with all the server said', async () => {
  json(
    {
      error: true,
      error_code: 'VALIDATION_ERROR',
      message: 'email: too short',
      user_message: 'The email address is too short.',
      details: [{ field: 'email', problem: 'too short' }],
      trace_id: 'trace',
    },
    422,
  )
  const problem = await new HttpApi({ baseUrl })
    .login({ email: '', password: '' })
    .catch((error: unknown) => error)
  expect(problem).toBeInstanceOf(ApiError)
  expect(problem).toMatchObject({
    status: 422,
    error_code: 'VALIDATION_ERROR',
    message: 'email: too short',
    user_message: 'The email address is too short.',
    fields: [{ field: 'email', problem: 'too short' }],
    trace_id: 'trace',
    retry_after_ms: 3000,
  })
})

test('a proxy’s page instead of an answer is an ApiError too', async () => {
  answer = (_, response) => response.writeHead(502).end('<html>Bad gateway</html>')
  await expect(new HttpApi({ baseUrl }).me()).rejects.toMatchObject({
    status: 502,
    error_code: 'UNEXPECTED_ANSWER',
  })
  answer = (_, response) => response.writeHead(200).end('<html>Welcome to the hotel</html>')
  await expect(new HttpApi({ baseUrl }).me()).rejects.toMatchObject({
    status: 200,
    error_code: 'UNEXPECTED_ANSWER',
  })
})

test('a server that is not there says what to do', async () => {
  const api = new HttpApi({ baseUrl: 'http://127.0.0.1:1' })
  await expect(api.me()).rejects.toMatchObject({
    status: 0,
    error_code: 'UNREACHABLE',
    user_message: /Check the connection/,
  })
})

test('a request given up rejects with its own reason', async () => {
  answer = () => undefined
  const abort = new AbortController()
  const asking = new HttpApi({ baseUrl }).me(abort.signal)
  abort.abort(new Error('not wanted any more'))
  await expect(asking).rejects.toThrow('not wanted any more')
})

test('a 401 is told to whoever holds the session', async () => {
  let signedOut = 0
  json({ error: true, error_code: 'AUTH_FAILED', message: 'expired' }, 401)
  await expect(new HttpApi({ baseUrl, onSignedOut: () => (signedOut += 1) }).me()).rejects.toThrow(
    'expired',
  )
  expect(signedOut).toBe(1)
})

test('a file goes up as multipart, in the field "file", with its name', async () => {
  json({ file_id: 'f', name: 'a.csv', bytes: 3, media_type: 'text/csv' }, 201)
  const file = await new HttpApi({ baseUrl }).uploadFile(new Blob(['a,b'], { type: 'text/csv' }), {
    name: 'ä b.csv',
    onProgress: () => undefined,
  })
  expect(file).toMatchObject({ file_id: 'f', origin: 'upload' })
  expect(seen[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(seen[0]?.body).toContain('name="file"; filename="ä b.csv"')
})

test('older messages are like those of a thread’s state', async () => {
  const message = {
    id: 'm',
    role: 'user',
    content: [{ type: 'text', text: 'q' }],
    attachments: [],
    parent_message_id: null,
    run_id: null,
  }
  json({ messages: [{ ...message, created_at: '2026-01-01T00:00:00.000Z' }], before: 'm' })
  const page = await new HttpApi({ baseUrl }).messages('t', { before: 'x' })
  expect(page).toMatchObject({
    before: 'm',
    messages: [{ id: 'm', status: 'complete', usage: null, at: '2026-01-01T00:00:00.000Z' }],
  })
})

test('an answer of nothing is nothing', async () => {
  answer = (_, response) => response.writeHead(204).end()
  expect(await new HttpApi({ baseUrl }).deleteFile('f')).toBeUndefined()
})

test('a page’s socket gets a new ticket each time, and a signed-out page is told', async () => {
  const credentials = ticketCredentials(new HttpApi({ baseUrl }))
  json({ ticket: 'one', expires_at: '2026-01-01T00:00:00.000Z' })
  expect(await credentials.get({ fresh: false })).toEqual({ ticket: 'one' })
  json(
    {
      error: true,
      error_code: 'AUTH_FAILED',
      message: 'no session',
      user_message: 'Sign in again.',
    },
    401,
  )
  await expect(credentials.get({ fresh: false })).rejects.toMatchObject({
    name: 'SignedOut',
    message: 'Sign in again.',
  })
  json({ error: true, error_code: 'SERVICE_UNAVAILABLE', message: 'later' }, 503)
  await expect(credentials.get({ fresh: false })).rejects.toMatchObject({
    name: 'ApiError',
    status: 503,
  })
})

test('a program’s token is renewed before it runs out, once for all who ask', async () => {
  const clock = new FakeClock()
  let renewals = 0
  const api = {
    async refresh() {
      renewals += 1
      return { access_token: `a${renewals}`, refresh_token: `r${renewals}`, expires_in: 900 }
    },
  }
  const signedIn = { access_token: 'a0', refresh_token: 'r0', expires_in: 900, user }
  const session = new TokenSession(api, signedIn, clock)
  expect(await session.token()).toBe('a0')
  clock.advance(850_000)
  expect(await Promise.all([session.token(), session.token()])).toEqual(['a1', 'a1'])
  expect(await session.token({ fresh: true })).toBe('a2')
  expect(renewals).toBe(2)
})

test('a session that cannot be renewed is signed out; a bad network is not', async () => {
  const signedIn = { access_token: 'a0', refresh_token: 'r0', expires_in: 900, user }
  const failing = (status: number) =>
    new TokenSession(
      { refresh: () => Promise.reject(new ApiError({ status, error_code: 'X', message: 'x' })) },
      signedIn,
      new FakeClock(),
    ).token({ fresh: true })
  await expect(failing(401)).rejects.toMatchObject({ name: 'SignedOut' })
  await expect(failing(0)).rejects.toMatchObject({ name: 'ApiError' })
  await expect(failing(503)).rejects.toMatchObject({ name: 'ApiError' })
})

test('a client learns the address of the socket from the server', async () => {
  await using sockets = await ScriptedServer.start()
  json({
    protocol_version: 1,
    version: '0.1.0',
    revision: 'r',
    environment: 'development',
    api_url: baseUrl,
    ws_url: sockets.url,
    ws_paths: ['/ws', '/websocket'],
    auth: { registration: 'open', setup_required: false },
    limits: { max_frame_bytes: 65_536, max_upload_bytes: 1 },
    heartbeat: { interval_ms: 10_000, timeout_ms: 25_000 },
  })
  using client = await NetraClient.fromConfig({
    baseUrl,
    credentials: { get: async () => ({ ticket: 'x' }) },
    transport: nodeTransport({ origin: baseUrl, headers: { cookie: 'session=1' } }),
  })
  void client.connect().catch(() => undefined)
  const socket = await sockets.socket()
  expect(await socket.welcome()).toMatchObject({ ticket: 'x' })
  expect(socket.request.headers).toMatchObject({ origin: baseUrl, cookie: 'session=1' })
})
