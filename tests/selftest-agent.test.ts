import { createHash } from 'node:crypto'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { welcomedSocket, type Frame, type RawSocket } from './support/raw-socket.ts'

interface Executed {
  status: string
  response: string | null
  error: string | null
  circuit_breaker_state: string
  thread_id: string
  run_id: string
}

let netra: NetraProcess
/** Two people whose circuits stay closed: who lets the model fail often is made for it. */
let ann: Person
let bob: Person

beforeAll(async () => {
  netra = await startNetra()
  ann = await register(netra.url)
  bob = await register(netra.url)
})
afterAll(() => netra[Symbol.asyncDispose]())

const execute = async (person: Person, message: string, more: Record<string, unknown> = {}) =>
  (
    await request<Executed>(`${netra.url}/api/agents/execute`, {
      headers: person.headers,
      body: { type: 'selftest', message, ...more },
    })
  ).body

const breakerOf = async (person: Person) =>
  (
    await request<{ state: string }>(`${netra.url}/api/agents/selftest/circuit_breaker/status`, {
      headers: person.headers,
    })
  ).body

const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 12)

const eventIn = (frame: Frame): Frame => (frame['event'] ?? {}) as Frame

interface Begun {
  socket: RawSocket
  runId: unknown
  stream: string
  events: () => Frame[]
  end: () => Promise<Frame>
}

/** One message to the agent over a socket that hears its thread. */
async function begin(person: Person, text: string): Promise<Begun> {
  const socket = await welcomedSocket(netra.url, person.token)
  socket.send({
    type: 'send_message',
    id: 'send',
    client_message_id: crypto.randomUUID(),
    thread_id: null,
    content: [{ type: 'text', text }],
    agent: 'selftest',
  })
  const ok = await socket.next((frame) => frame['id'] === 'send')
  const stream = `thread:${String(ok['thread_id'])}`
  socket.send({ type: 'subscribe', id: 'follow', stream, position: ok['position'] })
  const isEnd = (frame: Frame): boolean =>
    /^(agent_completed|agent_failed|run_cancelled)$/.test(eventIn(frame).type)
  return {
    socket,
    runId: ok['run_id'],
    stream,
    events: () => socket.frames.filter(({ type }) => type === 'event').map(eventIn),
    end: async () => eventIn(await socket.next(isEnd)),
  }
}

test('it calls one tool and answers with what the tool returned', async () => {
  const { socket, events, end } = await begin(ann, 'Hello')
  const done = await end()
  expect(done['final_response']).toBe(
    `This installation answers. The tool returned ${digestOf('Hello')} for 5 characters.`,
  )
  const tools = events().filter(({ type }) => type === 'tool_completed')
  expect(tools).toMatchObject([
    { tool_name: 'selftest_digest', status: 'ok', result: { digest: digestOf('Hello') } },
  ])
  expect(done['steps']).toBe(3)
  socket[Symbol.dispose]()
})

test('it costs nothing and uses no tokens', async () => {
  const { socket, end, events } = await begin(ann, 'Hello')
  expect(await end()).toMatchObject({
    cost: { usd: 0 },
    usage: { input_tokens: 0, output_tokens: 0 },
  })
  expect(events().find(({ type }) => type === 'run_accepted')).toMatchObject({
    agent: 'selftest',
    model: 'netra/selftest',
  })
  socket[Symbol.dispose]()
})

test('neither it nor its model is in any list', async () => {
  const { headers } = ann
  const agents = await request<{ agents: { id: string }[] }>(`${netra.url}/api/agents`, { headers })
  expect(agents.body.agents.map(({ id }) => id)).toContain('supervisor')
  for (const path of ['/api/agents', '/api/models', '/api/config', '/api/mcp/tools']) {
    const answer = await fetch(`${netra.url}${path}`, { headers })
    expect(await answer.text()).not.toContain('selftest')
  }
})

test('it speaks with its own model alone, and no other agent speaks with it', async () => {
  const other = await execute(ann, 'Hello', { context: { model: 'netra/builtin' } })
  expect(other.error).toBe(
    'The agent selftest speaks with netra/selftest alone. Leave the model out.',
  )
  const stranger = await execute(ann, 'Hello', {
    type: 'assistant',
    context: { model: 'netra/selftest' },
  })
  expect(stranger.error).toContain('speaks for the agent selftest alone')
  const own = await execute(ann, 'Hello', { context: { model: 'netra/selftest' } })
  expect(own.status).toBe('success')
})

test('!no-tool answers at once', async () => {
  const { socket, events, end } = await begin(ann, '!no-tool\nHello')
  expect((await end())['final_response']).toBe('This installation answers. You said 5 characters.')
  expect(events().map(({ type }) => type)).not.toContain('tool_executing')
  socket[Symbol.dispose]()
})

test('!tool-fails is an outcome of the tool that the answer tells of', async () => {
  const { socket, events, end } = await begin(ann, '!tool-fails')
  expect((await end())['final_response']).toContain('The tool was asked to fail, and did.')
  const tool = events().find(({ type }) => type === 'tool_completed')
  expect(tool).toMatchObject({ status: 'error' })
  socket[Symbol.dispose]()
})

test('!tool-takes and !wait take as long as they say, the tool with progress', async () => {
  const { socket, events, end } = await begin(ann, '!tool-takes 300\n!wait 300')
  expect((await end())['duration_ms']).toBeGreaterThanOrEqual(590)
  const tool = events().find(({ type }) => type === 'tool_completed')
  expect(tool?.['duration_ms']).toBeGreaterThanOrEqual(290)
  expect(events().findLast(({ type }) => type === 'tool_progress')).toMatchObject({
    progress: 300,
    total: 300,
  })
  socket[Symbol.dispose]()
})

test('!stream says its parts one after the other, at its pace and size', async () => {
  const { socket, events, end } = await begin(ann, '!no-tool\n!stream 4 60 50')
  const done = await end()
  const parts = String(done['final_response']).split('\n').slice(1)
  expect(parts.map((part) => part.slice(0, 5))).toEqual(['[1/4]', '[2/4]', '[3/4]', '[4/4]'])
  expect(parts.map((part) => part.length)).toEqual([49, 49, 49, 49])
  // On a busy machine two may arrive together, all of them never.
  expect(events().filter(({ type }) => type === 'message_delta').length).toBeGreaterThan(1)
  expect(done['duration_ms']).toBeGreaterThanOrEqual(235)
  socket[Symbol.dispose]()
})

test('!cut breaks off in the middle, and what was said is kept', async () => {
  const { socket, end, stream } = await begin(ann, '!no-tool\n!stream 2 5\n!cut')
  expect(await end()).toMatchObject({ type: 'agent_failed', code: 'model_cut', retry: 'same' })
  const threadId = stream.slice('thread:'.length)
  const history = await request<{ messages: { role: string; content: unknown }[] }>(
    `${netra.url}/api/threads/${threadId}/messages`,
    { headers: ann.headers },
  )
  const answer = history.body.messages.find(({ role }) => role === 'assistant')
  expect(JSON.stringify(answer?.content)).toContain('[2/2]')
  socket[Symbol.dispose]()
})

test('!truncated ends as at the output limit of a model', async () => {
  const done = await execute(ann, '!truncated')
  expect(done.status).toBe('success')
  expect(done.response).toContain('the model reached its output limit')
})

test('!forever goes on until somebody stops it', async () => {
  const { socket, runId, end } = await begin(ann, '!no-tool\n!forever')
  await socket.next((frame) => String(eventIn(frame)['text']).includes('[3/'))
  socket.send({ type: 'cancel_run', id: 'stop', run_id: runId })
  expect((await end()).type).toBe('run_cancelled')
  socket[Symbol.dispose]()
})

test.for([
  ['auth', 'model_auth'],
  ['rate_limited', 'model_rate_limited'],
  ['unavailable', 'model_refused'],
  ['refused', 'model_refused'],
  ['filtered', 'model_refused'],
  ['stalled', 'model_stalled'],
  ['internal', 'internal'],
  ['tool', 'tool_failed'],
  ['budget', 'budget'],
] as const)('!fail %s ends the run with %s', async ([name, code]) => {
  const person = name === 'unavailable' ? await register(netra.url) : ann
  const { socket, end } = await begin(person, `!fail ${name}`)
  const failed = await end()
  expect(failed).toMatchObject({ type: 'agent_failed', code })
  expect(failed['message']).toMatch(/\w+ \w+ \w+/)
  socket[Symbol.dispose]()
  // One answer ends the row of failures.
  if (person === ann) expect((await execute(ann, 'Hello')).status).toBe('success')
})

test('what it does not understand it refuses in words, and no circuit counts that', async () => {
  const dance = await execute(ann, '!dance')
  expect(dance.error).toContain('there is no command !dance')
  const wait = await execute(ann, '!wait 999999')
  expect(wait.error).toContain('write !wait <ms, up to 20000>')
  expect(await breakerOf(ann)).toMatchObject({ state: 'CLOSED', failure_count: 0 })
})

test('failures open the circuit of who asked for them alone, and it closes by itself', async () => {
  const eve = await register(netra.url)
  let failed = await execute(eve, '!fail unavailable')
  for (let count = 1; count < 5 && failed.circuit_breaker_state !== 'OPEN'; count++) {
    failed = await execute(eve, '!fail unavailable')
  }
  expect(failed.circuit_breaker_state).toBe('OPEN')
  const refused = await execute(eve, 'Hello')
  expect(refused).toMatchObject({ status: 'circuit_breaker_open', circuit_breaker_state: 'OPEN' })
  expect(await breakerOf(bob)).toMatchObject({ state: 'CLOSED' })
  expect((await execute(bob, 'Hello')).status).toBe('success')
  const assistant = `${netra.url}/api/agents/assistant/circuit_breaker/status`
  const others = await request<{ state: string }>(assistant, { headers: eve.headers })
  expect(others.body.state).toBe('CLOSED')
  await expect.poll(async () => (await breakerOf(eve)).state, { timeout: 8_000 }).toBe('HALF_OPEN')
  expect(await execute(eve, 'Hello')).toMatchObject({
    status: 'success',
    circuit_breaker_state: 'CLOSED',
  })
})

test('however often the tool fails for one person, it is called for the next', async () => {
  for (let count = 0; count < 3; count++) {
    expect((await execute(ann, '!fail tool')).status).not.toBe('success')
  }
  expect((await execute(ann, 'Hello')).response).toContain(digestOf('Hello'))
  expect((await execute(bob, 'Hello')).response).toContain(digestOf('Hello'))
})

test('circuits of single users are in no metric', async () => {
  await execute(ann, '!fail auth')
  const metrics = await (await fetch(`${netra.url}/metrics`)).text()
  expect(metrics).toContain('netra_')
  expect(metrics).not.toContain(ann.userId)
  expect(metrics).not.toContain('name="netra/selftest')
})

test('who may not write may not call it', async () => {
  const answer = await fetch(`${netra.url}/api/agents/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'selftest', message: 'Hello' }),
  })
  expect(answer.status).toBe(403)
})
