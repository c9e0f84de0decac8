import { afterAll, beforeAll, expect, test } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { hello, openSocket, type Frame, type RawSocket } from './support/raw-socket.ts'

const RUNS_AT_ONCE = 16

let model: ModelServer
let netra: NetraProcess

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'half an ', after: 'stall' }] })
  netra = await startNetra({
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
  })
})

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

async function signIn(person: Person): Promise<RawSocket> {
  const socket = await openSocket(netra.url)
  socket.send(hello(person.token))
  await socket.next((frame) => frame.type === 'welcome')
  return socket
}

let ids = 0
function command(socket: RawSocket, message: Record<string, unknown>): Promise<Frame> {
  const id = `command-${++ids}`
  socket.send({ ...message, id })
  return socket.next((frame) => frame['id'] === id)
}

const ask = (socket: RawSocket, threadId: unknown = null) =>
  command(socket, {
    type: 'send_message',
    client_message_id: `message-${++ids}`,
    thread_id: threadId,
    content: [{ type: 'text', text: 'hi' }],
    agent: 'assistant',
  })

test('a thread whose run waits for room is deleted at once', async () => {
  const person = await register(netra.url)
  using socket = await signIn(person)
  for (let run = 0; run < RUNS_AT_ONCE; run++) await ask(socket)
  const waiting = await ask(socket)
  const begun = performance.now()
  const { status } = await request(`${netra.url}/api/threads/${String(waiting['thread_id'])}`, {
    method: 'DELETE',
    headers: person.headers,
  })
  expect(status).toBe(204)
  expect(performance.now() - begun).toBeLessThan(2_000)
})

test('a waiting run that two devices stop at once ends once, by one attempt', async () => {
  const person = await register(netra.url)
  using one = await signIn(person)
  using two = await signIn(person)
  const first = await ask(one)
  for (let round = 0; round < 10; round++) {
    const waiting = await ask(one, first['thread_id'])
    const stop = { type: 'cancel_run', run_id: waiting['run_id'] }
    await Promise.all([command(one, stop), command(two, stop), command(two, stop)])
  }
  await command(one, {
    type: 'subscribe',
    stream: `thread:${String(first['thread_id'])}`,
    position: first['position'],
  })
  await one.next((frame) => frame.type === 'live')
  const events = one.frames
    .filter((frame) => frame.type === 'event')
    .map((frame) => (frame['event'] as { type: string }).type)
  const count = (type: string) => events.filter((each) => each === type).length
  expect(count('run_cancelled')).toBe(10)
  expect(count('agent_started')).toBe(11)
  expect(count('run_attempt')).toBe(0)
})
