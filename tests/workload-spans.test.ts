import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'

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
import { openProgram } from './support/sdk.ts'

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
  services: { service: string; spans: number; first_at: string; last_at: string }[]
  services_total: number
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

/** One call a span, as JSON of OTLP. */
const spansOf = (calls: readonly { model: string; input: number; output: number }[]) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: calls.map(({ model, input, output }, index) => ({
            traceId: '5b8efff798038103d269b633813fc60c',
            spanId: `eee19b7ec3c1b1${String(index).padStart(2, '0')}`,
            name: `chat ${model}`,
            startTimeUnixNano: String((1_767_607_200n + BigInt(index)) * 1_000_000_000n),
            endTimeUnixNano: String((1_767_607_201n + BigInt(index)) * 1_000_000_000n),
            attributes: [
              { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
              { key: 'gen_ai.request.model', value: { stringValue: model } },
              { key: 'gen_ai.usage.input_tokens', value: { intValue: String(input) } },
              { key: 'gen_ai.usage.output_tokens', value: { intValue: String(output) } },
            ],
          })),
        },
      ],
    },
  ],
})

test('calls without a cost are estimated at list prices, and what has no price is named', async () => {
  using program = await openProgram(netra.url)
  const headers = { authorization: `Bearer ${await program.token()}` }
  const calls = [
    { model: 'gpt-4o', input: 1_200_000, output: 80_000 },
    { model: 'gpt-4o-mini', input: 3_000_000, output: 500_000 },
    { model: 'house-llm-7', input: 9_000, output: 1_000 },
  ]
  const sent = await request(`${netra.url}/v1/traces`, { headers, body: spansOf(calls) })
  expect(sent.status).toBe(200)
  const made = await request<{ file_id: string }>(`${netra.url}/api/workload/snapshots`, {
    headers,
    body: { source: 'otlp' },
  })
  // Dollars per million tokens, as the makers list them.
  const paid = 1.2 * 2.5 + 0.08 * 10 + 3 * 0.15 + 0.5 * 0.6
  for (const agent of ['supervisor', 'assistant', 'data']) {
    const accepted = await program.client.sendMessage({
      threadId: null,
      text: 'What did my calls cost?',
      agent,
      attachments: [{ file_id: made.body.file_id }],
    })
    const { outcome } = await program.client.runEnded(accepted.threadId, accepted.runId)
    const text = outcome?.kind === 'completed' ? outcome.final_response : ''
    expect(text).toContain(`**$${paid.toFixed(2)}**`)
    expect(text).toMatch(/estimate/)
    expect(text).toMatch(/list prices .*genai-prices`? \d+\.\d+\.\d+,? .*20\d\d-\d\d-\d\d/)
    expect(text).toMatch(/1 request without a price/)
    expect(text).toContain('house-llm-7')
  }
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

test('what is kept is told by service, and goes by service, by period or all at once', async () => {
  const dan = await register(netra.url, 'dan@example.com')
  const at = (second: number): string => `2026-03-01T10:00:0${second}.000Z`
  const iso = (second: number): string => at(second).replace('Z', '000Z')
  const span = (second: number) => ({
    startTimeUnixNano: `${Date.parse(at(second))}000000`,
    endTimeUnixNano: `${Date.parse(at(second)) + 5}000000`,
    attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } }],
  })
  const of = (service: string | null, ...seconds: number[]) => ({
    resource: {
      attributes:
        service === null ? [] : [{ key: 'service.name', value: { stringValue: service } }],
    },
    scopeSpans: [{ spans: seconds.map(span) }],
  })
  const send = async (...resourceSpans: object[]) => {
    const answer = await request(`${netra.url}/v1/traces`, {
      headers: dan.headers,
      body: { resourceSpans },
    })
    expect(answer.body).toEqual({ partialSuccess: {} })
  }
  const forget = async (query: Record<string, string>) => {
    const path = `/api/workload/spans?${new URLSearchParams(query).toString()}`
    const answer = await request(`${netra.url}${path}`, { method: 'DELETE', headers: dan.headers })
    return answer.status
  }
  const services = async () => (await kept(dan)).services
  // Of two services and of none in one request, as a collector sends them; then of one alone.
  await send(of('shop', 1, 2, 3), of('search', 4), of(null, 5))
  await send(of('shop', 8))
  expect(await kept(dan)).toMatchObject({ spans: 6, services_total: 3 })
  expect(await services()).toEqual([
    { service: 'shop', spans: 4, first_at: iso(1), last_at: iso(8) },
    { service: '', spans: 1, first_at: iso(5), last_at: iso(5) },
    { service: 'search', spans: 1, first_at: iso(4), last_at: iso(4) },
  ])

  expect(await forget({ from: at(2), to: at(3) })).toBe(204)
  expect((await services())[0]).toMatchObject({ service: 'shop', spans: 3, first_at: iso(1) })
  expect(await forget({ service: '' })).toBe(204)
  expect(await forget({ service: 'shop', to: at(4) })).toBe(204)
  expect(await kept(dan)).toMatchObject({ spans: 2, first_at: iso(4), last_at: iso(8) })
  expect((await services()).map(({ service, spans }) => [service, spans])).toEqual([
    ['search', 1],
    ['shop', 1],
  ])
  // What is left is what a snapshot holds.
  const made = await request<{ file_id: string }>(`${netra.url}/api/workload/snapshots`, {
    headers: dan.headers,
    body: { source: 'otlp' },
  })
  const file = await fetch(`${netra.url}/api/files/${made.body.file_id}/content`, {
    headers: dan.headers,
  })
  const lines = gunzipSync(Buffer.from(await file.arrayBuffer()))
    .toString()
    .trim()
    .split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { project: string }).project)).toEqual([
    'search',
    'shop',
  ])
  expect(await forget({ from: 'yesterday' })).toBe(422)
  // A misspelled condition is none, and would mean everything.
  expect(await forget({ services: 'search' })).toBe(422)
  expect(await forget({ service: 'search' })).toBe(204)
  expect(await services()).toHaveLength(1)
  expect(await forget({})).toBe(204)
  expect(await kept(dan)).toMatchObject({ spans: 0, bytes: 0, services: [], services_total: 0 })
})

test('calls of more than two hundred services in one request are left out and counted', async () => {
  const eli = await register(netra.url, 'eli@example.com')
  const services = Array.from({ length: 203 }, (_, number) => ({
    resource: {
      attributes: [{ key: 'service.name', value: { stringValue: `service-${number}` } }],
    },
    scopeSpans: [
      {
        spans: [
          {
            startTimeUnixNano: '1772359200000000000',
            endTimeUnixNano: '1772359201000000000',
            attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } }],
          },
        ],
      },
    ],
  }))
  const answer = await request(`${netra.url}/v1/traces`, {
    headers: eli.headers,
    body: { resourceSpans: services },
  })
  expect(answer.body).toEqual({
    partialSuccess: {
      rejectedSpans: '3',
      errorMessage: 'Not kept: 3 of more than 200 services in one request.',
    },
  })
  const now = await kept(eli)
  expect(now).toMatchObject({ spans: 200, services_total: 200 })
  // The rows of services count as what they take.
  expect(now.bytes).toBeGreaterThan(200 * 300)
})

test('who may not send is told so before the body is taken', async () => {
  const { port } = new URL(netra.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.setEncoding('utf8')
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer nonsense\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{`,
  )
  const [answer] = (await once(socket, 'data')) as [string]
  expect(answer).toMatch(/^HTTP\/1.1 401 /)
  socket.destroy()
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
    .poll(
      () =>
        database.run(
          'select ((select count(*) from span_batch) + (select count(*) from span_service))::int as left',
        ),
      { timeout: 20_000 },
    )
    .toEqual([{ left: 0 }])
})
