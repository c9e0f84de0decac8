import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let model: ModelServer
let netra: NetraProcess
let person: Person
let other: Person

beforeAll(async () => {
  model = await startModelServer({
    script: ({ lastUserText }) =>
      lastUserText.includes('take your time')
        ? { text: ['one ', 'two'], after: 'stall' }
        : { text: ['You said: ', lastUserText] },
  })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
  person = await register(netra.url)
  other = await register(netra.url)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const as = (someone: Person, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  request(`${netra.url}${path}`, {
    headers: { ...someone.headers, ...headers },
    ...(body !== undefined && { body }),
  })

interface Told {
  id: string | undefined
  data: Record<string, unknown> & { event: string }
}

/** Reads a stream up to its end, or until `stop` says enough. */
async function stream(
  path: string,
  body: unknown,
  options: { last?: string | undefined; stop?: (told: Told) => boolean } = {},
): Promise<Told[]> {
  const response = await fetch(`${netra.url}${path}`, {
    method: 'POST',
    headers: {
      ...person.headers,
      'content-type': 'application/json',
      ...(options.last !== undefined && { 'last-event-id': options.last }),
    },
    body: JSON.stringify(body),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const told: Told[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    const parts = (text + decoder.decode(piece, { stream: true })).split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1]
      if (data === undefined) continue
      const one = { id: /^id: (.*)$/m.exec(part)?.[1], data: JSON.parse(data) as Told['data'] }
      told.push(one)
      // Leaving the loop leaves the stream.
      if (options.stop?.(one)) return told
    }
  }
  return told
}

const seqOf = ({ id }: Told): number => Number(id?.split(':').at(-1))
const runsOf = async (someone: Person): Promise<unknown[]> =>
  (await as(someone, '/api/agents/status?limit=200')).body['runs'] as unknown[]

for (const [path, body] of [
  ['/api/agents/stream', { agent_type: 'assistant', message: 'hello' }],
  ['/api/chat/stream', { content: 'hello' }],
] as const) {
  test(`POST ${path} streams a run, and a cut stream goes on by Last-Event-ID without another run`, async () => {
    const before = (await runsOf(person)).length
    const whole = await stream(path, body)
    const names = whole.map(({ data }) => data.event)
    expect(names.slice(0, 3)).toEqual(['message_added', 'run_accepted', 'agent_started'])
    expect(names.slice(-2)).toEqual(['agent_completed', 'stream_end'])
    expect(whole.at(-2)?.data).toMatchObject({ final_response: 'You said: hello' })

    const cut = await stream(path, body, { stop: ({ data }) => data.event === 'agent_thinking' })
    const rest = await stream(path, body, { last: cut.at(-1)?.id })
    const events = [...cut, ...rest].slice(0, -1)
    expect(events.map(seqOf)).toEqual(events.map((_one, index) => index + 1))
    expect(events.at(-1)?.data.event).toBe('agent_completed')
    expect(new Set([...cut, ...rest].map(({ data }) => data['run_id'])).size).toBe(1)
    // From its very end there is nothing but the end.
    const after = await stream(path, body, { last: rest.at(-1)?.id })
    expect(after.map(({ data }) => data.event)).toEqual(['stream_end'])
    expect(await runsOf(person)).toHaveLength(before + 2)
  })
}

test('a place that cannot be gone on from gets the run as it is; nonsense is refused', async () => {
  const whole = await stream('/api/agents/stream', { message: 'hello' })
  const runId = String(whole[0]?.data['run_id'])
  const lost = await stream('/api/agents/stream', {}, { last: `${runId}|other-epoch:3` })
  expect(lost.map(({ data }) => data.event)).toEqual(['reset', 'snapshot', 'stream_end'])
  expect(lost[1]?.data).toMatchObject({
    run: { id: runId, outcome: { kind: 'completed', final_response: 'You said: hello' } },
    messages: [{ role: 'user' }, { role: 'assistant' }],
  })
  const before = (await runsOf(person)).length
  for (const [last, status] of [
    ['nonsense', 422],
    [`${crypto.randomUUID()}|epoch:1`, 404],
  ] as const) {
    const refused = await as(
      person,
      '/api/agents/stream',
      { message: 'x' },
      {
        'last-event-id': last,
      },
    )
    expect(refused.status).toBe(status)
  }
  const foreign = await as(other, '/api/agents/stream', {}, { 'last-event-id': `${runId}|e:1` })
  expect(foreign.status).toBe(404)
  expect(await runsOf(person)).toHaveLength(before)
})

test('a stream holds the events of its own run alone', async () => {
  const slow = await as(person, '/api/agents/start', { message: 'take your time' })
  const { thread_id, run_id } = slow.body as { thread_id: string; run_id: string }
  const waiting = stream('/api/agents/stream', { message: 'after you', thread_id })
  await vi.waitFor(async () => {
    const { body } = await as(person, `/api/agents/status?thread_id=${thread_id}`)
    expect(body['active']).toBe(2)
  })
  await as(person, '/api/agents/stop', { run_id })
  const told = await waiting
  expect(new Set(told.map(({ data }) => data['run_id'])).size).toBe(1)
  expect(told[0]?.data['run_id']).not.toBe(run_id)
  expect(told.at(-1)?.data.event).toBe('stream_end')
})

test('runs are started, looked at, stopped and cancelled, each by its owner alone', async () => {
  for (const [action, status] of [
    ['stop', 'stopped'],
    ['cancel', 'cancelled'],
  ] as const) {
    const started = await as(person, '/api/agents/start', {
      agent_type: 'assistant',
      user_request: 'take your time',
    })
    expect(started).toMatchObject({ status: 202, body: { status: 'started' } })
    const { run_id, thread_id } = started.body as { run_id: string; thread_id: string }
    await vi.waitFor(async () => {
      const seen = await as(person, `/api/agents/status?run_id=${run_id}`)
      expect(seen.body).toMatchObject({ runs: [{ run_id, thread_id, status: 'running' }] })
    })
    expect((await as(other, `/api/agents/status?run_id=${run_id}`)).status).toBe(404)
    expect((await as(other, `/api/agents/status?thread_id=${thread_id}`)).body).toEqual({
      runs: [],
      active: 0,
    })
    for (const wish of [{ run_id }, { thread_id }]) {
      expect((await as(other, `/api/agents/${action}`, wish)).status).toBe(404)
    }
    const wish = action === 'stop' ? { thread_id } : { run_id }
    expect((await as(person, `/api/agents/${action}`, wish)).body).toEqual({
      status,
      run_id,
      run_ids: [run_id],
    })
    await vi.waitFor(async () => {
      const seen = await as(person, `/api/agents/status?run_id=${run_id}`)
      expect(seen.body).toMatchObject({ runs: [{ status: 'cancelled' }], active: 0 })
    })
    expect((await as(person, `/api/agents/${action}`, {})).status).toBe(422)
  }
})

test('an agent has a route of its own', async () => {
  const answered = await as(person, '/api/agents/data', { message: 'hello' })
  expect(answered.body).toMatchObject({
    status: 'success',
    agent: 'data',
    response: 'You said: hello',
    execution_time: expect.any(Number),
    circuit_breaker_state: 'CLOSED',
    error: null,
  })
  for (const name of [
    'supervisor',
    'triage',
    'optimization',
    'actions',
    'reporting',
    'data_helper',
  ]) {
    const { status, body } = await as(person, `/api/agents/${name}`, { message: 'hello' })
    expect([status, body['status'], body['agent']]).toEqual([200, 'success', name])
    expect((await as(person, `/api/agents/${name}`, {})).status).toBe(422)
  }
})

test('chat messages are sent and read by the classic routes', async () => {
  const sent = await as(person, '/api/chat/messages', {
    content: 'hello there',
    client_message_id: 'classic-1',
  })
  expect(sent).toMatchObject({ status: 202, body: { run_id: expect.any(String) } })
  const again = await as(person, '/api/chat/messages', {
    content: 'hello there',
    client_message_id: 'classic-1',
  })
  expect(again.body).toMatchObject({ run_id: sent.body['run_id'], duplicate: true })
  const path = `/api/chat/messages?thread_id=${String(sent.body['thread_id'])}`
  await vi.waitFor(async () => {
    expect((await as(person, path)).body['messages']).toMatchObject([
      { role: 'user', text: 'hello there' },
      { role: 'assistant', text: 'You said: hello there' },
    ])
  })
  expect((await as(other, path)).status).toBe(404)
})

test('the addresses that classic clients ask for are those that answer', async () => {
  const ws = netra.url.replace('http', 'ws')
  const discovery = await request(`${netra.url}/api/discovery/services`)
  expect(discovery.body['services']).toEqual({
    backend: { url: netra.url, api_url: `${netra.url}/api`, ws_url: `${ws}/ws` },
    auth: { url: netra.url, api_url: `${netra.url}/auth`, ws_url: null },
    frontend: { url: netra.url, api_url: `${netra.url}/api`, ws_url: `${ws}/ws` },
  })
  const open = await request(`${netra.url}/api/config/public`)
  expect(open.body).toMatchObject({ environment: 'development', ws_url: `${ws}/ws` })
  const socket = await request(`${netra.url}/ws/config`)
  expect(socket.body).toMatchObject({
    websocket: {
      url: `${ws}/ws`,
      paths: ['/ws', '/websocket'],
      test_url: `${ws}/ws/test`,
      subprotocols: ['jwt-auth'],
    },
    limits: { max_message_size: 65_536, max_connections_per_user: 32, heartbeat_interval: 10 },
  })
})

test('logging out ends a stream that is under way, and the run goes on (S11)', async () => {
  const someone = await register(netra.url)
  const response = await fetch(`${netra.url}/api/agents/stream`, {
    method: 'POST',
    headers: { ...someone.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'take your time' }),
  })
  const text = response.text()
  await vi.waitFor(async () => {
    expect((await as(someone, '/api/agents/status')).body['active']).toBe(1)
  })
  await as(someone, '/auth/logout', {})
  expect(await text).toMatch(/"event":"error","error_code":"AUTH_FAILED"[^\n]*\n\n$/)
})
