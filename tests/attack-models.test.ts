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
    env: { OPENAI_BASE_URL: `${model.url}/v1`, NETRA_MODEL: 'openai/test-model' },
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

const execute = (message: string) =>
  request<Executed>(`${netra.url}/api/agents/execute`, {
    headers: person.headers,
    body: { type: 'assistant', message },
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
