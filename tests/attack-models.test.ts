import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket } from './support/raw-socket.ts'

let model: ModelServer
let netra: NetraProcess
let person: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'ok' }] })
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      NETRA_MODEL: 'openai/test-model',
      NETRA_LOG_LEVEL: 'debug',
    },
  })
  person = await register(netra.url)
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

interface Executed {
  status: string
  thread_id: string
  response: string | null
  error: string | null
}

const execute = (message: string, type = 'assistant') =>
  request<Executed>(`${netra.url}/api/agents/execute`, {
    headers: person.headers,
    body: { type, message },
  })

async function snapshotOf(threadId: string) {
  using socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  socket.send({ type: 'subscribe', id: '1', stream: `thread:${threadId}`, position: 'other:1' })
  return await socket.next((frame) => frame.type === 'snapshot')
}

test.each([
  ['negative and broken', { input: -3.5, output: 1.25 }],
  ['beyond all measure', { input: 1e300, output: 1e300 }],
])('token counts that are %s neither hang a request nor spoil the thread', async (_what, usage) => {
  model.script([{ text: 'fine', usage }])
  const { body } = await execute('hi')
  expect(body).toMatchObject({ status: 'success', response: 'fine' })
  expect(await snapshotOf(body.thread_id)).toMatchObject({ type: 'snapshot' })
})

test.each([
  ['digits', '1'.repeat(60_000)],
  ['numbers', '1,'.repeat(30_000)],
  ['tabs', `a${'\t'.repeat(59_998)}b`],
  ['questions', 'what would it cost on gpt-4o per month '.repeat(1_500)],
])('a message of 60,000 characters of %s holds up nobody: the team answers it', async (_, text) => {
  model.script([{ text: 'no such thing' }])
  const { body } = await execute(text, 'supervisor')
  expect(body).toMatchObject({ status: 'success' })
})

async function eventsOf(threadId: string): Promise<Record<string, unknown>[]> {
  using socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  socket.send({ type: 'subscribe', id: '1', stream: `thread:${threadId}`, position: null })
  const more = setInterval(
    () => socket.send({ type: 'ack', positions: {}, bytes: socket.bytes }),
    20,
  )
  try {
    await socket.next((frame) => frame.type === 'live')
  } finally {
    clearInterval(more)
  }
  return socket.frames
    .filter((frame) => frame.type === 'event')
    .map((frame) => frame['event'] as Record<string, unknown>)
}

test('a text that comes at once is told in pieces that fit a window, no character broken', async () => {
  const text = `x${'😀'.repeat(100_000)}`
  model.script([{ text: [text] }])
  const { body } = await execute('much')
  expect(body.status).toBe('success')
  const deltas = (await eventsOf(body.thread_id)).filter(
    (event) => event['type'] === 'message_delta',
  )
  const texts = deltas.map((event) => String(event['text']))
  expect(texts.join('')).toBe(text)
  expect(Math.max(...texts.map((piece) => piece.length))).toBeLessThanOrEqual(32_000)
  expect(texts.every((piece) => piece.isWellFormed())).toBe(true)
})

test('a model that never ends is stopped, and its thread stays small', async () => {
  model.script([{ text: ['y'.repeat(30_000_000)] }])
  const { body } = await execute('endless')
  expect(body).toMatchObject({ status: 'error', response: null })
  expect(body.error).toContain('said more than 1,000,000 characters')
  expect(JSON.stringify(await snapshotOf(body.thread_id)).length).toBeLessThan(100_000)
})

test.each([
  ['deeper than any stack', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ['of megabytes', JSON.stringify({ expression: '1'.repeat(3_000_000) })],
])(
  'tool arguments %s are the model’s to correct, not the server’s to keep',
  async (_what, args) => {
    model.script([{ toolCalls: [{ name: 'calculate', arguments: args }] }, { text: 'corrected' }])
    const { body } = await execute('calculate')
    expect(body).toMatchObject({ status: 'success', response: 'corrected' })
    expect(JSON.stringify(await snapshotOf(body.thread_id)).length).toBeLessThan(100_000)
  },
)

test('no log holds what a person asked or a model answered, not even a broken answer', async () => {
  for (const reply of [
    { status: 400, error: 's3cret answer' },
    { text: 's3cret answer', after: 'cut' as const },
    { toolCalls: [{ name: 'calculate', arguments: 's3cret arguments{' }] },
    { raw: 'data: {"choices":[{"delta":{"content":"s3cret answer"}}]}\n\n' },
  ]) {
    model.script([reply])
    expect((await execute('s3cret question')).body.response).toBe(null)
  }
  expect(netra.log()).toContain('model call failed')
  expect(netra.log()).not.toContain('s3cret')
})
