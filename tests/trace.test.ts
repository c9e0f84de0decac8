import { readFileSync } from 'node:fs'

import { traceIdOf } from '@netra/client'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { newTraceId, readTraceparent } from '../packages/server/src/platform/tracing.ts'
import { startAuthProcess, startNode } from './support/auth-process.ts'
import { converse, welcomedClassic } from './support/classic-client.ts'
import { Follower } from './support/follower.ts'
import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { register, type Person } from './support/people.ts'
import { openProgram } from './support/sdk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

let model: ModelServer
let netra: NetraProcess
let person: Person

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }] })
  const env = {
    OPENAI_BASE_URL: `${model.url}/v1`,
    NETRA_MODEL: 'openai/test-model',
    NETRA_LOG_LEVEL: 'info',
  }
  netra = await startNetra({ env })
  person = await register(netra.url)
}, 60_000)

afterAll(async () => {
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

const fresh = () => {
  const traceId = newTraceId()
  return { traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
}

interface Line {
  msg: string
  trace_id?: string
  run_id?: string
  user_id?: string
}

const linesOf = (log: string): Line[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)

/** What is known of a run after its end, from all sides. */
async function traceOfRun(runId: string): Promise<unknown> {
  const { body } = await request(`${netra.url}/api/runs/${runId}/timeline`, {
    headers: person.headers,
  })
  return body['trace_id']
}

test('by the socket, each event and line of the run has the trace of its message', async () => {
  const { traceId, traceparent } = fresh()
  const device = new Follower(person)
  await device.connect(netra.url)
  const { run_id, thread_id } = await device.ask('hello', { traceparent })
  await device.end(run_id, thread_id)
  const events = device.events.get(`thread:${thread_id}`) ?? []
  const whole = events.filter(({ event }) => event.type !== 'message_delta')
  expect(whole.length).toBeGreaterThan(4)
  expect(new Set(whole.map(({ event }) => event['trace_id']))).toEqual(new Set([traceId]))
  expect(await traceOfRun(run_id)).toBe(traceId)
  const lines = linesOf(netra.log()).filter((line) => line.run_id === run_id)
  expect(lines.map(({ msg }) => msg)).toContain('run ended')
  for (const line of lines)
    expect(line).toMatchObject({ trace_id: traceId, user_id: person.userId })
  expect(model.requests.at(-1)?.headers['traceparent']).toContain(traceId)
  device.disconnect()
})

test('the SDK begins a trace with each message of its own accord', async () => {
  using program = await openProgram(netra.url)
  const [one, two] = [await program.ask('one'), await program.ask('two')]
  const ids = [one, two].map(({ run }) => run.trace_id)
  expect(new Set(ids).size).toBe(2)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  const { traceparent } = model.requests.at(-1)?.headers ?? {}
  expect(traceIdOf(traceparent ?? '')).toBe(two.run.trace_id)
})

test('a repeated message keeps the trace of the first one', async () => {
  const message = (traceparent: string) => ({
    type: 'send_message',
    id: 'x',
    client_message_id: 'the-same-message',
    thread_id: null,
    content: [{ type: 'text', text: 'twice' }],
    traceparent,
  })
  const [first, second] = [fresh(), fresh()]
  const send = (traceparent: string) =>
    request(`${netra.url}/api/commands`, { headers: person.headers, body: message(traceparent) })
  const accepted = await send(first.traceparent)
  const again = await send(second.traceparent)
  expect(again.body).toMatchObject({ type: 'ok', duplicate: true, run_id: accepted.body['run_id'] })
  expect(await traceOfRun(String(accepted.body['run_id']))).toBe(first.traceId)
})

test('by HTTP the header counts, for the run and in the body of an error', async () => {
  const { traceId, traceparent } = fresh()
  const headers = { ...person.headers, traceparent }
  const started = await request(`${netra.url}/api/agents/start`, {
    headers,
    body: { message: 'hello' },
  })
  expect(started.status).toBe(202)
  expect(await traceOfRun(String(started.body['run_id']))).toBe(traceId)
  const refused = await request(`${netra.url}/api/threads/absent`, { headers })
  expect(refused).toMatchObject({ status: 404, body: { trace_id: traceId } })
})

test('of a classic client the field counts', async () => {
  const { traceId, traceparent } = fresh()
  const socket = await welcomedClassic(netra.url, person.token)
  const { runId, frames } = await converse(socket, {
    type: 'user_message',
    payload: { content: 'hello', traceparent },
  })
  expect(frames.length).toBeGreaterThan(2)
  expect(await traceOfRun(runId)).toBe(traceId)
  socket[Symbol.dispose]()
})

test.each([
  '',
  'hello',
  7,
  null,
  { trace: 1 },
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more',
  'x'.repeat(10_000),
])('a traceparent that is none (%j) is as if there were none', async (traceparent) => {
  const { status, body } = await request(`${netra.url}/api/commands`, {
    headers: person.headers,
    body: {
      type: 'send_message',
      id: 'x',
      client_message_id: crypto.randomUUID(),
      thread_id: null,
      content: [{ type: 'text', text: 'hello' }],
      traceparent,
    },
  })
  expect({ status, type: body['type'] }).toEqual({ status: 200, type: 'ok' })
  const traceId = await traceOfRun(String(body['run_id']))
  expect(traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736')
})

test('whatever text is read, a trace id is 32 hex digits or nothing', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), maxLength: 40 })
  const text = fc.oneof(
    fc.string(),
    fc.tuple(hex, hex, hex, hex).map((parts) => parts.join('-')),
    fc.anything(),
  )
  fc.assert(
    fc.property(text, (given) => {
      const read = readTraceparent(given)
      expect(read === undefined || /^[0-9a-f]{32}$/.test(read.traceId)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
  // A later version may say more after the flags.
  const later = '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more'
  expect(readTraceparent(later)?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
})

test('ids that Netra makes are random in each digit: they tell nothing of when or how many', () => {
  const ids = Array.from({ length: 2_000 }, newTraceId)
  expect(new Set(ids).size).toBe(ids.length)
  for (let digit = 0; digit < 32; digit++) {
    expect(new Set(ids.map((id) => id[digit])).size).toBe(16)
  }
})

test('a data process bears the trace it works for as its name', async () => {
  using program = await openProgram(netra.url)
  const file = await program.upload('table.csv', 'name,size\nann,1\n')
  const sql = 'SELECT sleep_ms(1500)'
  model.script([
    { toolCalls: [{ name: 'query_table', arguments: { file_id: file, sql } }] },
    { text: 'Done.' },
  ])
  const { traceId, traceparent } = fresh()
  const { runId, threadId } = await program.client.sendMessage({
    threadId: null,
    text: 'query',
    attachments: [{ file_id: file }],
    traceparent,
  })
  const names = () =>
    readFileSync(`/proc/${netra.pid}/task/${netra.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0])
  await expect.poll(names, SOON).toContain(`netra-duckdb ${traceId}`)
  await program.client.runEnded(threadId, runId)
  expect(names()).not.toContain(`netra-duckdb ${traceId}`)
  model.script([{ text: 'Hello there.' }])
})

test('what a node asks the auth service is of the trace of who asked it', async () => {
  await using auth = await startAuthProcess()
  await using node = await startNode(auth.url)
  const ada = await register(node.url)
  const { traceId, traceparent } = fresh()
  const { status } = await request(`${node.url}/api/threads`, {
    headers: { ...ada.headers, traceparent },
  })
  expect(status).toBe(200)
  const asked = linesOf(node.log()).filter(({ trace_id }) => trace_id === traceId)
  expect(asked.map(({ msg }) => msg)).toContain('asked the auth service')
})
