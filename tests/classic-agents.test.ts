import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let model: ModelServer
let folder: string
let netra: NetraProcess
let person: Person

const start = () =>
  startNetra({
    folder,
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_REGISTRATION: 'open',
    },
  })

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'ok' }] })
  folder = await mkdtemp(join(tmpdir(), 'netra-classic-'))
  netra = await start()
  person = await register(netra.url)
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await model?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const as = <Body = Record<string, unknown>>(path: string, body?: unknown) =>
  request<Body>(`${netra.url}${path}`, {
    headers: person.headers,
    ...(body !== undefined && { body }),
  })

const execute = (body: object) =>
  as('/api/agents/execute', { type: 'assistant', message: 'hello', ...body })

test('execute answers with every field, and a message that is missing is refused', async () => {
  model.script([{ text: 'Hello.' }])
  const { status, body } = await execute({ context: { note: 'whatever a client adds' } })
  expect(status).toBe(200)
  expect(body).toEqual({
    status: 'success',
    agent: 'assistant',
    response: 'Hello.',
    execution_time: expect.any(Number),
    circuit_breaker_state: 'CLOSED',
    error: null,
    model: 'openai/test-model',
    instead_of: null,
    thread_id: expect.any(String),
    run_id: expect.any(String),
  })
  for (const path of ['/api/agents/execute', '/api/agents/data', '/api/agents/triage']) {
    expect(await as(path, { type: 'assistant' })).toMatchObject({
      status: 422,
      body: { error: true, error_code: 'VALIDATION_ERROR', user_message: expect.any(String) },
    })
  }
  expect((await execute({ type: 'nobody' })).status).toBe(404)
})

test('each way in which a run fails has its status; a rate limit and a time-out are errors of HTTP too', async () => {
  model.script([{ status: 401 }])
  expect(await execute({})).toMatchObject({
    status: 200,
    body: { status: 'service_unavailable', response: null, error: expect.any(String) },
  })
  model.script([{ status: 400, error: 'this is not understood' }])
  expect(await execute({})).toMatchObject({ status: 200, body: { status: 'error' } })

  model.script([{ status: 429, headers: { 'retry-after': '60' } }])
  const limited = await execute({})
  expect(limited).toMatchObject({
    status: 429,
    body: {
      status: 'service_unavailable',
      error_code: 'LLM_RATE_LIMIT_EXCEEDED',
      agent: 'assistant',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      request_id: expect.any(String),
      timestamp: expect.any(String),
    },
  })
  const { message, user_message, error } = limited.body
  expect([user_message, error]).toEqual([message, message])
  expect(limited.headers.get('retry-after')).toBe('60')

  // The selftest agent can be asked to fall silent.
  expect(
    await as('/api/agents/execute', { type: 'selftest', message: '!fail stalled' }),
  ).toMatchObject({
    status: 408,
    body: { status: 'timeout', error_code: 'AGENT_TIMEOUT', response: null },
  })
})

test('a request sent again with its client_message_id is the same run', async () => {
  model.script([{ text: 'once' }])
  const client_message_id = crypto.randomUUID()
  const first = await execute({ client_message_id })
  const again = await execute({ client_message_id })
  expect(again.body).toMatchObject({ run_id: first.body['run_id'], response: 'once' })
  expect(model.requests).toHaveLength(1)
})

test('what MCP there is is told as it is: Netra itself, no other server, and the tools that are built in', async () => {
  const servers = await as<{ data: { url: string }[] }>('/api/mcp/servers')
  expect(servers.body).toEqual({
    data: [
      {
        name: 'Netra',
        status: 'connected',
        version: expect.any(String),
        capabilities: ['tools', 'resources'],
        url: expect.stringMatching(/^http.*\/mcp$/),
      },
    ],
    status: 'success',
  })
  // It is there, and asks who calls.
  const [itself] = servers.body.data
  expect((await fetch(itself?.url ?? '', { method: 'POST' })).status).toBe(401)
  expect((await as('/api/mcp/config')).body).toEqual({ mcpServers: {} })
  const { body } = await as<{ data: { name: string; agents: string[] }[] }>('/api/mcp/tools')
  expect(body.data.find(({ name }) => name === 'query_table')).toMatchObject({
    source: 'built_in',
    server: null,
    description: expect.stringContaining('SQL'),
    input_schema: { type: 'object', properties: { sql: expect.any(Object) } },
    agents: expect.arrayContaining(['data']),
  })
  // Exactly those that the agents name, no more.
  const { body: listed } = await as<{ agents: { tools: string[] }[] }>('/api/agents')
  const named = new Set(listed.agents.flatMap(({ tools }) => tools))
  expect(new Set(body.data.map(({ name }) => name))).toEqual(named)
  expect((await as('/api/mcp/status')).body).toMatchObject({
    status: 'not_configured',
    servers: { connected: 0, configured: 0 },
    tools: { built_in: body.data.length, from_servers: 0 },
  })
  expect((await request(`${netra.url}/api/mcp/tools`)).status).toBe(403)
})

interface Told {
  id: string | undefined
  data: Record<string, unknown> & { event: string }
}

/** Reads a stream to its end, or until the connection dies; answers what came. */
async function stream(
  body: unknown,
  options: { last?: string; heard?: (told: Told) => void } = {},
) {
  const told: Told[] = []
  try {
    const response = await fetch(`${netra.url}/api/agents/stream`, {
      method: 'POST',
      headers: {
        ...person.headers,
        'content-type': 'application/json',
        ...(options.last !== undefined && { 'last-event-id': options.last }),
      },
      body: JSON.stringify(body),
    })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
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
        options.heard?.(one)
      }
    }
    return { told, cut: false }
  } catch (error) {
    if (told.length === 0 && options.heard === undefined) throw error
    return { told, cut: true }
  }
}

const seqOf = ({ id }: Told): number => Number(id?.split(':').at(-1))

test('a stream cut by the death of the process goes on by Last-Event-ID after its restart, without a gap or a second run', async () => {
  const go = Promise.withResolvers<void>()
  let asked = 0
  model.script(() => {
    asked += 1
    if (asked === 1)
      return { toolCalls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] }
    if (asked === 2) return { text: ['half ', 'of it '], after: 'stall' }
    return { text: ['the ', 'whole'], hold: go.promise }
  })
  const began = Promise.withResolvers<void>()
  const before = stream(
    { agent_type: 'assistant', message: 'six times seven' },
    { heard: ({ data }) => data.event === 'message_delta' && began.resolve() },
  )
  await began.promise
  await netra.kill('SIGKILL')
  const cut = await before
  expect(cut.cut).toBe(true)
  await netra[Symbol.asyncDispose]()
  netra = await start()
  const last = cut.told.findLast(({ id }) => id !== undefined)?.id
  const after = stream({}, { last: String(last), heard: () => undefined })
  go.resolve()
  const { told: rest, cut: again } = await after
  expect(again).toBe(false)

  const names = [...cut.told, ...rest].map(({ data }) => data.event)
  expect(names.at(-1)).toBe('stream_end')
  expect(names.at(-2)).toBe('agent_completed')
  expect(names).toContain('run_attempt')
  expect(names.filter((name) => name === 'tool_completed')).toHaveLength(1)
  expect(rest.at(-2)?.data).toMatchObject({ final_response: 'the whole' })
  const numbers = [...cut.told, ...rest].slice(0, -1).map(seqOf)
  expect(numbers).toEqual(numbers.map((_seq, index) => index + 1))
  expect(new Set([...cut.told, ...rest].map(({ data }) => data['run_id'])).size).toBe(1)

  // After it has ended, and after another restart, the end is still told.
  await netra.kill('SIGKILL')
  await netra[Symbol.asyncDispose]()
  netra = await start()
  const end = await stream({}, { last: String(rest.at(-1)?.id) })
  expect(end.told.map(({ data }) => data.event)).toEqual(['stream_end'])
  const middle = await stream({}, { last: String(cut.told[1]?.id) })
  expect(middle.told.at(-1)?.data.event).toBe('stream_end')
  expect(middle.told.at(-2)?.data).toMatchObject({ final_response: 'the whole' })
  const { body } = await as('/api/agents/status')
  expect(body['active']).toBe(0)
})

test('start, status, stop and cancel tell the truth about a run, and a second stop does no harm', async () => {
  model.script([{ text: ['one ', 'two'], after: 'stall' }])
  const started = await as('/api/agents/start', { agent_type: 'assistant', message: 'go' })
  expect(started).toMatchObject({ status: 202, body: { status: 'started' } })
  const { run_id } = started.body
  await vi.waitFor(async () => {
    const { body } = await as(`/api/agents/status?run_id=${String(run_id)}`)
    expect(body).toMatchObject({ runs: [{ run_id, status: 'running' }], active: 1 })
  })
  expect((await as('/api/agents/stop', { run_id })).body).toMatchObject({ status: 'stopped' })
  await vi.waitFor(async () => {
    const { body } = await as(`/api/agents/status?run_id=${String(run_id)}`)
    expect(body).toMatchObject({ runs: [{ status: 'cancelled' }], active: 0 })
  })
  expect((await as('/api/agents/cancel', { run_id })).status).toBe(200)
  expect((await as('/api/agents/cancel', { run_id: crypto.randomUUID() })).status).toBe(404)
})
