import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'

let model: ModelServer
let netra: NetraProcess
let person: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Forty-two, by the model.' }] })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
  person = await register(netra.url)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const as = (someone: Person, path: string, body?: unknown, method?: string) =>
  request(`${netra.url}${path}`, {
    headers: someone.headers,
    ...(body !== undefined && { body }),
    ...(method && { method }),
  })

test('health tells the truth about each part', async () => {
  const health = await request(`${netra.url}/health`)
  expect(health).toMatchObject({
    status: 200,
    body: {
      status: 'healthy',
      service: 'netra-ai-platform',
      dependencies: {
        backend: { status: 'healthy' },
        auth: { status: 'healthy' },
        frontend: { status: 'healthy' },
      },
    },
  })
  expect((await fetch(`${netra.url}/health`, { method: 'HEAD' })).status).toBe(200)
  expect((await request(`${netra.url}/health/live`)).status).toBe(200)
  expect((await request(`${netra.url}/health/ready`)).status).toBe(200)
  const api = await request<{ checks: Record<string, { response_time_ms: number }> }>(
    `${netra.url}/api/health`,
  )
  expect(api.body.checks['backend']?.response_time_ms).toBeGreaterThanOrEqual(0)
})

test('the config names addresses that answer', async () => {
  const { body } = await request<{ ws_url: string; ws_paths: string[]; auth: unknown }>(
    `${netra.url}/api/config`,
  )
  expect(body.ws_url).toBe(`${netra.url.replace('http', 'ws')}/ws`)
  expect(body.ws_paths).toEqual(['/ws', '/websocket'])
  expect(body.auth).toEqual({
    registration: 'open',
    setup_required: true,
    providers: [],
    sends_email: false,
  })
})

test('every address of the app, the file of the page too, is the page with its addresses', async () => {
  for (const path of ['/', '/index.html', '/t/some-thread', '/settings/account']) {
    const answer = await fetch(`${netra.url}${path}`)
    expect({ path, status: answer.status }).toEqual({ path, status: 200 })
    expect(await answer.text()).toContain('name="netra-addresses"')
  }
  expect((await fetch(`${netra.url}/assets/nothing.js`)).status).toBe(404)
})

test('an agent executes over HTTP as a run like any other', async () => {
  const answer = await as(person, '/api/agents/execute', {
    type: 'assistant',
    message: 'What is it?',
  })
  expect(answer).toMatchObject({
    status: 200,
    body: {
      status: 'success',
      agent: 'assistant',
      response: 'Forty-two, by the model.',
      circuit_breaker_state: 'CLOSED',
      error: null,
    },
  })
  const seconds = answer.body['execution_time'] as number
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThan(20)
  const messages = await as(person, `/api/threads/${String(answer.body['thread_id'])}/messages`)
  expect(messages.body).toMatchObject({
    messages: [
      { role: 'user', text: 'What is it?' },
      { role: 'assistant', text: 'Forty-two, by the model.' },
    ],
  })
})

test('a model that fails is told as it is, with the state of its breaker', async () => {
  model.script([{ status: 401, error: 'Incorrect API key' }])
  const answer = await as(person, '/api/agents/data', { message: 'hello' })
  model.script([{ text: 'Forty-two, by the model.' }])
  expect(answer.body).toMatchObject({ status: 'service_unavailable', response: null })
  expect(String(answer.body['error'])).toMatch(/key/i)
})

test('a chat message streams its events as they happen, then stream_end', async () => {
  const response = await fetch(`${netra.url}/api/chat/stream`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'What is it?' }),
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const blocks = (await response.text()).trim().split('\n\n')
  const events = blocks.map((block) => {
    const data = block.slice(block.indexOf('data: ') + 6)
    return JSON.parse(data) as { event: string; final_response?: string }
  })
  const names = events.map(({ event }) => event)
  expect(names.slice(0, 3)).toEqual(['message_added', 'run_accepted', 'agent_started'])
  expect(names.slice(-2)).toEqual(['agent_completed', 'stream_end'])
  expect(events.at(-2)?.final_response).toBe('Forty-two, by the model.')
  expect(blocks.every((block) => /^id: .+:\d+$/m.test(block))).toBe(true)
})

test.each([
  ['/api/chat/messages', { content: 'x', atachments: [] }, 'not known: atachments'],
  ['/api/agents/execute', { type: 'assistant', mesage: 'x' }, 'message is missing'],
  [
    '/api/agents/execute',
    { type: 'assistant', message: 'x', context: { fileids: [] } },
    'context.fileids: write file_ids',
  ],
  [
    '/api/agents/start',
    { message: 'x', context: { threadId: 'y' } },
    'context.threadId: write thread_id',
  ],
  ['/api/threads?limt=1', undefined, 'not known: limt'],
  ['/api/threads?archvied=true', undefined, 'not known: archvied'],
  ['/api/spending?dayz=7', undefined, 'not known: dayz'],
])('what is misspelled at %s is refused by its name: %j', async (path, body, says) => {
  expect(await as(person, path, body)).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining(says) as string },
  })
})

test('without a message, with an unknown agent, with broken JSON: a clear refusal', async () => {
  expect((await as(person, '/api/agents/execute', { type: 'assistant' })).status).toBe(422)
  expect((await as(person, '/api/agents/execute', { type: 'nobody', message: 'x' })).status).toBe(
    404,
  )
  const broken = await fetch(`${netra.url}/api/agents/execute`, {
    method: 'POST',
    headers: { ...person.headers, 'content-type': 'application/json' },
    body: '{"type": ',
  })
  expect(broken.status).toBe(422)
  expect(await broken.json()).toMatchObject({
    error: true,
    error_code: 'VALIDATION_ERROR',
    message: expect.any(String),
    user_message: expect.any(String),
  })
})

test('threads are made, listed, renamed, found by title and text, exported and deleted', async () => {
  const made = await as(person, '/api/threads', { title: 'Quarterly plans' })
  expect(made).toMatchObject({
    status: 201,
    body: { object: 'thread', title: 'Quarterly plans', message_count: 0 },
  })
  const id = String(made.body['id'])
  await as(person, `/api/threads/${id}/messages`, { content: 'Tell me about Zanzibar, please' })
  const untilAnswered = async (): Promise<void> => {
    const { body } = await as(person, `/api/threads/${id}`)
    if (body['message_count'] !== 2) return untilAnswered()
  }
  await untilAnswered()

  const byText = await request<{ id: string; snippet?: string }[]>(
    `${netra.url}/api/threads?q=ZANZIBAR`,
    { headers: person.headers },
  )
  expect(byText.body).toMatchObject([{ id, snippet: expect.stringContaining('Zanzibar') }])
  await as(person, `/api/threads/${id}`, { title: 'Islands 100%' }, 'PUT')
  const byTitle = await request<{ id: string }[]>(
    `${netra.url}/api/threads?q=${encodeURIComponent('100%')}`,
    { headers: person.headers },
  )
  expect(byTitle.body).toMatchObject([{ id, title: 'Islands 100%' }])
  const none = await request<unknown[]>(`${netra.url}/api/threads?q=${encodeURIComponent('_')}`, {
    headers: person.headers,
  })
  expect(none.body).toEqual([])

  const markdown = await request<string>(`${netra.url}/api/threads/${id}/export?format=markdown`, {
    headers: person.headers,
  })
  expect(markdown.body).toContain('# Islands 100%')
  expect(markdown.body).toContain('Tell me about Zanzibar, please')
  const json = await as(person, `/api/threads/${id}/export?format=json`)
  expect(json.body).toMatchObject({
    thread: { id },
    messages: [{ role: 'user' }, { role: 'assistant' }],
  })

  expect((await as(person, `/api/threads/${id}`, undefined, 'DELETE')).status).toBe(204)
  expect((await as(person, `/api/threads/${id}`)).status).toBe(404)
})

test("another user's thread is indistinguishable from one that does not exist", async () => {
  const other = await register(netra.url)
  const made = await as(person, '/api/threads', { title: 'Mine' })
  const id = String(made.body['id'])
  const plain = ({ status, body }: { status: number; body: Record<string, unknown> }) => ({
    status,
    body: { ...body, trace_id: '', request_id: '', timestamp: '' },
  })
  for (const [method, suffix, body] of [
    ['GET', '', undefined],
    ['PUT', '', { title: 'taken' }],
    ['DELETE', '', undefined],
    ['GET', '/messages', undefined],
    ['POST', '/messages', { content: 'x' }],
    ['GET', '/export', undefined],
  ] as const) {
    const foreign = await as(other, `/api/threads/${id}${suffix}`, body, method)
    const absent = await as(other, `/api/threads/does-not-exist${suffix}`, body, method)
    expect(foreign.status).toBe(404)
    expect(plain(foreign)).toEqual(plain(absent))
  }
  expect((await as(person, `/api/threads/${id}`)).body).toMatchObject({ title: 'Mine' })
})

test('a missing credential is 403, a bad one 401, and login is limited', async () => {
  expect((await request(`${netra.url}/api/threads`)).status).toBe(403)
  const forged = await request(`${netra.url}/api/threads`, {
    headers: { authorization: 'Bearer nonsense' },
  })
  expect(forged.status).toBe(401)
  const login = (email: string, password: string) =>
    request(`${netra.url}/auth/login`, { body: { email, password } })
  expect((await login(person.email, PASSWORD)).status).toBe(200)
  const wrong = await login(person.email, 'wrong password')
  const nobody = await login('nobody@example.com', 'wrong password')
  expect([wrong.status, wrong.body['message']]).toEqual([nobody.status, nobody.body['message']])
  const attacked = await register(netra.url)
  const statuses: number[] = []
  for (let attempt = 0; attempt < 30; attempt++)
    statuses.push((await login(attacked.email, `guess ${attempt}`)).status)
  expect(statuses).toContain(429)
  const last = await login(attacked.email, 'one more')
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a cookie changes nothing for a page of another site', async () => {
  const headers = { cookie: person.cookie, 'content-type': 'application/json' }
  const post = (more: Record<string, string>) =>
    fetch(`${netra.url}/api/threads`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: '{}',
    })
  expect((await post({ origin: netra.url })).status).toBe(201)
  expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  expect((await post({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await post({})).status).toBe(403)
})

test('registration makes ordinary users; the administrator comes from the set-up link, once', async () => {
  expect((await as(person, '/api/admin/connections')).status).toBe(403)
  const setup = (email: string) =>
    request(`${netra.url}/auth/setup`, {
      body: { token: netra.setupToken, email, password: PASSWORD, name: 'Root' },
    })
  const made = await setup('root@example.com')
  expect(made.status).toBe(201)
  const root = { headers: { authorization: `Bearer ${String(made.body['access_token'])}` } }
  expect((await request(`${netra.url}/auth/me`, root)).body).toMatchObject({ role: 'admin' })
  expect((await request(`${netra.url}/api/admin/connections`, root)).status).toBe(200)
  expect((await setup('second@example.com')).status).toBe(409)
  const invitation = await request(`${netra.url}/auth/admin/invitations`, { ...root, body: {} })
  expect(String(invitation.body['url'])).toMatch(/\/register#invitation=.{20,}/)
})

test('a file is stored for its owner alone', async () => {
  const other = await register(netra.url)
  const form = new FormData()
  form.append('file', new Blob(['a,b\n1,2\n'], { type: 'text/csv' }), 'Größe <b>.csv')
  const response = await fetch(`${netra.url}/api/files`, {
    method: 'POST',
    headers: person.headers,
    body: form,
  })
  expect(response.status).toBe(201)
  const file = (await response.json()) as { file_id: string; bytes: number; media_type: string }
  expect(file).toMatchObject({ bytes: 8, media_type: 'text/csv' })
  const content = await fetch(`${netra.url}/api/files/${file.file_id}/content`, {
    headers: person.headers,
  })
  expect(await content.text()).toBe('a,b\n1,2\n')
  expect(content.headers.get('content-disposition')).toMatch(/^attachment/)
  expect((await as(other, `/api/files/${file.file_id}/content`)).status).toBe(404)
  expect((await as(other, `/api/files/${file.file_id}`, undefined, 'DELETE')).status).toBe(404)
  const sent = await as(other, '/api/chat/messages', {
    content: 'read it',
    attachments: [{ file_id: file.file_id }],
  })
  expect(sent.status).toBe(404)
  const sample = await as(person, '/api/files/sample', {})
  expect(sample).toMatchObject({
    status: 201,
    body: { name: expect.stringContaining('synthetic') },
  })
})

test('every answer carries the security headers', async () => {
  const { headers } = await fetch(`${netra.url}/`)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})
