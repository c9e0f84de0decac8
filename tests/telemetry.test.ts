import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { request } from './support/http.ts'
import { startModelServer, type ModelServer } from './support/model-server.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { startOtlpCollector, type OtlpCollector } from './support/otlp-collector.ts'
import { openProgram, type Program } from './support/sdk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A busy machine takes its time. */
const SOON = { timeout: 20_000 }

let model: ModelServer
let collector: OtlpCollector
let netra: NetraProcess
let program: Program

const QUICK = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_METRIC_EXPORT_INTERVAL: '300' }

beforeAll(async () => {
  model = await startModelServer({ script: [{ text: 'Hello there.' }], apiKey: 'hidden-key' })
  collector = await startOtlpCollector()
  netra = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      OPENAI_API_KEY: 'hidden-key',
      NETRA_MODEL: 'openai/gpt-4o',
      NETRA_LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a%20b,authorization=Bearer%20hidden-header',
      OTEL_RESOURCE_ATTRIBUTES: 'region=eu',
      OTEL_SERVICE_NAME: 'chat',
      ...QUICK,
    },
  })
  program = await openProgram(netra.url)
}, 60_000)

afterAll(async () => {
  program[Symbol.dispose]()
  await netra[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CLICK = '00f067aa0ba902b7'

test('a click is one trace, from the client through command, run, model and tool to the screen', async () => {
  const file = await program.upload('table.csv', 'name,size\nann,1\nbob,2\n')
  const sql = 'SELECT count(*) FROM data'
  model.script([
    { toolCalls: [{ name: 'query_table', arguments: { file_id: file, sql } }] },
    { text: 'There are two secret-rows.', usage: { input: 12, output: 9 }, delayMs: 50 },
  ])
  const { threadId, runId } = await program.client.sendMessage({
    threadId: null,
    text: 'how many? secret-question',
    attachments: [{ file_id: file }],
    traceparent: `00-${TRACE}-${CLICK}-01`,
  })
  await program.client.runEnded(threadId, runId)
  await program.api.runSeen(runId, {
    click_to_ok_ms: 10,
    click_to_first_event_ms: 20,
    click_to_first_text_ms: 30,
    click_to_end_ms: 2_000,
  })
  const ours = () => collector.collected.spans.filter(({ traceId }) => traceId === TRACE)
  const named = (name: RegExp) => ours().find((span) => name.test(span.name))
  await expect.poll(() => named(/click to screen/), SOON).toBeDefined()
  await expect.poll(() => named(/^invoke_agent/), SOON).toBeDefined()
  const accepted = named(/^accept message/)
  const run = named(/^invoke_agent/)
  expect(accepted?.parentSpanId).toBe(CLICK)
  expect(run?.parentSpanId).toBe(accepted?.spanId)
  const chats = ours().filter(({ name }) => name === 'chat gpt-4o')
  expect(chats).toHaveLength(2)
  for (const chat of chats) expect(chat.parentSpanId).toBe(run?.spanId)
  const answered = chats.find(({ attributes }) => attributes['gen_ai.usage.output_tokens'] === 9)
  expect(answered?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.response.finish_reasons': ['stop'],
    'server.address': '127.0.0.1',
  })
  const first = Number(answered?.attributes['gen_ai.response.time_to_first_chunk'])
  expect(first).toBeGreaterThan(0.04)
  expect(first * 1000).toBeLessThanOrEqual((answered?.endMs ?? 0) - (answered?.startMs ?? 0) + 1)
  expect(named(/^execute_tool query_table$/)?.attributes).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'query_table',
    'netra.tool.status': 'ok',
  })
  expect(collector.collected.resources[0]).toMatchObject({
    'service.name': 'chat',
    region: 'eu',
    'service.version': expect.any(String),
  })
})

test("the run's events, its timeline and its lines have the trace of the click", async () => {
  const ended = () =>
    collector.collected.lines.find(({ body, traceId }) => body === 'run ended' && traceId === TRACE)
  await expect.poll(ended, SOON).toBeDefined()
  expect(ended()?.attributes).toMatchObject({ run_id: expect.any(String), user_id: program.userId })
})

test('a model server of our own is told the trace, and nothing else of it', () => {
  const call = model.requests.at(-1)
  expect(call?.headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
})

test('the numbers exported are those of /metrics', async () => {
  const metrics = () => collector.collected.metrics
  await expect
    .poll(() => metrics().filter(({ name }) => name.startsWith('netra_')).length, SOON)
    .toBeGreaterThan(20)
  const { body } = await request<string>(`${netra.url}/metrics`)
  const attempts = Number(/^netra_run_attempts_total\{why="first"\} (\d+)/m.exec(body)?.[1])
  expect(attempts).toBeGreaterThan(0)
  interface Sum {
    sum: { isMonotonic: boolean; dataPoints: { asDouble: number }[] }
  }
  const newest = () => metrics().findLast(({ name }) => name === 'netra_run_attempts_total')
  await expect
    .poll(() => (newest()?.data as unknown as Sum | undefined)?.sum.dataPoints[0]?.asDouble, SOON)
    .toBe(attempts)
  interface Spread {
    histogram: { dataPoints: { count: string; explicitBounds: number[]; bucketCounts: string[] }[] }
  }
  const spread = metrics().find(({ data }) => 'histogram' in data)?.data as unknown as Spread
  for (const point of spread.histogram.dataPoints) {
    expect(point.bucketCounts).toHaveLength(point.explicitBounds.length + 1)
    const sum = point.bucketCounts.reduce((all, each) => all + Number(each), 0)
    expect(sum).toBe(Number(point.count))
  }
})

test('headers go with each export; what people and models said, and secrets, are in none', () => {
  const { headers, raw } = collector.collected
  expect(headers[0]).toMatchObject({ 'x-team': 'a b', authorization: 'Bearer hidden-header' })
  expect(raw).not.toMatch(/secret-question|secret-rows|hidden-key|hidden-header/)
  expect(raw).not.toContain('gen_ai.input.messages')
  expect(netra.log()).not.toMatch(/hidden-header|hidden-key/)
})

test('a collector that is killed, hangs or refuses costs nobody an answer; it is said once, and counted', async () => {
  const lost = async () => {
    const { body } = await request<string>(`${netra.url}/metrics`)
    return Number(
      /^netra_telemetry_exports_total\{signal="traces",outcome="failed"\} (\d+)/m.exec(body)?.[1] ??
        0,
    )
  }
  model.script([{ text: 'Still here.' }])
  await collector.kill()
  for (let at = 0; at < 3; at++)
    expect((await program.ask('are you there?')).text).toBe('Still here.')
  await expect.poll(lost, SOON).toBeGreaterThan(0)
  const said = () =>
    netra
      .log()
      .split('\n')
      .filter(
        (line) =>
          line.includes('telemetry cannot be exported') && line.includes('"signal":"traces"'),
      )
  expect(said()).toHaveLength(1)
  await collector.reopen()
  collector.collected.spans.length = 0
  await program.ask('and now?')
  await expect.poll(() => collector.collected.spans.length, SOON).toBeGreaterThan(0)
  await expect.poll(() => netra.log(), SOON).toContain('telemetry is exported again')

  collector.be('hang')
  const asked = performance.now()
  expect((await program.ask('while it hangs')).text).toBe('Still here.')
  expect(performance.now() - asked).toBeLessThan(5_000)
  collector.be(503)
  expect((await program.ask('while it refuses')).text).toBe('Still here.')
  collector.be('answer')
})

test('a server whose collector hangs still ends within seconds', async () => {
  collector.be('hang')
  await using other = await startNetra({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...QUICK },
  })
  const before = collector.collected.requests
  await expect.poll(() => collector.collected.requests, SOON).toBeGreaterThan(before)
  const asked = performance.now()
  expect(await other.kill('SIGTERM')).toBe(0)
  expect(performance.now() - asked).toBeLessThan(25_000)
  collector.be('answer')
})

test('content is exported only where that is asked for by name', async () => {
  await using telling = await startNetra({
    env: {
      OPENAI_BASE_URL: `${model.url}/v1`,
      OPENAI_API_KEY: 'hidden-key',
      NETRA_MODEL: 'openai/gpt-4o',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      NETRA_OTEL_CONTENT: '1',
      ...QUICK,
    },
  })
  using other = await openProgram(telling.url)
  model.script([{ text: 'An answer to be seen.' }])
  await other.ask('a question to be seen')
  const chat = () =>
    collector.collected.spans.find(({ attributes }) =>
      String(attributes['gen_ai.input.messages']).includes('a question to be seen'),
    )
  await expect.poll(chat, SOON).toBeDefined()
  expect(chat()?.attributes['gen_ai.output.messages']).toContain('An answer to be seen.')
})
