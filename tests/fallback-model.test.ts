import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer, type Reply } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'
import { setUp } from './support/sign-in.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const FIRST = 'openai/first-model'
const SECOND = 'anthropic/second-model'

let first: ModelServer
let second: ModelServer
let netra: NetraProcess
let admin: Person
let person: Person

beforeAll(async () => {
  first = await startModelServer({ script: [{ text: 'from the first' }] })
  second = await startModelServer({ script: [{ text: 'from the second' }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${first.url}/v1`,
      ANTHROPIC_BASE_URL: `${second.url}/v1`,
      ANTHROPIC_API_KEY: 'sk-test-1234567890',
      NETRA_MODEL: FIRST,
      NETRA_MODEL_FALLBACK: SECOND,
      NETRA_REGISTRATION: 'open',
    },
  })
  admin = await setUp(netra)
  person = await register(netra.url)
})

afterAll(async () => {
  await netra?.[Symbol.asyncDispose]()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
})

afterEach(async () => {
  for (const id of [`model:${FIRST}`, `model:${SECOND}`]) {
    const body = { id }
    await request(`${netra.url}/api/admin/breakers/reset`, { headers: admin.headers, body })
  }
})

interface Executed {
  status: string
  response: string | null
  error: string | null
  model: string | null
  instead_of: string | null
  circuit_breaker_state: string
  thread_id: string
  error_code?: string
}

const execute = (message: string) =>
  request<Executed>(`${netra.url}/api/agents/execute`, {
    headers: person.headers,
    body: { type: 'assistant', message },
  })

const script = (one: Reply[], other: Reply[] = [{ text: 'from the second' }]): void => {
  first.script(one)
  second.script(other)
}

/** Everything that was journalled of a thread. */
async function eventsOf(threadId: string): Promise<Record<string, unknown>[]> {
  using socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  socket.send({ type: 'subscribe', id: '1', stream: `thread:${threadId}`, position: null })
  await socket.next((frame) => frame.type === 'live')
  return socket.frames
    .filter((frame) => frame.type === 'event')
    .map((frame) => frame['event'] as Record<string, unknown>)
}

async function opened(): Promise<void> {
  script([{ status: 500 }])
  while ((await execute('fail')).body.circuit_breaker_state !== 'OPEN');
  first.requests.length = 0
  second.requests.length = 0
}

test('a model that is unwell is asked again, then the next one answers, and everybody is told', async () => {
  script([{ status: 503, error: 'overloaded' }])
  const { body } = await execute('hello')
  expect(body).toMatchObject({
    status: 'success',
    response: 'from the second',
    model: SECOND,
    instead_of: FIRST,
  })
  expect([first.requests.length, second.requests.length]).toEqual([3, 1])
  const events = await eventsOf(body.thread_id)
  const of = (type: string) => events.filter((event) => event['type'] === type)
  const said = of('agent_thinking').find((event) => event['fallback'] !== undefined)
  expect(said).toMatchObject({
    thought: expect.stringMatching(/503.*Answering with anthropic\/second-model instead of openai/),
    fallback: { from: FIRST, to: SECOND, why: expect.stringContaining('503') },
  })
  expect(of('message_completed')).toMatchObject([{ model: SECOND, cost: { usd: null } }])
  expect(of('agent_completed')).toMatchObject([{ model: SECOND, instead_of: FIRST }])
  const { body: metrics } = await request<string>(`${netra.url}/metrics`)
  expect(metrics).toMatch(/netra_model_fallbacks_total\{why="model_unwell"\} [1-9]/)
  expect(metrics).toMatch(/netra_model_retries_total\{why="model_unwell"\} [2-9]/)
})

test('a snapshot names the model that answered', async () => {
  script([{ status: 401 }])
  const { body } = await execute('hello')
  using socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  socket.send({
    type: 'subscribe',
    id: '1',
    stream: `thread:${body.thread_id}`,
    position: 'other:1',
  })
  const snapshot = await socket.next((frame) => frame.type === 'snapshot')
  expect(snapshot).toMatchObject({ state: { runs: [{ model: SECOND }] } })
})

test('behind an open breaker the next model answers in under a second, and the first is not asked', async () => {
  await opened()
  const begun = performance.now()
  const { body } = await execute('hello')
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect(body).toMatchObject({
    status: 'success',
    model: SECOND,
    instead_of: FIRST,
    circuit_breaker_state: 'OPEN',
  })
  expect(first.requests).toHaveLength(0)
})

test('after its first word a model is never stood in for', async () => {
  script([{ text: ['half ', 'of it'], after: 'cut' }])
  const { body } = await execute('hello')
  expect(body).toMatchObject({ status: 'service_unavailable', response: null })
  expect(body.error).toContain(`The connection to ${FIRST} broke in the middle of its answer`)
  expect([first.requests.length, second.requests.length]).toEqual([1, 0])
})

test('what is the fault of the request is no reason for another model', async () => {
  for (const reply of [
    { text: 'I ', finish: 'content_filter' },
    { status: 400, error: "This model's maximum context length is 8192 tokens" },
  ] satisfies Reply[]) {
    script([reply])
    expect((await execute('hello')).body).toMatchObject({ status: 'error', model: null })
    expect(second.requests).toHaveLength(0)
  }
})

test('a model that fails between two steps is stood in for with all that was done', async () => {
  script([
    { toolCalls: [{ name: 'calculate', arguments: { expression: '6 * 7' } }] },
    { status: 404, error: 'The model first-model does not exist' },
  ])
  const { body } = await execute('what is 6 * 7?')
  expect(body).toMatchObject({ status: 'success', response: 'from the second', model: SECOND })
  const [asked] = second.requests
  expect(JSON.stringify(asked?.body)).toContain('calculate')
  expect(JSON.stringify(asked?.body)).toContain('42')
  const events = await eventsOf(body.thread_id)
  expect(
    events.filter((event) => event['type'] === 'message_completed').map((event) => event['model']),
  ).toEqual([FIRST, SECOND])
  expect(events.filter((event) => event['type'] === 'tool_completed')).toHaveLength(1)
})

test('when the one that stands in fails too, both are named', async () => {
  script([{ status: 401 }], [{ status: 400, error: 'no such thing' }])
  const { body } = await execute('hello')
  expect(body).toMatchObject({ status: 'service_unavailable', response: null })
  expect(body.error).toMatch(/openai refused the API key.*anthropic\/second-model, which stands/)
})

test('Retry-After is waited for, in seconds and as a date, and a long one is not', async () => {
  // A date has whole seconds: of three of them at least two are left when it is asked.
  const inThreeSeconds = () => new Date(Date.now() + 3_000).toUTCString()
  for (const [after, leastMs] of [
    [() => '1', 1_000],
    [inThreeSeconds, 1_000],
  ] as const) {
    script([{ status: 429, headers: { 'retry-after': after() } }, { text: 'in time' }])
    const begun = performance.now()
    const { body } = await execute('hello')
    expect(body).toMatchObject({ response: 'in time', model: FIRST, instead_of: null })
    expect(performance.now() - begun).toBeGreaterThan(leastMs)
  }
  script([{ status: 429, headers: { 'retry-after': '60' } }])
  const begun = performance.now()
  expect((await execute('hello')).body).toMatchObject({ model: SECOND })
  expect(performance.now() - begun).toBeLessThan(30_000)
})

test('an administrator chooses who stands in only where the environment does not', async () => {
  const answer = await request<{ error_code: string; message: string }>(
    `${netra.url}/api/admin/fallback-models`,
    { method: 'PUT', headers: admin.headers, body: { models: [FIRST] } },
  )
  expect(answer).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('NETRA_MODEL_FALLBACK') },
  })
})
