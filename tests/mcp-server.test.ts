import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { bearer, makeKey } from './support/api-key.ts'
import { request } from './support/http.ts'
import { startMcpServer } from './support/mcp-http.ts'
import { callOnce } from './support/mcp-world.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'

let model: ModelServer
let netra: NetraProcess
let ada: Person
let bob: Person
beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Twelve euros.' }] })
  const env = {
    NETRA_REGISTRATION: 'open',
    OPENAI_API_KEY: 'sk-x',
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/test-model',
    NETRA_MCP_ALLOW_PRIVATE: '1',
  }
  netra = await startNetra({ env })
  ada = await register(netra.url)
  bob = await register(netra.url)
}, 60_000)
afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model.close()
})

type Era = 'modern' | 'legacy'
const ERAS: Era[] = ['modern', 'legacy']

async function clientOf(token: string, era: Era = 'modern') {
  const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const transport = new StreamableHTTPClientTransport(new URL(`${netra.url}/mcp`), {
    requestInit: { headers: bearer(token) },
  })
  await client.connect(transport)
  return Object.assign(client, {
    session: () => transport.sessionId,
    [Symbol.asyncDispose]: () => client.close(),
  })
}

interface Report extends Record<string, unknown> {
  thread_id: string
  run_id: string
  status: string
  answer: string | null
}
interface Called {
  isError?: boolean
  content: { type: string; text?: string }[]
  structuredContent?: unknown
}
const reportOf = (result: unknown) => (result as Called).structuredContent as Report
const textOf = (result: unknown) => (result as Called).content[0]?.text ?? ''

const stateOf = async (person: Person, runId: string) => {
  const { body } = await request<{ runs: { status: string }[] }>(
    `${netra.url}/api/agents/status?run_id=${runId}`,
    { headers: person.headers },
  )
  return body.runs[0]?.status
}

const post = (headers: Record<string, string>, body: unknown) =>
  request(`${netra.url}/mcp`, {
    headers: { accept: 'application/json, text/event-stream', ...headers },
    body,
  })
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' }

test.each(ERAS)(
  'an agent answers a client of the %s revision, in a thread that it can go on with, read and search',
  async (era) => {
    model.script([{ text: 'Twelve euros.' }])
    const { key } = await makeKey(netra.url, ada, ['chat:read', 'chat:write'])
    await using client = await clientOf(key, era)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      'ask_agent',
      'list_agents',
      'list_threads',
      'read_thread',
      'search_threads',
      'stop_run',
      'wait_for_run',
    ])
    const told: string[] = []
    const asked = await client.callTool(
      { name: 'ask_agent', arguments: { message: `What did ${era} cost?`, agent: 'assistant' } },
      { onprogress: ({ message }) => told.push(message ?? '') },
    )
    const first = reportOf(asked)
    expect(first).toMatchObject({
      status: 'completed',
      answer: 'Twelve euros.',
      agent: 'assistant',
    })
    expect(textOf(asked)).toBe('Twelve euros.')
    expect(told[0]).toContain(first.run_id)
    expect(told).toContain('assistant has begun')

    const more = { name: 'ask_agent', arguments: { message: 'Sure?', thread_id: first.thread_id } }
    expect(reportOf(await client.callTool(more)).thread_id).toBe(first.thread_id)
    const read = await client.callTool({
      name: 'read_thread',
      arguments: { thread_id: first.thread_id },
    })
    const { messages } = reportOf(read) as unknown as { messages: { text: string }[] }
    expect(messages.map(({ text }) => text)).toEqual([
      `What did ${era} cost?`,
      'Twelve euros.',
      'Sure?',
      'Twelve euros.',
    ])
    const found = await client.callTool({ name: 'search_threads', arguments: { query: era } })
    expect(textOf(found)).toContain(first.thread_id)
    const { resources } = await client.listResources()
    const uri = `netra://threads/${first.thread_id}`
    expect(resources.map((resource) => resource.uri)).toContain(uri)
    const { contents } = await client.readResource({ uri })
    expect(JSON.stringify(contents)).toContain('Twelve euros.')
  },
  20_000,
)

test.each(ERAS)('a client of the %s revision that cancels its call stops the run', async (era) => {
  const asked = Promise.withResolvers<void>()
  model.script(() => {
    asked.resolve()
    return { text: 'Thinking', after: 'stall' }
  })
  await using client = await clientOf(ada.token, era)
  const stop = new AbortController()
  const ids = Promise.withResolvers<string>()
  const call = client.callTool(
    { name: 'ask_agent', arguments: { message: 'Take long' } },
    {
      signal: stop.signal,
      onprogress: ({ message = '' }) => {
        const id = /run (\S+)/.exec(message)?.[1]
        if (id) ids.resolve(id)
      },
    },
  )
  const ended = call.catch((error: unknown) => error)
  const runId = await ids.promise
  await asked.promise
  stop.abort()
  await ended
  await expect.poll(() => stateOf(ada, runId)).toBe('cancelled')
})

test('a run is waited for in pieces, and stopped by its id', async () => {
  const release = Promise.withResolvers<void>()
  model.script([{ text: ['Done', '.'], hold: release.promise }])
  await using client = await clientOf(ada.token)
  const ask = (message: string) =>
    client.callTool({ name: 'ask_agent', arguments: { message, wait_seconds: 0 } })
  const begun = reportOf(await ask('Slowly'))
  expect(begun.status).toBe('running')
  release.resolve()
  const waited = await client.callTool({
    name: 'wait_for_run',
    arguments: { run_id: begun.run_id },
  })
  expect(reportOf(waited)).toMatchObject({ status: 'completed', answer: 'Done.' })

  model.script([{ text: 'Thinking', after: 'stall' }])
  const second = reportOf(await ask('Never ends'))
  const stopped = { name: 'stop_run', arguments: { run_id: second.run_id } }
  expect(reportOf(await client.callTool(stopped))).toMatchObject({ stopped: true })
  const after = { name: 'wait_for_run', arguments: { run_id: second.run_id } }
  expect(reportOf(await client.callTool(after)).status).toBe('stopped')
})

test('the same client_message_id is the same run', async () => {
  model.script([{ text: 'Once.' }])
  await using client = await clientOf(ada.token)
  const call = {
    name: 'ask_agent',
    arguments: { message: 'Only once', client_message_id: `once-${crypto.randomUUID()}` },
  }
  const first = reportOf(await client.callTool(call))
  const again = reportOf(await client.callTool(call))
  expect(again.run_id).toBe(first.run_id)
  expect(again.answer).toBe('Once.')
})

test('only a token that is meant for Netra is let in at /mcp: no cookie, no foreign or forged one, and the refusal names where to ask (S33)', async () => {
  const metadata = `${netra.url}/.well-known/oauth-protected-resource`
  const nobody = await post({}, PING)
  expect(nobody.status).toBe(401)
  expect(nobody.headers.get('www-authenticate')).toContain(`resource_metadata="${metadata}"`)
  const cookie = { cookie: ada.cookie, origin: new URL(netra.url).origin }
  expect((await post(cookie, PING)).status).toBe(401)

  const [head = '', body = '', signature = ''] = ada.token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const elsewhere = Buffer.from(JSON.stringify({ ...claims, aud: 'another-api' }))
  for (const token of [
    `${head}.${elsewhere.toString('base64url')}.${signature}`,
    'ya29.token-of-another-service',
    'netra_0000000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ]) {
    const refused = await post(bearer(token), PING)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
  }
  const { body: described } = await request(metadata)
  expect(described).toMatchObject({
    resource: `${netra.url}/mcp`,
    scopes_supported: ['chat:read', 'chat:write'],
    bearer_methods_supported: ['header'],
  })
})

test('an MCP session id lets nobody in, and is no session for anybody else (S35)', async () => {
  await using client = await clientOf(ada.token, 'legacy')
  const session = client.session() ?? ''
  expect(session.length).toBeGreaterThan(60)
  expect((await post({ 'mcp-session-id': session }, PING)).status).toBe(401)
  const own = await post({ ...bearer(ada.token), 'mcp-session-id': session }, PING)
  expect(own.status).toBe(200)
  const foreign = await post({ ...bearer(bob.token), 'mcp-session-id': session }, PING)
  expect(foreign.status).toBe(404)
  await using other = await clientOf(ada.token, 'legacy')
  expect(other.session()).not.toBe(session)
})

test('another user’s cancellation, with the session id and the request’s number, stops nothing (S35)', async () => {
  const release = Promise.withResolvers<void>()
  model.script([{ text: ['Done', '.'], hold: release.promise }])
  await using client = await clientOf(ada.token, 'legacy')
  const ids = Promise.withResolvers<void>()
  const call = client.callTool(
    { name: 'ask_agent', arguments: { message: 'Go on' } },
    { onprogress: () => ids.resolve() },
  )
  await ids.promise
  const session = { 'mcp-session-id': client.session() ?? '' }
  for (const requestId of [0, 1, 2, 3, 4]) {
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }
    expect((await post({ ...bearer(bob.token), ...session }, cancel)).status).toBe(404)
    await post(bearer(bob.token), cancel)
  }
  release.resolve()
  expect(reportOf(await call)).toMatchObject({ status: 'completed', answer: 'Done.' })
})

test('a key that may only read is told which scope an agent needs, and reads', async () => {
  const { key } = await makeKey(netra.url, ada, ['chat:read'])
  await using client = await clientOf(key)
  const listed = await client.callTool({ name: 'list_threads', arguments: {} })
  expect((listed as Called).isError).toBeFalsy()
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'ask_agent', arguments: { message: 'Hello' } },
  }
  const refused = await post({ ...bearer(key), 'mcp-protocol-version': '2025-11-25' }, call)
  expect(refused.status).toBe(403)
  expect(refused.headers.get('www-authenticate')).toMatch(
    /error="insufficient_scope".*scope="chat:write chat:read"/,
  )
  const { key: files } = await makeKey(netra.url, ada, ['files:read'])
  const none = await post(bearer(files), PING)
  expect(none.status).toBe(403)
  expect(none.headers.get('www-authenticate')).toContain('scope="chat:read"')
})

test('what is another user’s is absent: threads, runs and resources', async () => {
  model.script([{ text: 'Secret.' }])
  await using mine = await clientOf(ada.token)
  const run = reportOf(
    await mine.callTool({ name: 'ask_agent', arguments: { message: 'A secret' } }),
  )
  await using theirs = await clientOf(bob.token)
  const call = async (name: string, args: Record<string, unknown>) => {
    const result = (await theirs.callTool({ name, arguments: args })) as Called
    expect(result.isError).toBe(true)
    return textOf(result)
  }
  const absent = 'no-such-thing'
  for (const [tool, field, id] of [
    ['read_thread', 'thread_id', run.thread_id],
    ['wait_for_run', 'run_id', run.run_id],
    ['stop_run', 'run_id', run.run_id],
  ] as const) {
    expect(await call(tool, { [field]: id })).toBe(await call(tool, { [field]: absent }))
  }
  const into = await call('ask_agent', { message: 'Hi', thread_id: run.thread_id })
  expect(into).toBe(await call('ask_agent', { message: 'Hi', thread_id: absent }))
  await expect(theirs.readResource({ uri: `netra://threads/${run.thread_id}` })).rejects.toThrow(
    /no such thread/,
  )
})

test('a page of another origin and a foreign host name are refused before anything is read', async () => {
  const origin = await post({ ...bearer(ada.token), origin: 'https://evil.example' }, PING)
  expect(origin.status).toBe(403)
})

test('an API key that is deleted ends the call that it opened, and not the run', async () => {
  const release = Promise.withResolvers<void>()
  model.script([{ text: ['Done', '.'], hold: release.promise }])
  const made = await makeKey(netra.url, ada, ['chat:read', 'chat:write'])
  await using client = await clientOf(made.key)
  const ids = Promise.withResolvers<string>()
  const call = client.callTool(
    { name: 'ask_agent', arguments: { message: 'Go on without me' } },
    { onprogress: ({ message = '' }) => ids.resolve(/run (\S+)/.exec(message)?.[1] ?? '') },
  )
  const runId = await ids.promise
  await request(`${netra.url}/auth/api-keys/${made.id}`, { method: 'DELETE', headers: ada.headers })
  expect(textOf(await call)).toContain('has ended')
  release.resolve()
  await expect.poll(() => stateOf(ada, runId)).toBe('completed')
})

test('what needs a person is told and waits; they answer in Netra, by no tool, and the call is taken up again', async () => {
  await using desk = await startMcpServer()
  const ask = (method: string, path: string, body?: unknown) =>
    request(`${netra.url}${path}`, {
      method,
      headers: ada.headers,
      ...(body !== undefined && { body }),
    })
  const { body: made } = await ask('POST', '/api/mcp/connections', { name: 'Desk', url: desk.url })
  const tools = (made['tools'] as { name: string; hash: string }[]).map(({ name, hash }) => ({
    name,
    hash,
  }))
  await ask('POST', `/api/mcp/connections/${String(made['id'])}/consent`, { tools })
  model.script(callOnce('desk__write_note', { text: 'sell milk' }))
  const { key } = await makeKey(netra.url, ada, ['chat:read', 'chat:write'])
  await using client = await clientOf(key)
  const asked = await client.callTool({
    name: 'ask_agent',
    arguments: { message: 'Write', agent: 'assistant' },
  })
  const waits = reportOf(asked)
  expect(waits).toMatchObject({
    status: 'waiting',
    waits_for: { tool: 'desk__write_note', arguments: { text: 'sell milk' } },
    url: `${netra.url}/t/${waits.thread_id}`,
  })
  expect(desk.bench.written).toEqual([])
  const { body } = await ask('GET', '/api/approvals')
  const [approval] = body['approvals'] as { run_id: string; tool_call_id: string; fence: number }[]
  const { run_id = '', tool_call_id = '', fence } = approval ?? {}
  // Nor by the key that the other program holds.
  const path = `/api/approvals/${run_id}/${tool_call_id}`
  const byKey = await request(`${netra.url}${path}`, {
    headers: bearer(key),
    body: { fence, approved: true },
  })
  expect(byKey.status).toBe(403)
  expect((await ask('POST', path, { fence, approved: true })).status).toBe(200)
  const after = { name: 'wait_for_run', arguments: { run_id } }
  expect(reportOf(await client.callTool(after))).toMatchObject({
    status: 'completed',
    answer: 'Done.',
  })
  expect(desk.bench.written).toEqual(['sell milk'])
}, 20_000)
