import { gzipSync } from 'node:zlib'

import { SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { bearer, makeKey } from './support/api-key.ts'
import { request } from './support/http.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { PASSWORD, register, type Person } from './support/people.ts'
import { testDatabase } from './support/postgres.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let netra: NetraProcess
let ann: Person
let key: string

beforeAll(async () => {
  netra = await startNetra()
  ann = await register(netra.url, 'ann@example.com')
  key = (await makeKey(netra.url, ann, ['usage:write'])).key
})
afterAll(() => netra[Symbol.asyncDispose]())

/** A shop's calls: one that went well, one that failed, a tool around them, and a span of its own. */
async function tellOfCalls(exporter: SpanExporter): Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('shop')
  const good = tracer.startSpan('chat gpt-4o', {
    startTime: [1_767_607_200, 250_000_000],
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.conversation.id': 'c-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.cache_read.input_tokens': 1024,
      'gen_ai.usage.output_tokens': 80,
      'gen_ai.response.time_to_first_chunk': 0.4,
      'gen_ai.input.messages': '[{"role":"user","parts":[{"content":"secret words"}]}]',
      'user.id': 'customer-7',
    },
  })
  good.end([1_767_607_202, 750_000_000])
  const failed = tracer.startSpan('chat claude', {
    startTime: [1_767_607_210, 0],
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4',
      'error.type': '429',
    },
  })
  failed.setStatus({ code: SpanStatusCode.ERROR })
  failed.end([1_767_607_210, 100_000_000])
  tracer
    .startSpan('execute_tool search', { attributes: { 'gen_ai.operation.name': 'execute_tool' } })
    .end()
  tracer.startSpan('GET /basket').end()
  await provider.forceFlush()
  await provider.shutdown()
}

interface Kept {
  spans: number
  bytes: number
  first_at: string | null
  last_at: string | null
  max_bytes: number
}
const kept = async (person: Person) =>
  (await request<Kept>(`${netra.url}/api/workload/spans`, { headers: person.headers })).body

/** How a file is read, as soon as it is: a busy machine takes longer than one answer waits. */
async function readingOf<Body>(fileId: string): Promise<Body> {
  const ask = () =>
    request<Body>(`${netra.url}/api/files/${fileId}/workload`, { headers: ann.headers })
  await expect.poll(async () => (await ask()).status, { timeout: 30_000 }).toBe(200)
  return (await ask()).body
}

test('an application sends its calls with its own exporter, and a snapshot of them is a workload', async () => {
  await tellOfCalls(new OTLPTraceExporter({ url: `${netra.url}/v1/traces`, headers: bearer(key) }))
  await expect.poll(async () => (await kept(ann)).spans).toBe(2)
  expect(await kept(ann)).toMatchObject({
    first_at: '2026-01-05T10:00:00.250000Z',
    last_at: '2026-01-05T10:00:10.000000Z',
  })
  const made = await request<{ file_id: string; name: string; origin: string }>(
    `${netra.url}/api/workload/snapshots`,
    { headers: ann.headers, body: { source: 'otlp' } },
  )
  expect(made).toMatchObject({ status: 201, body: { origin: 'snapshot' } })
  const read = await readingOf<{
    format: string
    rows: number
    preview: { columns: string[]; rows: unknown[][] }
  }>(made.body.file_id)
  const { columns, rows } = read.preview
  const shown = rows.map((cells) =>
    Object.fromEntries(cells.map((cell, index) => [columns[index], cell])),
  )
  expect(read).toMatchObject({ format: 'netra workload', rows: 2 })
  expect(shown).toEqual([
    expect.objectContaining({
      at: '2026-01-05 10:00:00.250000',
      model: 'gpt-4o',
      provider: 'openai',
      requests: 1,
      input_tokens: 1200,
      cached_input_tokens: 1024,
      output_tokens: 80,
      latency_ms: 2500,
      first_token_ms: 400,
      status: 'ok',
      user: 'customer-7',
      project: 'shop',
      session: 'c-1',
      prompt_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
    }),
    expect.objectContaining({
      model: 'claude-sonnet-4',
      provider: 'anthropic',
      input_tokens: null,
      latency_ms: 100,
      status: 'error',
      error: '429',
      prompt_hash: null,
    }),
  ])
  expect(JSON.stringify(shown)).not.toContain('secret words')

  const part = await request<{ file_id: string; name: string }>(
    `${netra.url}/api/workload/snapshots`,
    { headers: ann.headers, body: { source: 'otlp', from: '2026-01-05T10:00:10.000Z' } },
  )
  expect(part.body.name).toBe('application calls from 2026-01-05 10.00.ndjson.gz')
  expect((await readingOf<{ rows: number }>(part.body.file_id)).rows).toBe(1)
})

test('protobuf and gzip are taken too; what is no call of a model is counted in the answer', async () => {
  const bob = await register(netra.url, 'bob@example.com')
  const memory = new InMemorySpanExporter()
  // An exporter that is shut down forgets its spans.
  memory.shutdown = async () => undefined
  await tellOfCalls(memory)
  const body = ProtobufTraceSerializer.serializeRequest(memory.getFinishedSpans())
  const headers = { ...bob.headers, 'content-type': 'application/x-protobuf' }
  const send = (content: Uint8Array, more: Record<string, string> = {}) =>
    fetch(`${netra.url}/v1/traces`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: new Uint8Array(content),
    })
  const plain = await send(body ?? new Uint8Array())
  expect([plain.status, plain.headers.get('content-type')]).toEqual([200, 'application/x-protobuf'])
  const answer = ProtobufTraceSerializer.deserializeResponse(
    new Uint8Array(await plain.arrayBuffer()),
  )
  expect(answer.partialSuccess).toMatchObject({
    errorMessage:
      'Not kept: 1 execute_tool, which is no call of a model; 1 without attributes of the GenAI conventions.',
  })
  expect(Number(answer.partialSuccess?.rejectedSpans)).toBe(2)
  const packed = await send(gzipSync(body ?? new Uint8Array()), { 'content-encoding': 'gzip' })
  expect(packed.status).toBe(200)
  expect((await kept(bob)).spans).toBe(4)
  expect((await kept(ann)).spans).toBe(2)

  const cut = await send((body ?? new Uint8Array()).subarray(0, 200))
  expect(cut.status).toBe(400)
  const bomb = await send(gzipSync(Buffer.alloc(20_000_000)), { 'content-encoding': 'gzip' })
  expect(bomb.status).toBe(413)
  const text = await send(body ?? new Uint8Array(), { 'content-type': 'text/plain' })
  expect(text.status).toBe(415)

  const gone = await request(`${netra.url}/api/workload/spans`, {
    method: 'DELETE',
    headers: bob.headers,
  })
  expect([gone.status, (await kept(bob)).spans]).toEqual([204, 0])
  const nothing = await request(`${netra.url}/api/workload/snapshots`, {
    headers: bob.headers,
    body: { source: 'otlp' },
  })
  expect(nothing.status).toBe(422)
})

test('a few kilobytes that unpack to millions of empty messages are refused as too large', async () => {
  const bombs = [
    ['application/x-protobuf', Buffer.alloc(7_000_000, Buffer.from([0x0a, 0]))],
    ['application/json', Buffer.from(`{"resourceSpans":[${'{},'.repeat(2_000_000)}{}]}`)],
  ] as const
  for (const [type, bytes] of bombs) {
    const answer = await fetch(`${netra.url}/v1/traces`, {
      method: 'POST',
      headers: { ...bearer(key), 'content-type': type, 'content-encoding': 'gzip' },
      body: gzipSync(bytes),
    })
    expect(answer.status).toBe(413)
  }
})

test('a key without the scope sends nothing', async () => {
  const other = await makeKey(netra.url, ann, ['chat:read', 'files:write'])
  const answer = await request(`${netra.url}/v1/traces`, {
    headers: bearer(other.key),
    body: { resourceSpans: [] },
  })
  expect(answer.status).toBe(403)
  expect(JSON.stringify(answer.body)).toContain('usage:write')
})

test('on PostgreSQL each node has the calls that another took, until the account is erased', async () => {
  await using database = await testDatabase()
  const env = { DATABASE_URL: database.url }
  await using one = await startNetra({ env })
  await using two = await startNetra({ env, folder: one.folder })
  const cas = await register(one.url, 'cas@example.com')
  const { key: sending } = await makeKey(one.url, cas, ['usage:write'])
  await tellOfCalls(
    new OTLPTraceExporter({ url: `${one.url}/v1/traces`, headers: bearer(sending) }),
  )
  const other = () => request<Kept>(`${two.url}/api/workload/spans`, { headers: cas.headers })
  await expect.poll(async () => (await other()).body.spans, { timeout: 20_000 }).toBe(2)
  const made = await request<{ file_id: string }>(`${two.url}/api/workload/snapshots`, {
    headers: cas.headers,
    body: { source: 'otlp' },
  })
  expect(made.status).toBe(201)
  const gone = await request(`${one.url}/api/account`, {
    method: 'DELETE',
    headers: cas.headers,
    body: { password: PASSWORD },
  })
  expect(gone.status).toBeLessThan(300)
  await expect
    .poll(() => database.run('select count(*)::int as left from span_batch'), { timeout: 20_000 })
    .toEqual([{ left: 0 }])
})
